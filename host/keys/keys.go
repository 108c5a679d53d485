// Package keys leads the keys of a node through their life: it makes, imports, activates and retires them, rotates them
// on a schedule, and says which are in force.
//
// What is public of a key is a record of the store (store.Key), its private part is sealed there (keyring.Sealer), and
// what state a key is in follows from its dates and the time (core.KeySet.State). A Manager reads the records, decides
// about changes, and makes the keyring.Ring with which a node checks and signs.
//
// The one rule: a change is durable before it is in force, and in force before it is answered.
//
// The reading order: keys.go, ring.go, list.go, export.go; then the changes: generate.go, activate.go, retire.go,
// import.go; and what happens by itself: start.go, rotate.go. root.go is about the key that signs trust bundles, and no
// token.
//
// In a fleet each node signs with keys of its own, whose private parts never leave it, and checks by the keys of all.
// The hub alone writes records: an edge asks it to publish its keys (edge.go, publish.go; message.go has the bytes),
// and signs with one once the record has come down to its own store. lives.go keeps the schedules of the nodes apart,
// fleet.go has what the hub does with the keys of nodes that come and go.
package keys

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// Config is what a Manager works on. Store, Settings and Sealer are required.
type Config struct {
	Store    *store.DB
	Settings core.Settings
	// Sealer seals private parts. It is asked for when one is sealed or opened; mayMake lets it make the node secret if
	// there is none.
	Sealer func(mayMake bool) (*keyring.Sealer, error)
	// Configured is SIGNING_KEY, or VERIFYING_KEY alone; nil: the keys of the store sign.
	Configured *keyring.Ring
	// Algorithm is ALGORITHM; "" where it is not set.
	Algorithm string
	// AllowWeak lets an imported SECRET_KEY be shorter than its hash (allow_weak_signing_key).
	AllowWeak bool
	// RotateEvery is how long a key signs before another takes over by itself (keys.rotate_every); 0: until an operator
	// says so. PublishBefore is how long a key is published before it signs (keys.publish_before).
	RotateEvery, PublishBefore time.Duration
	// Outside are the keys that sign elsewhere (keys.signer); nil: none.
	Outside Outside
	// AskHub asks the hub of the fleet, where Manager.AnswerPublish answers (CallPublishKey); nil: this node is no
	// edge, or it does not run.
	AskHub func(ctx context.Context, request []byte) (answer []byte, err error)
	// Skew is how far the clocks of a fleet may be apart (fleet.skew).
	Skew time.Duration
	// Behind is how long an edge may go on issuing tokens after the hub withdrew it (fleet.staleness and twice
	// fleet.skew).
	Behind time.Duration
	// ClockGood reports whether the clock can be believed, without which no key is rotated; nil: always.
	ClockGood func() bool
	// Changed puts the keys of the store in force. It is called once a change is durable, and returns when it is in
	// force; nil: nothing runs with the keys.
	Changed func() error
	Now     func() time.Time // nil: time.Now
	Log     *slog.Logger     // nil: nothing is logged
}

// Outside are keys that sign elsewhere, such as in an HSM.
type Outside interface {
	// Keys lists them.
	Keys(ctx context.Context) ([]keyring.Key, error)
	// Key is the one with this kid and public key (SubjectPublicKeyInfo in DER), as it was listed earlier.
	Key(algorithm, id string, public []byte) (keyring.Key, error)
}

// Manager looks after the keys of one store under one configuration. It is safe for concurrent use.
type Manager struct {
	cfg Config

	mu     sync.Mutex
	opened map[string]keyring.Key // private parts that were opened, by kid
	warned time.Time              // when the log last warned of an end
	// The version of the keys at the last look of Tick, when that was, and when the next one is due, in Unix seconds.
	version uint64
	looked  time.Time
	due     int64
	tried   time.Time          // when Tick last asked the hub in vain
	waiting map[string]waiting // private parts of keys that the hub has published, by kid: their records are on the way

	asking sync.Mutex // held while a change is on its way to the hub
}

// Errors of changes. Their texts say what to do.
var (
	// ErrNoKey says that no key, or more than one, has a kid.
	ErrNoKey = errors.New("no such key")
	// ErrRefused says that a change of keys is refused.
	ErrRefused = errors.New("refused")
)

// New makes a manager. It reads nothing yet: Start does.
func New(cfg Config) *Manager {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Manager{cfg: cfg, opened: map[string]keyring.Key{}, waiting: map[string]waiting{}}
}

// now is the time in whole Unix seconds.
func (m *Manager) now() int64 { return m.cfg.Now().Unix() }

// Behind is that of Config.
func (m *Manager) Behind() time.Duration { return m.cfg.Behind }

// longest is how long tokens live by the settings, in seconds.
func (m *Manager) longest() int64 { return m.cfg.Settings.LongestLifetime() }

// managed says why no key of the store signs; nil: they do.
func (m *Manager) managed() error {
	switch {
	case m.cfg.Configured != nil && len(m.cfg.Configured.Set().Signing) == 0:
		return fmt.Errorf("%w: VERIFYING_KEY is configured without SIGNING_KEY, so this node issues no tokens: leave "+
			"VERIFYING_KEY out", ErrRefused)
	case m.cfg.Configured != nil:
		return fmt.Errorf("%w: SIGNING_KEY is configured, and signs: import it first (edgetoken keys import "+
			"--signing-key), then leave SIGNING_KEY out of the configuration", ErrRefused)
	case m.cfg.Settings.Wire == core.Exact:
		return fmt.Errorf("%w: wire: exact writes no kid, so that tokens could not be told apart by their key: set "+
			"wire: secure", ErrRefused)
	}
	return nil
}

// write has the store change keys; at an edge the hub writes their records.
func (m *Manager) write(ctx context.Context, change func(*records) (store.KeyUpdate, error)) error {
	number := m.number()
	if number > fact.HubNumber {
		return m.throughHub(ctx, change)
	}
	return m.cfg.Store.UpdateKeys(ctx, func(have []store.Key) (store.KeyUpdate, error) {
		return change(&records{have, number})
	})
}

// update has the store change keys, and puts the change in force.
func (m *Manager) update(ctx context.Context, change func(*records) (store.KeyUpdate, error)) error {
	if err := m.write(ctx, change); err != nil {
		return err
	}
	m.mu.Lock()
	// A kid may have come back with another secret. Keys with a public part stay the same, and know what they signed.
	maps.DeleteFunc(m.opened, func(_ string, k keyring.Key) bool { return k.Symmetric() })
	m.mu.Unlock()
	return m.inForce()
}

// inForce puts the keys of the store in force.
func (m *Manager) inForce() error {
	if m.cfg.Changed == nil {
		return nil
	}
	if err := m.cfg.Changed(); err != nil {
		return fmt.Errorf("the change is stored, but not in force yet: %w", err)
	}
	return nil
}

// number is that of this node: 0 alone, 1 at the hub of a fleet, more at an edge.
func (m *Manager) number() uint16 { return m.cfg.Store.Number() }

// records are the keys of the store, as a node sees them.
type records struct {
	list   []store.Key
	number uint16 // of the node
}

// stored reads the keys of the store.
func (m *Manager) stored(ctx context.Context) (*records, error) {
	number := m.number()
	list, err := m.cfg.Store.Keys(ctx)
	return &records{list, number}, err
}

// index is the index of the key with a kid; -1: there is none.
func (r *records) index(id string) int {
	return slices.IndexFunc(r.list, func(k store.Key) bool { return k.ID == id })
}

// find is the index of the key whose kid is, or begins with, a text.
func (r *records) find(id string) (int, error) {
	if i := r.index(id); i >= 0 {
		return i, nil
	}
	var found []int
	for i, k := range r.list {
		if strings.HasPrefix(k.ID, id) {
			found = append(found, i)
		}
	}
	switch {
	case id == "" || len(found) == 0:
		return -1, fmt.Errorf("%w: no kid is or begins with %q; edgetoken keys list --all shows them", ErrNoKey, id)
	case len(found) > 1:
		return -1, fmt.Errorf("%w: %d kids begin with %q; give more of it", ErrNoKey, len(found), id)
	}
	return found[0], nil
}

// Opens returns whether a node secret opens the private parts in a store, as datadir.Dir.SettleSecret asks; nil: there
// is none.
func Opens(ctx context.Context, db *store.DB) (func(secret []byte) bool, error) {
	list, err := db.SealedKeys(ctx)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	k := list[0]
	sealed, err := db.SealedKey(ctx, k.ID)
	if err != nil {
		return nil, err
	}
	return func(secret []byte) bool {
		sealer, err := keyring.NewSealer(secret)
		if err == nil {
			_, err = sealer.Open(k.ID, k.Algorithm, k.Public, sealed)
		}
		return err == nil
	}, nil
}
