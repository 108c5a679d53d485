package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/store"
)

// connect finds the running node of a data directory, or opens the store. mayMake makes a directory and a store where
// there are none.
func connect(cfg *config.Config, engineName string, mayMake bool) (_ *admin.Client, notes []string, err error) {
	dir := datadir.Of(cfg)
	if c, err := dialAdmin(dir); c != nil || err != nil {
		return c, nil, err
	}
	datadir.PrivateFiles()
	before := dir.Contents()
	settled, err := dir.Settle()
	if err != nil {
		return nil, nil, err
	}
	if err := openable(dir, mayMake); err != nil {
		return nil, nil, err
	}
	db, err := dir.OpenStore()
	if errors.Is(err, store.ErrLocked) {
		return nil, nil, lockedWithoutNode(dir)
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
	judge := &judge{cfg: cfg, engine: engineName}
	handler := admin.New(adminConfig(cfg, db, hashing.InProcess{}, judge.open))
	return admin.NewClient(handler, func() error { return errors.Join(judge.close(), db.Close()) }), notes, nil
}

// adminConfig is what the admin API of a node, or of a command that works on its files, takes from a configuration.
func adminConfig(cfg *config.Config, db *store.DB, hasher hashing.Hasher, judge func(context.Context) (core.Engine, core.KeySet, error)) admin.Config {
	return admin.Config{
		Store: db, Settings: cfg.Settings, UserIDField: userIDField(cfg), FoldEmails: cfg.LoginMatch == config.CaseInsensitive,
		MinPassword: cfg.MinPassword, Passwords: cfg.Password, Hasher: hasher, Claims: cfg.Claims, LoginAnswer: cfg.LoginAnswer,
		CheckAnswer: httpapi.CheckLoginAnswer, Permissions: httpapi.Permissions(), Judge: judge,
	}
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

// dialAdmin connects to the node of a data directory; nil where none listens.
func dialAdmin(dir datadir.Dir) (*admin.Client, error) {
	return admin.Dial(dir.Socket(), dir.Private)
}

// lockedWithoutNode says that another process has the store, and that no node answers.
func lockedWithoutNode(dir datadir.Dir) error {
	return fmt.Errorf("%s is in use by another process, and no node answers at %s: a node is starting or stopping, or another command is at work: try again; "+
		"if a node runs whose socket was removed, start it again", dir.Store(), datadir.Absolute(dir.Socket()))
}

var errNoStore = errors.New("there is no store")

// openable says whether there is a store, or room to make one.
func openable(dir datadir.Dir, mayMake bool) error {
	if mayMake {
		return dir.Make(false)
	}
	if err := dir.Check(false); err != nil {
		return err
	}
	if _, err := os.Stat(dir.Store()); errors.Is(err, fs.ErrNotExist) {
		if dir.Contents().Key {
			return fmt.Errorf("%w %s, although there is a signing key: if there was one, restore it from a backup; else start edgetoken serve once, "+
				"or name the data directory with --data", errNoStore, dir.Store())
		}
		return fmt.Errorf("%w %s: start edgetoken serve once, or name the data directory with --data", errNoStore, dir.Store())
	}
	return nil
}

// inUse says what to do where a node cannot have the store since another process has it.
func inUse(dir datadir.Dir, err error) error {
	if !errors.Is(err, store.ErrLocked) {
		return err
	}
	return fmt.Errorf("%s is %w: if that is a node, edgetoken customers and edgetoken token talk to it; stop it before another one starts, or name another data directory with --data",
		dir.Store(), store.ErrLocked)
}
