package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// managerOf makes the manager of the keys of a configuration.
func (s *Service) managerOf(cfg *config.Config) (*keys.Manager, error) {
	c, err := keysConfig(cfg, s.store, s.log)
	if err != nil {
		return nil, err
	}
	s.fleet.joinKeys(&c)
	c.Changed, c.Now, c.ClockGood = s.keysChanged, s.cfg.Now, func() bool { return node.CheckClock(s.store) == nil }
	if s.elsewhere != nil {
		c.Outside = s.elsewhere
	}
	return keys.New(c), nil
}

// keysConfig is what a manager works on, in a node or in a command that works on its files.
func keysConfig(cfg *config.Config, db *store.DB, log *slog.Logger) (keys.Config, error) {
	c := keys.Config{
		Store: db, Settings: cfg.Settings, Algorithm: cfg.KeyAlgorithm(), AllowWeak: cfg.AllowWeakSigningKey,
		RotateEvery: cfg.KeysRotateEvery, PublishBefore: cfg.KeysPublishBefore, Sealer: sealerOf(datadir.Of(cfg), log),
		Log: log,
	}
	if db.Membership().Role != store.Alone {
		c.Behind, c.Skew = cfg.Fleet.Behind(), cfg.Fleet.Skew
	}
	var err error
	if cfg.SigningKey.IsSet() || cfg.VerifiesOnly() {
		c.Configured, err = keyring.FromSettings(cfg.Algorithm, cfg.SigningKey.Reveal(), cfg.VerifyingKey.Reveal(),
			cfg.AllowWeakSigningKey)
	}
	return c, err
}

// sealerOf reads the node secret at its first use.
func sealerOf(dir datadir.Dir, log *slog.Logger) func(mayMake bool) (*keyring.Sealer, error) {
	var mu sync.Mutex
	var sealer *keyring.Sealer
	return func(mayMake bool) (*keyring.Sealer, error) {
		mu.Lock()
		defer mu.Unlock()
		if sealer != nil {
			return sealer, nil
		}
		secret, notes, err := dir.NodeSecret(mayMake)
		if err != nil {
			return nil, err
		}
		for _, n := range notes {
			log.Info(n)
		}
		if sealer, err = keyring.NewSealer(secret); err == nil {
			sealer = sealer.From(dir.SecretSource())
		}
		return sealer, err
	}
}

// openKeys makes the keys of the store ready at the start, and logs which signs.
func (s *Service) openKeys(ctx context.Context, cfg *config.Config, m *keys.Manager) (*keyring.Ring, error) {
	if err := settleKeys(ctx, cfg, s.store, m, s.log); err != nil {
		return nil, err
	}
	stats, err := s.store.Stats(ctx)
	if err != nil {
		return nil, err
	}
	started, err := m.Start(ctx)
	if err != nil {
		return nil, err
	}
	logKeys(s.log, cfg, started, stats.Issued)
	return m.Ring(ctx)
}

// settleKeys ends what a stop or an update left to do: a change of the node secret, and the move of signing.key, with
// which earlier releases signed, into the store.
func settleKeys(ctx context.Context, cfg *config.Config, db *store.DB, m *keys.Manager, log *slog.Logger) error {
	dir := datadir.Of(cfg)
	_, notes, err := settleSecret(ctx, dir, db)
	if err != nil {
		return err
	}
	for _, n := range notes {
		log.Info(n)
	}
	if len(notes) > 0 { // what was sealed under the old secret may still be in free pages
		if _, err := db.Compact(ctx, nil); err != nil {
			return err
		}
	}
	old, err := dir.OldKey()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	key := old.Members()[0]
	moved, err := m.MoveIn(ctx, key.Key.WithID(key.Info.ID), key.Info.NotAfter)
	switch {
	case err != nil:
		return fmt.Errorf("move %s into the store: %w", dir.Key(), err)
	case !moved:
		log.Warn("this signing key is not in use, since the store has other keys: edgetoken keys import takes it "+
			"in, or remove the file", "path", dir.Key())
		return nil
	}
	if err := os.Remove(dir.Key()); err != nil {
		return fmt.Errorf("the signing key is in the store now, but its file cannot be removed: %w", err)
	}
	log.Info("moved the signing key into the store, where it is sealed", "path", dir.Key(), "kid", key.Info.ID)
	return nil
}

// settleSecret ends a change of the node secret that was cut off, and says what it did. opens is that of keys.Opens.
func settleSecret(ctx context.Context, dir datadir.Dir, db *store.DB) (opens func([]byte) bool, notes []string,
	err error) {
	if opens, err = keys.Opens(ctx, db); err == nil {
		notes, err = dir.SettleSecret(opens)
	}
	return opens, notes, err
}

// keyLost warns of a new key beside the store of an earlier run.
const keyLost = "made a new signing key, although there was a store already: tokens of an earlier key that is a " +
	"secret are refused; if there was one, edgetoken keys import takes it in"

// logKeys logs which key signs, and whether this start made it. issued says whether a node ever issued tokens from this
// store.
func logKeys(log *slog.Logger, cfg *config.Config, started keys.Started, issued bool) {
	for _, w := range started.Warnings {
		log.Warn(w)
	}
	file, k := cfg.SigningKey.File(), started.Signs
	switch {
	case cfg.VerifiesOnly():
		log.Warn("VERIFYING_KEY is configured without SIGNING_KEY: this node verifies tokens and cannot issue any: " +
			"every log-in and refresh is answered by 503")
	case file != "":
		log.Info("SIGNING_KEY_FILE signs", "path", datadir.Absolute(file), "algorithm", cfg.Algorithm)
	case cfg.SigningKey.IsSet():
		log.Info("SIGNING_KEY signs", "from", cfg.Origin("simple_jwt.SIGNING_KEY").String(), "algorithm", cfg.Algorithm)
	case started.Made && (issued || started.Lost):
		log.Warn(keyLost, "kid", k.ID, "algorithm", k.Algorithm)
	case started.Made:
		log.Info("made a new signing key", "kid", k.ID, "algorithm", k.Algorithm)
	case k.ID == "": // at an edge, of which a warning says so
	default:
		about := []any{"kid", k.ID, "algorithm", k.Algorithm}
		if !k.Ends.IsZero() {
			about = append(about, "ends", k.Ends.Format(time.RFC3339))
		}
		log.Info("a key of the store signs", about...)
	}
	for _, w := range unfit(cfg, k) {
		log.Warn(w)
	}
}

// unfit warns where the key of the store that signs is not what the configuration asks for.
func unfit(cfg *config.Config, k keys.Key) []string {
	var warnings []string
	if w := otherAlgorithm(cfg, k); w != "" {
		warnings = append(warnings, w)
	}
	if cfg.BundlePublish && k.ID != "" && strings.HasPrefix(k.Algorithm, "HS") {
		warnings = append(warnings, "bundle.publish is on, and the key that signs is a secret, which is never in a "+
			"bundle: verifiers elsewhere refuse what it signs; edgetoken keys generate --activate --algorithm ES256 "+
			"makes a key pair that signs")
	}
	return warnings
}

// otherAlgorithm warns where ALGORITHM names another than that of the key of the store that signs.
func otherAlgorithm(cfg *config.Config, k keys.Key) string {
	wanted := cfg.KeyAlgorithm()
	if k.ID == "" || wanted == "" || wanted == k.Algorithm {
		return ""
	}
	return fmt.Sprintf("ALGORITHM is %s, and the key that signs, %s, is for %s: edgetoken keys generate --activate "+
		"makes one for ALGORITHM; tokens of the old one stay good to their end", wanted, k.ID, k.Algorithm)
}

// useKeys has the node of a generation use other keys.
func (s *Service) useKeys(g *generation, ring *keyring.Ring) error {
	engine, err := s.engine(g.cfg, ring)
	if err != nil {
		return err
	}
	g.node.UseEngine(engine)
	s.log.Info("exchanged the keys", "keys", ring)
	return nil
}

// keysChanged puts the keys of the store in force. A reload may have replaced the generation whose manager changed
// them, and its successor may have read the keys before the change: so this waits for a reload that is under way.
func (s *Service) keysChanged() error {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	ctx, g := context.Background(), s.current.Load()
	// The manager that made the change may know shorter lifetimes.
	if err := g.manager.Raise(ctx); err != nil {
		return err
	}
	if _, err := g.keys.Reload(); err != nil {
		return err
	}
	return g.publish(ctx)
}

// tick does with the keys what the time has brought.
func (s *Service) tick(ctx context.Context) error { return s.current.Load().manager.Tick(ctx) }

// tickKeys ticks each second until ctx ends, and in a fleet more often: the keys of other nodes come and go.
func (s *Service) tickKeys(ctx context.Context) {
	every := time.Second
	if s.fleet != nil {
		every = time.Second / 4
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := s.tick(ctx); err != nil && ctx.Err() == nil {
				s.repeats.Log(slog.LevelError, "keys", "the keys cannot be looked after", slog.Any("error", err))
			}
		case <-ctx.Done():
			return
		}
	}
}
