package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admission"
	"github.com/edgetoken/edgetoken/host/claimmap"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/host/logging"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// ErrBusy says that more is asked than the node can do at this moment: too many log-ins are waiting for their
// password to be hashed, or others changed the same state again and again. Nothing has changed; ask again in a
// second.
var ErrBusy = errors.New("node is busy: ask again in a second")

// Config is what a node consists of. Engine and Store are required; the node closes neither.
type Config struct {
	Engine   core.Engine // until UseEngine gives another
	Store    *store.DB
	Settings core.Settings
	// UserIDField is USER_ID_FIELD: which field of a customer USER_ID_CLAIM carries.
	UserIDField store.Field
	// Passwords are the parameters that an unknown customer's password is hashed with: those of new passwords. Zero:
	// password.Default.
	Passwords password.Params
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// Rand is the source of entropy; nil: crypto/rand. Must be safe for concurrent use.
	Rand io.Reader
	// Hashing admits the hashing of passwords; nil: a queue of its own with the defaults. Nodes may share one, so that a
	// node which takes another's place takes its queue too.
	Hashing *admission.Queue
	// Hasher hashes the passwords that Hashing admits, and Ready asks for its health; nil: in this process.
	Hasher hashing.Hasher
	// FoldEmails says that upper and lower case are the same in the e-mail address of a log-in: store.Query.Fold.
	FoldEmails bool
	// Claims are what both tokens say of a customer beside simplejwt's own claims, fresh at each log-in and refresh.
	// What the customer does not have is left out. A log-in or refresh whose claims would be more than claimmap.MaxBytes
	// fails.
	Claims claimmap.Members
	// SessionAge is how long a session of a browser lasts from its log-in on; 0: DefaultSessionAge.
	SessionAge time.Duration
	// Log is for what no single request is to blame for; nil: slog.Default.
	Log *slog.Logger
	// Repeats counts what each log-in may have to say; nil: one of the node's own, whose last second is lost. Whoever
	// gives one flushes it.
	Repeats *logging.Repeats
}

// Node answers what clients ask of tokens and credentials. It is safe for concurrent use.
type Node struct {
	cfg    Config // but for its Engine
	engine atomic.Pointer[keyedEngine]
	clock  clockWatch
}

// New makes a node; the error names every mistake in cfg.
func New(cfg Config) (*Node, error) {
	errs := cfg.Settings.Validate()
	if cfg.Engine == nil {
		errs = append(errs, errors.New("node: Engine is missing"))
	}
	if cfg.Store == nil {
		errs = append(errs, errors.New("node: Store is missing"))
	}
	if cfg.Passwords == (password.Params{}) {
		cfg.Passwords = password.Default
	}
	if err := cfg.Passwords.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("node: Passwords: %w", err))
	}
	if cfg.Hashing == nil {
		var err error
		if cfg.Hashing, err = admission.New(admission.Config{}); err != nil {
			errs = append(errs, fmt.Errorf("node: Hashing: %w", err))
		}
	}
	if cfg.Hashing != nil && memoryOf(cfg.Passwords) > cfg.Hashing.Memory() {
		errs = append(errs, fmt.Errorf("node: Passwords: a hash takes %d KiB and the memory for hashing is %d KiB: lower the one or raise the other",
			memoryOf(cfg.Passwords)>>10, cfg.Hashing.Memory()>>10))
	}
	for _, err := range cfg.Claims.Validate(cfg.Settings.Reserved) {
		errs = append(errs, fmt.Errorf("node: Claims: %w", err))
	}
	if cfg.SessionAge < 0 {
		errs = append(errs, errors.New("node: SessionAge must not be negative"))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Hasher == nil {
		cfg.Hasher = hashing.InProcess{Rand: cfg.Rand}
	}
	if cfg.SessionAge == 0 {
		cfg.SessionAge = DefaultSessionAge
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Repeats == nil {
		cfg.Repeats = logging.NewRepeats(cfg.Log)
	}
	n := &Node{cfg: cfg}
	n.UseEngine(cfg.Engine)
	return n, nil
}

// Stats is what a node is doing and has done.
type Stats struct {
	Hashing admission.Stats
}

// Stats gives the present figures.
func (n *Node) Stats() Stats { return Stats{Hashing: n.cfg.Hashing.Stats()} }

// RaiseLifetimes has the store keep the longest lifetimes that tokens ever had, so that a revocation outlives those that
// were issued when they were longer. Call it before the node's first request.
func (n *Node) RaiseLifetimes(ctx context.Context) error {
	return n.cfg.Store.RaiseLifetimes(ctx, store.Lifetimes{}.Raised(&n.cfg.Settings))
}

// keyedEngine is an engine and the description of its keys. Each request loads it once, and keeps to it.
type keyedEngine struct {
	core.Engine
	keys core.KeySet
}

// UseEngine has every request from now on decided by another engine for the same settings, as one with other keys. A
// request in flight ends on the engine that it began with.
func (n *Node) UseEngine(e core.Engine) { n.engine.Store(&keyedEngine{e, e.KeySet()}) }

// Engine is the engine in force.
func (n *Node) Engine() core.Engine { return n.engine.Load().Engine }

// Settings are the settings that the node decides by. The caller must not change what they point to.
func (n *Node) Settings() *core.Settings { return &n.cfg.Settings }

// IDs is the kind of the ids of all customers.
func (n *Node) IDs() core.IDKind { return n.cfg.Store.IDs() }

// Customers is a page of at most limit customers in the order of their ids, from the one that follows after; zero:
// from the first.
func (n *Node) Customers(ctx context.Context, after core.CustomerID, limit int) ([]store.Customer, error) {
	return n.cfg.Store.List(ctx, after, limit)
}

// Ready reports whether the node can answer: its engine reads tokens, its store is healthy, the clock is plausible,
// the key that signs has not ended, and passwords can be hashed. The error says what is wrong.
func (n *Node) Ready(ctx context.Context) error {
	engine := n.engine.Load()
	// No token is shorter, so that the engine has next to nothing to do.
	if err := engine.Open(ctx, []byte(".."), new(core.Opened)); err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	switch err := n.cfg.Store.Look(); {
	case errors.Is(err, store.ErrLost):
		return fmt.Errorf("store_lost: %w", err)
	case err != nil:
		return fmt.Errorf("store: %w", err)
	}
	if err := n.CheckClock(); err != nil {
		return fmt.Errorf("clock: %w", err)
	}
	if engine.keys.SigningEnded(n.now()) {
		return fmt.Errorf("keys: %w", core.ErrKeyEnded)
	}
	if err := n.cfg.Hasher.Health(); err != nil {
		return fmt.Errorf("hashing: %w", err)
	}
	return nil
}

// now is the present as decisions see it, to the microsecond.
func (n *Node) now() time.Time { return n.cfg.Now().UTC().Truncate(time.Microsecond) }
