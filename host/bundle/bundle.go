// Package bundle makes the trust bundles of a node: package core/bundle has the format. A bundle has what a verifier
// elsewhere must know: the public keys, the settings by which tokens are read, and what was revoked.
//
// A Maker makes a bundle when one is asked for, and gives the last one again while nothing has changed and it is fresh.
// It remembers earlier ones, within a bound, so that it can tell a verifier what has changed since. In a fleet the hub
// alone makes bundles, since it alone has the root and knows of every revocation; a Relay gives them at an edge.
package bundle

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/bundle"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
	"github.com/edgetoken/edgetoken/store"
)

// Source is what bundles are made of, beside the store. It is comparable: another one may mean another bundle.
type Source struct {
	Settings *core.Settings
	Field    store.Field   // USER_ID_FIELD
	Ring     *keyring.Ring // the keys of tokens
	Manager  *keys.Manager // has the root
	Lifetime time.Duration // bundle.lifetime
	// Behind is how long an edge may go on issuing tokens of what was revoked here (fleet.staleness and twice
	// fleet.skew); 0: this node is in no fleet.
	Behind time.Duration
}

// ErrNoKeys says that a node has no public key, which is all that a bundle may have.
var ErrNoKeys = errors.New("this node has no public key, and a secret is never in a bundle: edgetoken keys generate " +
	"--activate --algorithm ES256 makes a key pair that signs")

// Text is a bundle or a delta, signed.
type Text struct {
	JWS   []byte // must not be changed
	Epoch uint64
	ETag  string // of the bundle, also of a delta to it (RFC 9110 §8.8.3)
	Delta bool
}

const (
	// leastPause is the shortest time between two bundles.
	leastPause = 250 * time.Millisecond
	// early is how far the not-before lies back, for clocks that are behind.
	early = time.Minute
	// reserved is how far ahead epochs are reserved, so that few bundles need a commit.
	reserved = time.Minute
	// maxRemembered bounds what is remembered of earlier bundles, in bytes. host/config has it in its sum.
	maxRemembered = 8 << 20
)

// Maker makes the bundles of one store. It is safe for concurrent use; whoever asks while one is made waits for it.
type Maker struct {
	store *store.DB

	mu    sync.Mutex
	mark  uint64 // epochs up to it are reserved; 0: not read yet
	last  *made
	old   []*bundle.Bundle // the contents of earlier ones, the oldest first
	bytes int              // of old
	pin   pinned           // what edges fetch in parts; see Answer

	figures atomic.Pointer[Figures] // nil before the first bundle
}

// made is a bundle, and what it was made of.
type made struct {
	content *bundle.Bundle
	at      time.Time
	from    state
	root    string            // kid
	text    []byte            // signed
	deltas  map[uint64][]byte // that lead here, by the epoch of their base; nil: that is no shorter
}

// state says cheaply whether anything may have changed.
type state struct {
	Source
	changes, keys uint64
}

// NewMaker makes a maker.
func NewMaker(db *store.DB) *Maker { return &Maker{store: db} }

// Bundle gives the present bundle, or the delta to it from the bundle of an epoch, if that is remembered; since is 0
// for the whole. A change within a quarter of a second after the last bundle was made is in the next. The error is
// ErrNoKeys, core.ErrClock while the clock is not plausible, or one of the store.
func (m *Maker) Bundle(ctx context.Context, from Source, since uint64) (Text, error) {
	return m.bundle(ctx, from, since, leastPause)
}

// Latest is Bundle for an operator: it has every change.
func (m *Maker) Latest(ctx context.Context, from Source, since uint64) (Text, error) {
	return m.bundle(ctx, from, since, 0)
}

func (m *Maker) bundle(ctx context.Context, from Source, since uint64, pause time.Duration) (Text, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.refresh(ctx, from, pause); err != nil {
		return Text{}, err
	}
	delta, err := m.delta(ctx, from, since)
	return textOf(m.last.content, m.last.text, delta), err
}

// textOf is a bundle with its text, or the delta to it, if that is not nil.
func textOf(content *bundle.Bundle, whole, delta []byte) Text {
	t := Text{JWS: whole, Epoch: content.Epoch}
	t.ETag = `"` + strconv.FormatUint(t.Epoch, 10) + `"` // no two bundles have one epoch
	if delta != nil {
		t.JWS, t.Delta = delta, true
	}
	return t
}

// refresh has m.last be the present bundle, or one that is not older than pause.
func (m *Maker) refresh(ctx context.Context, from Source, pause time.Duration) error {
	if err := m.store.CheckClock(); err != nil {
		return err
	}
	now := m.store.Time()
	is := state{from, m.store.Changes(), m.store.KeysVersion()} // before the content, which may be newer then
	fresh := false
	if m.last != nil {
		age := now.Sub(m.last.at)
		fresh = age >= 0 && age < from.Lifetime/3 && m.last.from.Lifetime == from.Lifetime
		if fresh && (m.last.from == is || age < pause && m.last.from.Source == from) {
			return nil
		}
	}
	root, err := from.Manager.Root(ctx)
	if err != nil {
		return err
	}
	next, err := content(ctx, m.store, from, now)
	if err != nil {
		return err
	}
	if fresh && m.last.root == root.Key.ID() && same(m.last.content, next) {
		m.last.from = is
		return nil
	}
	if err := m.number(ctx, next, now); err != nil {
		return err
	}
	next.NotBefore, next.NotAfter = now.Add(-early).Unix(), now.Add(from.Lifetime).Unix()
	payload := next.Append(nil)
	text, err := bundle.Sign(payload, root.Key.ID(), root.Key.Algorithm(), root.Chain, root.Sign)
	if err != nil {
		return err
	}
	if _, ok := bundle.Read(payload); !ok || len(text) > bundle.MaxBytes {
		return fmt.Errorf("verifiers would refuse the trust bundle, of %d families and %d bytes: more was revoked "+
			"within the life of an access token than one can have", len(next.Families), len(text))
	}
	m.remember(root.Key.ID())
	m.figures.Store(figuresOf(next, now, len(text)))
	m.last = &made{content: next, at: now, from: is, root: root.Key.ID(), text: []byte(text),
		deltas: map[uint64][]byte{}}
	return nil
}

// number gives a bundle an epoch that no other has had.
func (m *Maker) number(ctx context.Context, b *bundle.Bundle, now time.Time) error {
	b.Epoch = uint64(now.UnixMilli())
	switch {
	case m.last != nil:
		b.Epoch = max(b.Epoch, m.last.content.Epoch+1)
	default:
		mark, err := m.store.EpochMark(ctx)
		if err != nil {
			return err
		}
		m.mark = uint64(mark)
		b.Epoch = max(b.Epoch, m.mark+1)
	}
	if b.Epoch <= m.mark {
		return nil
	}
	upTo := max(b.Epoch, uint64(now.Add(reserved).UnixMilli()))
	if err := m.store.ReserveEpochs(ctx, int64(upTo)); err != nil {
		return err
	}
	m.mark = upTo
	return nil
}

// remember keeps the content of the last bundle, for deltas. Those of another root lead nowhere: a delta has no
// statements of succession.
func (m *Maker) remember(root string) {
	if m.last == nil {
		return
	}
	if m.last.root != root {
		m.old, m.bytes = nil, 0
		return
	}
	m.old, m.bytes = append(m.old, m.last.content), m.bytes+size(m.last.content)
	for m.bytes > maxRemembered {
		m.bytes -= size(m.old[0])
		m.old = m.old[1:]
	}
}

// delta is the delta from the bundle of an epoch; nil if that is not remembered, or the whole is shorter.
func (m *Maker) delta(ctx context.Context, from Source, since uint64) ([]byte, error) {
	if text, ok := m.last.deltas[since]; ok {
		return text, nil
	}
	for _, base := range m.old {
		if base.Epoch != since {
			continue
		}
		root, err := from.Manager.Root(ctx)
		if err != nil || root.Key.ID() != m.last.root {
			return nil, err
		}
		payload := m.last.content.AppendDelta(nil, base)
		text, err := bundle.Sign(payload, m.last.root, root.Key.Algorithm(), nil, root.Sign)
		if err != nil {
			return nil, err
		}
		m.last.deltas[since] = nil
		if len(text) < len(m.last.text) {
			m.last.deltas[since] = []byte(text)
		}
		return m.last.deltas[since], nil
	}
	return nil, nil
}

// Figures are what metrics show of the last bundle; zero where none was made.
type Figures struct {
	Epoch    uint64
	Made     time.Time
	Bytes    int // of the text
	Families int
	CutOffs  int
}

func figuresOf(content *bundle.Bundle, made time.Time, bytes int) *Figures {
	return &Figures{content.Epoch, made, bytes, len(content.Families), len(content.CutOffs)}
}

// Figures gives those of the last bundle. It does not wait for one that is being made.
func (m *Maker) Figures() Figures {
	if f := m.figures.Load(); f != nil {
		return *f
	}
	return Figures{}
}
