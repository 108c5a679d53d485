package service

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/explain"
	"github.com/edgetoken/edgetoken/host/keyring"
)

// readKeys reads the keys of a configuration. It refuses keys of which none signs, or one that has expired, and warns
// of one that expires soon. With mayMake it creates the key of the data directory if that is missing. It returns the
// ring even if the key has expired.
func readKeys(cfg *config.Config, mayMake bool) (ring *keyring.Ring, warning string, err error) {
	if ring, err = datadir.Of(cfg).OpenKeys(mayMake); err == nil {
		warning, err = keyEnd(cfg, ring.Set(), time.Now())
	}
	return ring, warning, err
}

// openKeys reads the keys at the start and logs which key signs.
func (s *Service) openKeys(ctx context.Context, cfg *config.Config, before datadir.Contents) (*keyring.Ring, error) {
	stats, err := s.store.Stats(ctx)
	if err != nil {
		return nil, err
	}
	ring, warning, err := readKeys(cfg, true)
	if ring != nil {
		logKey(s.log, cfg, before, stats.Issued, ring.Set())
	}
	if warning != "" {
		s.log.Warn(warning)
	}
	return ring, err
}

// keyEnd refuses keys of which none signs now, and a signing key that has expired: with it a node can neither log
// anybody in nor accept the tokens it issued. It warns of a key that expires before the refresh tokens issued now.
func keyEnd(cfg *config.Config, keys core.KeySet, now time.Time) (warning string, err error) {
	signer := keys.SigningAt(now)
	if signer < 0 {
		return "", core.ErrNoSigningKey
	}
	key := keys.Keys[signer]
	if key.NotAfter == 0 {
		return "", nil
	}
	end := time.Unix(key.NotAfter, 0)
	path, when := datadir.Of(cfg).Key(), explain.Moment(end, now.Truncate(time.Second))
	switch {
	case keys.State(signer, now) == core.KeyGone:
		return "", fmt.Errorf("the signing key %s ended %s: put another in its place, or move it away for a new one "+
			"at the next start; an exp that is later brings it back", path, when)
	case now.Add(cfg.Settings.RefreshTokenLifetime).After(end):
		return fmt.Sprintf("the signing key %s ends %s: from then on all that it signed is refused, and nobody can "+
			"log in until another is in its place", path, when), nil
	}
	return "", nil
}

// keyLost warns of a new key beside the store of an earlier run.
const keyLost = "made a new signing key, although there was a store already: tokens of an earlier key are refused; " +
	"if there was one, restore signing.key from a backup"

// logKey logs which key signs, and whether this start created it. issued says whether a node ever issued tokens from
// this store.
func logKey(log *slog.Logger, cfg *config.Config, before datadir.Contents, issued bool, keys core.KeySet) {
	dir := datadir.Of(cfg)
	if cfg.SigningKey.IsSet() {
		if file := cfg.SigningKey.File(); file != "" {
			log.Info("SIGNING_KEY_FILE signs", "path", datadir.Absolute(file), "algorithm", cfg.Algorithm)
		} else {
			log.Info("SIGNING_KEY signs", "from", cfg.Origin("simple_jwt.SIGNING_KEY").String(), "algorithm",
				cfg.Algorithm)
		}
		return
	}
	switch {
	case !before.Key && before.Store && issued:
		log.Warn(keyLost, "path", dir.Key())
	case !before.Key:
		log.Info("made a new signing key", "path", dir.Key())
	}
	signer := keys.SigningAt(time.Now())
	if signer < 0 {
		return // keyEnd says so
	}
	key := keys.Keys[signer]
	about := []any{"kid", key.ID, "algorithm", cfg.Algorithm, "path", dir.Key()}
	if key.NotAfter != 0 {
		about = append(about, "ends", time.Unix(key.NotAfter, 0).UTC().Format(time.RFC3339))
	}
	log.Info("the key of the data directory signs", about...)
}

// ReloadKeys reads the key of the data directory anew, and exchanges the keys if it is another one. It reads nothing
// else, so a configured SIGNING_KEY stays. Requests in flight are not disturbed. After an error the old keys are still
// in use.
func (s *Service) ReloadKeys() (changed bool, err error) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	return s.current.Load().keys.Reload()
}

// useKeys has the node of a generation use other keys. It refuses what a reload refuses, and gives the same warnings.
func (s *Service) useKeys(g *generation, ring *keyring.Ring) error {
	warning, err := keyEnd(g.cfg, ring.Set(), time.Now())
	if err != nil {
		return err
	}
	engine, err := s.engine(g.cfg, ring)
	if err != nil {
		return err
	}
	g.node.UseEngine(engine)
	s.log.Info("exchanged the keys", "keys", ring)
	for _, w := range []string{warning, earlierRefused(g.keys.Keys(), ring)} {
		if w != "" {
			s.log.Warn(w)
		}
	}
	return nil
}

// earlierRefused is a warning where no key of ring takes what the signing key of old signs.
func earlierRefused(old, ring *keyring.Ring) string {
	keys := old.Set()
	signer := keys.SigningAt(time.Now())
	if signer < 0 {
		return ""
	}
	was, input := keys.Keys[signer], []byte("edgetoken")
	signature, err := old.Sign(context.Background(), signer, input, make([]byte, core.EntropyBytes))
	for i, is := range ring.Set().Keys {
		if err != nil || !is.Takes([]byte(was.Algorithm)) || !is.AnyID && was.ID != is.ID &&
			(was.ID != "" || !is.Default) {
			continue
		}
		if good, err := ring.Check(context.Background(), i, input, signature); good && err == nil {
			return ""
		}
	}
	return "the signing key is another one: tokens that were issued until now are refused, and everybody has to log " +
		"in again"
}
