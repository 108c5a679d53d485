package service

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/bundle"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/host/keys"
	"github.com/edgetoken/edgetoken/store"
)

// Offline opens the store of a data directory on which no node runs, for the calls that a node would answer on its
// admin socket. With mayMake it creates directory and store if they are missing. engine decides about tokens. notes
// tell the user what was created, and what others may do with the directory. log has what happens to keys.
func Offline(cfg *config.Config, engine string, mayMake bool, log *slog.Logger) (
	_ *admin.Client, notes []string, err error) {
	dir := datadir.Of(cfg)
	before := dir.Contents()
	db, notes, err := openStopped(dir, mayMake)
	if err != nil {
		return nil, nil, err
	}
	if !before.Dir {
		notes = append(notes, "made data directory "+dir.String())
	}
	if !before.Store && before.Key {
		notes = append(notes, "warning: "+datadir.StoreLost)
	}
	for _, w := range dir.Warnings() {
		notes = append(notes, "warning: "+w)
	}
	c, err := keysConfig(cfg, db, log)
	outside, failed := newElsewhere(cfg, nil, nil, log)
	if outside != nil {
		c.Outside = outside
	}
	manager := keys.New(c)
	if err = errors.Join(err, failed); err == nil && before.Store {
		err = settleKeys(context.Background(), cfg, db, manager, log)
	}
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	e := &offlineEngine{cfg: cfg, keys: manager, name: engine}
	api := adminConfig(cfg, db, hashing.InProcess{}, manager, e.open)
	bundles := bundle.NewMaker(db)
	api.Bundle = func(ctx context.Context, since uint64) (bundle.Text, error) {
		ring, err := manager.Ring(ctx)
		if err != nil {
			return bundle.Text{}, err
		}
		return bundles.Latest(ctx, bundleSource(cfg, ring, manager), since)
	}
	handler := admin.New(api)
	return admin.NewClient(handler, func() error { return errors.Join(e.close(), db.Close()) }), notes, nil
}

// openStopped opens the store of a data directory on which no node runs.
func openStopped(dir datadir.Dir, mayMake bool) (db *store.DB, notes []string, err error) {
	if notes, err = dir.Settle(); err != nil {
		return nil, nil, err
	}
	if err := dir.Openable(mayMake); err != nil {
		return nil, notes, err
	}
	db, err = dir.OpenStore(nil)
	if errors.Is(err, store.ErrLocked) {
		err = dir.InUse()
	}
	return db, notes, err
}

// offlineEngine is the engine of one command, with the keys of the data directory. It is opened at its first use.
type offlineEngine struct {
	cfg  *config.Config
	keys *keys.Manager
	name string

	opening sync.Mutex
	opened  core.Engine
	closing func() error
}

func (e *offlineEngine) open(ctx context.Context) (core.Engine, error) {
	e.opening.Lock()
	defer e.opening.Unlock()
	if e.opened != nil {
		return e.opened, nil
	}
	ring, err := e.keys.Ring(ctx)
	if err != nil {
		return nil, err
	}
	if len(ring.Set().Keys) == 0 {
		return nil, errors.New("there are no keys: start edgetoken serve once, or configure SIGNING_KEY")
	}
	cfg := *e.cfg
	cfg.Engine = e.name
	instances, err := openInstances(ctx, &cfg, ring, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	e.opened = core.NewNative(cfg.Settings, ring)
	if instances != nil {
		e.opened, e.closing = instances, func() error { return instances.Close(context.Background()) }
	}
	return e.opened, nil
}

func (e *offlineEngine) close() error {
	if e.closing == nil {
		return nil
	}
	return e.closing()
}
