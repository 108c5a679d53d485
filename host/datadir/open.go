package datadir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/store"
)

// Contents says what a data directory contains. Key is the key file of an earlier release, or the node secret.
type Contents struct{ Dir, Store, Key bool }

// Contents looks at what is there.
func (d Dir) Contents() Contents {
	has := func(path string) bool {
		_, err := os.Lstat(path)
		return err == nil
	}
	return Contents{Dir: has(d.String()), Store: has(d.Store()), Key: has(d.Key()) || has(d.Secret())}
}

// StoreLost warns of a new store beside the key of an earlier run.
const StoreLost = "made a new store, although there was a key already: if there were customers, restore store.db " +
	"from a backup, and the keys with it"

// OpenStore opens the store, and creates it if it is missing. The directory must exist. now is its clock; nil:
// time.Now.
func (d Dir) OpenStore(now func() time.Time) (*store.DB, error) {
	cfg := d.storeConfig()
	cfg.Now = now
	return store.Open(cfg)
}

func (d Dir) storeConfig() store.Config {
	trusted := d.trustedAt(d.String())
	if _, err := os.Lstat(d.Store()); err == nil {
		trusted &= d.trustedAt(d.Store())
	}
	return store.Config{Path: d.Store(), Trusted: trusted, IDs: d.cfg.IDs,
		FoldEmails: d.cfg.LoginMatch == config.CaseInsensitive, MaxSessions: d.cfg.MaxSessions,
		MaxLogins: d.cfg.MaxLogins,
		Outbox:    d.cfg.Outbox, MaxOutbox: d.cfg.MaxOutbox,
		Staleness: d.cfg.Fleet.Staleness, Skew: d.cfg.Fleet.Skew}
}

// ErrNoStore says that there is no store.
var ErrNoStore = errors.New("there is no store")

// Openable refuses a directory without a store; with mayMake it creates the directory.
func (d Dir) Openable(mayMake bool) error {
	if mayMake {
		return d.Make(false)
	}
	if err := d.Check(false); err != nil {
		return err
	}
	if _, err := os.Stat(d.Store()); errors.Is(err, fs.ErrNotExist) {
		if d.Contents().Key {
			return fmt.Errorf("%w %s, although there is a key: if there was one, restore it from a backup; "+
				"else start edgetoken serve once, "+
				"or name the data directory with --data", ErrNoStore, d.Store())
		}
		return fmt.Errorf("%w %s: start edgetoken serve once, or name the data directory with --data", ErrNoStore,
			d.Store())
	}
	return nil
}

// InUse is the error for a store that another process has open while no node answers.
func (d Dir) InUse() error {
	return fmt.Errorf("%s is in use by another process, and no node answers at %s: a node is starting or stopping, "+
		"or another command is at work: try again; "+
		"if a node runs whose socket was removed, start it again", d.Store(), Absolute(d.Socket()))
}

// OldKey reads signing.key, with which earlier releases signed. The error is fs.ErrNotExist if there is none.
func (d Dir) OldKey() (*keyring.Ring, error) {
	return keyring.Load(d.Key(), d.trustedAt(d.Key()))
}

// trustedAt returns the bits of the mode at a path that data_group trusts; none if nothing is there.
func (d Dir) trustedAt(path string) fs.FileMode {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return d.cfg.TrustedBits(info)
}
