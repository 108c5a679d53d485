package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// ErrBusy says that more is asked than the node can do at this moment: too many log-ins are waiting for their password to be
// hashed, or others changed the same state again and again. Nothing has changed; ask again in a second.
var ErrBusy = errors.New("node is busy: ask again in a second")

// Config is what a node consists of. Engine and Store are required; the node closes neither.
type Config struct {
	Engine   core.Engine
	Store    *store.DB
	Settings core.Settings
	// UserIDField is USER_ID_FIELD: which field of a customer USER_ID_CLAIM carries.
	UserIDField store.Field
	// Passwords are the parameters that an unknown customer's password is hashed with: those of new passwords. Zero: password.Default.
	Passwords password.Params
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// Rand is the source of entropy; nil: crypto/rand. Must be safe for concurrent use.
	Rand io.Reader
	// Hashers is how many passwords are hashed at once; 0: one for each processor that Go uses.
	Hashers int
	// HashQueue is how many further log-ins may wait for a hasher before ErrBusy; 0: 64 for each hasher.
	HashQueue int
	// Claims gives the configured claims of a customer as a JSON object; nil: none. Called at each log-in and refresh.
	Claims func(store.Customer) []byte
	// Log is for what no single request is to blame for; nil: slog.Default.
	Log *slog.Logger
}

// Node answers what clients ask of tokens and credentials. It is safe for concurrent use.
type Node struct {
	cfg     Config
	hashers *hashers
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
	if cfg.Hashers < 0 || cfg.HashQueue < 0 {
		errs = append(errs, errors.New("node: Hashers and HashQueue must not be negative"))
	}
	if cfg.Passwords == (password.Params{}) {
		cfg.Passwords = password.Default
	}
	if err := cfg.Passwords.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("node: Passwords: %w", err))
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
	if cfg.Hashers == 0 {
		cfg.Hashers = runtime.GOMAXPROCS(0)
	}
	if cfg.HashQueue == 0 {
		cfg.HashQueue = 64 * cfg.Hashers
	}
	if cfg.Claims == nil {
		cfg.Claims = func(store.Customer) []byte { return nil }
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Node{cfg: cfg, hashers: newHashers(cfg.Hashers, cfg.HashQueue)}, nil
}

// Settings are the settings that the node judges by. The caller must not change what they point to.
func (n *Node) Settings() *core.Settings { return &n.cfg.Settings }

// Ready reports whether the node can answer: its engine reads tokens and its store is healthy. The error says what is wrong.
func (n *Node) Ready(ctx context.Context) error {
	// No token is shorter, so that the engine has next to nothing to do.
	if _, err := n.cfg.Engine.Open(ctx, []byte("..")); err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	if err := n.cfg.Store.Health(); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// now is the present as decisions see it, to the microsecond.
func (n *Node) now() time.Time { return n.cfg.Now().UTC().Truncate(time.Microsecond) }
