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

// ErrBusy says that the node is asked for more than it can do at this moment: too many log-ins wait for their password
// to be hashed, or others changed the same state again and again. Nothing has changed; ask again in a second.
var ErrBusy = errors.New("node is busy: ask again in a second")

// Config is what a node consists of. Engine and Store are required; the node closes neither.
type Config struct {
	Engine   core.Engine // the first one: see UseEngine
	Store    *store.DB
	Settings core.Settings
	// UserIDField is USER_ID_FIELD: which field of a customer USER_ID_CLAIM carries.
	UserIDField store.Field
	// Passwords are the parameters of new hashes. Zero: password.Default.
	Passwords password.Params
	// DecoyKey is the secret that chooses, by the e-mail address, which of the store's hashes the log-in of an unknown
	// customer costs. Another key chooses others, and whoever measures before and after that knows who is unknown: keep
	// it for as long as the store. nil: a random one, until the process ends.
	DecoyKey []byte
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// Rand is the source of entropy; nil: crypto/rand. Must be safe for concurrent use.
	Rand io.Reader
	// Hashing is the queue of log-ins whose password is to be hashed; nil: one of the node's own with the defaults. A
	// node that replaces another one takes over its queue.
	Hashing *admission.Queue
	// Hasher hashes the passwords that Hashing admits, and Ready reports its health; nil: in this process.
	Hasher hashing.Hasher
	// FoldEmails ignores case in the e-mail address of a log-in: store.Query.Fold.
	FoldEmails bool
	// Claims are the claims of both tokens beside simplejwt's own, read anew at each log-in and refresh. A claim whose
	// value the customer lacks is left out. A log-in or refresh fails if its claims exceed claimmap.MaxBytes.
	Claims claimmap.Members
	// VerifiesOnly says that the keys issue no tokens on purpose, so that Ready does not ask for one that signs.
	VerifiesOnly bool
	// SessionAge is how long a browser session lasts after its log-in; 0: DefaultSessionAge.
	SessionAge time.Duration
	// ListSessions keeps a record of each log-in, from which Sessions lists them. Without it nothing is recorded. It
	// needs Settings.BlacklistApp.
	ListSessions bool
	// Fleet is the fleet that the node is a member of; nil: it is alone. Settings.MaxAge is how old its state may be.
	Fleet Fleet
	// AwayEngine is the engine that gives an access token alone if the home of a log-in is away: one for the same keys
	// and the settings of AccessOnly. It is asked for at each use; nil: there is no answer then.
	AwayEngine func() core.Engine
	// Log is for events that no single request causes; nil: slog.Default.
	Log *slog.Logger
	// Repeats logs events that every log-in may cause; nil: one of the node's own, whose last second is lost. Its owner
	// flushes it.
	Repeats *logging.Repeats
}

// Node answers requests about tokens and credentials. It is safe for concurrent use.
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
	if cfg.Hashing != nil && cfg.Passwords.Cost().Memory > cfg.Hashing.Memory() {
		errs = append(errs, fmt.Errorf("node: Passwords: a hash takes %d KiB and the memory for hashing is %d KiB: "+
			"lower the one or raise the other", cfg.Passwords.Memory, cfg.Hashing.Memory()>>10))
	}
	for _, err := range cfg.Claims.Validate(cfg.Settings.Reserved) {
		errs = append(errs, fmt.Errorf("node: Claims: %w", err))
	}
	if cfg.SessionAge < 0 {
		errs = append(errs, errors.New("node: SessionAge must not be negative"))
	}
	if cfg.ListSessions && !cfg.Settings.BlacklistApp {
		errs = append(errs, errors.New("node: ListSessions needs Settings.BlacklistApp: else no single log-in ends"))
	}
	if (cfg.Fleet == nil) != (cfg.Settings.MaxAge == 0) {
		errs = append(errs, errors.New("node: Settings.MaxAge must be set for a node in a fleet, and for no other"))
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
	if cfg.DecoyKey == nil {
		cfg.DecoyKey = []byte(rand.Text())
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

// RaiseLifetimes has the store remember the longest lifetimes that tokens ever had, so that a revocation outlives
// tokens that were issued when lifetimes were longer. Call it before the node's first request.
func (n *Node) RaiseLifetimes(ctx context.Context) error {
	return n.cfg.Store.RaiseLifetimes(ctx, core.Lifetimes{}.Raised(&n.cfg.Settings))
}

// Settings are the node's settings. The caller must not change them.
func (n *Node) Settings() *core.Settings { return &n.cfg.Settings }

// IDs is the kind of the customers' ids.
func (n *Node) IDs() core.IDKind { return n.cfg.Store.IDs() }

// Customers is a page of at most limit customers in the order of their ids. It begins behind the id after, or with the
// first customer where after is zero.
func (n *Node) Customers(ctx context.Context, after core.CustomerID, limit int) ([]store.Customer, error) {
	seen := n.look()
	list, err := n.cfg.Store.List(ctx, after, limit)
	if err == nil {
		err = n.young(core.Authenticate, nil, seen)
	}
	if err != nil {
		return nil, err
	}
	return list, nil
}

// Ready reports whether the node can answer: its engine reads tokens, its store is healthy, the outbox has room, the
// clock is plausible, the key that signs has not ended, passwords can be hashed, and in a fleet the state is young
// enough to check tokens and, as long as it may issue any, there is a lease to advance log-ins: one that goes on with a
// state that is too old (core.Open) has none. The error says what is wrong.
func (n *Node) Ready(ctx context.Context) error {
	engine := n.engine.Load()
	// The shortest text with the form of a token: the engine has next to nothing to do.
	if err := engine.Open(ctx, []byte(".."), new(core.Opened)); err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	switch err := n.cfg.Store.Look(); {
	case errors.Is(err, store.ErrLost):
		return fmt.Errorf("store_lost: %w", err)
	case err != nil:
		return fmt.Errorf("store: %w", err)
	}
	if err := n.cfg.Store.CheckOutbox(); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	if err := n.young(core.Authenticate, nil, n.look()); err != nil {
		return fmt.Errorf("stale: %w", err)
	}
	if err := n.CheckClock(); err != nil {
		return fmt.Errorf("clock: %w", err)
	}
	if n.cfg.Fleet != nil && n.cfg.Settings.Advances() && n.young(core.Refresh, nil, n.look()) == nil {
		if err := n.leased(); err != nil {
			return fmt.Errorf("unleased: %w", err)
		}
	}
	if err := engine.signs(n.now()); err != nil && !n.cfg.VerifiesOnly {
		return fmt.Errorf("keys: %w", err)
	}
	if err := n.cfg.Hasher.Health(); err != nil {
		return fmt.Errorf("hashing: %w", err)
	}
	return nil
}

// now is the time of a decision, to the microsecond.
func (n *Node) now() time.Time { return n.cfg.Now().UTC().Truncate(time.Microsecond) }
