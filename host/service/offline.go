package service

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/store"
)

// Offline opens the store of a data directory for the calls that a node answers on its admin socket, where none runs.
// mayMake makes a directory and a store where there are none. engine judges tokens. notes are for the user: what was
// made, and what others may do with the directory.
func Offline(cfg *config.Config, engine string, mayMake bool) (_ *admin.Client, notes []string, err error) {
	dir := datadir.Of(cfg)
	before := dir.Contents()
	settled, err := dir.Settle()
	if err != nil {
		return nil, nil, err
	}
	if err := dir.Openable(mayMake); err != nil {
		return nil, nil, err
	}
	db, err := dir.OpenStore()
	if errors.Is(err, store.ErrLocked) {
		return nil, nil, dir.InUse()
	}
	if err != nil {
		return nil, nil, err
	}
	notes = settled
	if !before.Dir {
		notes = append(notes, "made data directory "+dir.String())
	}
	if !before.Store && before.Key {
		notes = append(notes, "warning: "+datadir.StoreLost)
	}
	for _, w := range dir.Warnings() {
		notes = append(notes, "warning: "+w)
	}
	judge := &judge{cfg: cfg, engine: engine}
	handler := admin.New(adminConfig(cfg, db, hashing.InProcess{}, judge.open))
	return admin.NewClient(handler, func() error { return errors.Join(judge.close(), db.Close()) }), notes, nil
}

// judge is an engine that judges tokens for one command, of the keys in the data directory. It is made at the first
// use.
type judge struct {
	cfg    *config.Config
	engine string

	opening sync.Mutex
	opened  core.Engine
	keys    core.KeySet
	closing func() error
}

func (j *judge) open(ctx context.Context) (core.Engine, core.KeySet, error) {
	j.opening.Lock()
	defer j.opening.Unlock()
	if j.opened != nil {
		return j.opened, j.keys, nil
	}
	ring, err := datadir.Of(j.cfg).OpenKeys(false)
	if err != nil {
		return nil, core.KeySet{}, err
	}
	cfg := *j.cfg
	cfg.Engine = j.engine
	instances, err := openInstances(ctx, &cfg, ring, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, core.KeySet{}, err
	}
	j.opened, j.keys = core.NewNative(cfg.Settings, ring), ring.Set()
	if instances != nil {
		j.opened, j.closing = instances, func() error { return instances.Close(context.Background()) }
	}
	return j.opened, j.keys, nil
}

func (j *judge) close() error {
	if j.closing == nil {
		return nil
	}
	return j.closing()
}
