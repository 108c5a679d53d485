package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/store"
)

// openStore creates the data directory if it is missing, and opens its store.
func (s *Service) openStore(ctx context.Context, cfg *config.Config, before datadir.Contents) error {
	dir := datadir.Of(cfg)
	settled, err := dir.Settle()
	if err != nil {
		return err
	}
	for _, n := range settled {
		s.log.Info(n)
	}
	if err := dir.Make(true); err != nil {
		return err
	}
	if s.store, err = dir.OpenStore(s.cfg.Now); err != nil {
		return inUse(dir, err)
	}
	s.closes = append(s.closes, s.store.Close)
	logMade(s.log, cfg, before)
	if from, to, done := s.store.Upgraded(); done {
		s.log.Info("upgraded the store: earlier versions refuse it from now on", "path", dir.Store(), "schema", to,
			"from", from)
	}
	return checkAddresses(ctx, cfg, s.store)
}

// logMade logs what this start created in the data directory besides a key, and what others may do with the
// directory. before is what was there. It is called before anything else can fail: the next start finds the store and
// says nothing.
func logMade(log *slog.Logger, cfg *config.Config, before datadir.Contents) {
	dir := datadir.Of(cfg)
	for _, w := range dir.Warnings() {
		log.Warn(w)
	}
	if !before.Dir {
		log.Info("made a new data directory", "path", dir.String())
	}
	switch {
	case !before.Store && before.Key:
		log.Warn(datadir.StoreLost, "path", dir.Store())
	case !before.Store:
		log.Info("made a new store", "path", dir.Store())
	}
}

// namedCollisions is how many pairs of e-mail addresses an error names.
const namedCollisions = 10

// checkAddresses refuses login.match: case_insensitive if two stored addresses differ by case only: a log-in could
// not tell the two customers apart.
func checkAddresses(ctx context.Context, cfg *config.Config, db *store.DB) error {
	if cfg.LoginMatch != config.CaseInsensitive {
		return nil
	}
	pairs, err := db.Collisions(ctx, namedCollisions+1)
	if err != nil || len(pairs) == 0 {
		return err
	}
	var named []string
	for _, p := range pairs[:min(len(pairs), namedCollisions)] {
		named = append(named, fmt.Sprintf("%q and %q", p.First, p.Second))
	}
	if len(pairs) > namedCollisions {
		named = append(named, "and more")
	}
	return fmt.Errorf("login.match is case_insensitive and customers' e-mail addresses differ by case only: %s: "+
		"change or remove one of each, or set login.match: exact",
		strings.Join(named, "; "))
}

// inUse says what to do if another process has the store open.
func inUse(dir datadir.Dir, err error) error {
	if !errors.Is(err, store.ErrLocked) {
		return err
	}
	return fmt.Errorf("%s is %w: if that is a node, edgetoken customers and edgetoken token talk to it; stop it "+
		"before another one starts, or name another data directory with --data",
		dir.Store(), store.ErrLocked)
}
