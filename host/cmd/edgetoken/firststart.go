package main

import (
	"log/slog"
	"os"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/config"
)

// contents is what a data directory holds.
type contents struct{ dir, store, key bool }

func (d dataDir) contents() contents {
	has := func(path string) bool {
		_, err := os.Lstat(path)
		return err == nil
	}
	return contents{dir: has(d.String()), store: has(d.store()), key: has(d.key())}
}

// What is made beside a file of an earlier run hints at a loss.
const (
	storeLost = "made a new store, although there was a signing key already: if there were customers, restore store.db from a backup"
	keyLost   = "made a new signing key, although there was a store already: tokens of an earlier key are refused; if there was one, restore signing.key from a backup"
)

// logMade says what a start made in the data directory besides a key, given what was there before, and what others
// may do with it. It comes before anything can fail: the next start finds the new store and has nothing to say.
func logMade(log *slog.Logger, cfg *config.Config, before contents) {
	dir := dataDir(cfg.Data)
	for _, w := range dir.warnings(cfg) {
		log.Warn(w)
	}
	if !before.dir {
		log.Info("made a new data directory", "path", dir.String())
	}
	switch {
	case !before.store && before.key:
		log.Warn(storeLost, "path", dir.store())
	case !before.store:
		log.Info("made a new store", "path", dir.store())
	}
}

// logKey says which key signs, and whether a start made it. issued says whether the store ever gave tokens out.
func logKey(log *slog.Logger, cfg *config.Config, before contents, issued bool, keys core.KeySet) {
	dir := dataDir(cfg.Data)
	if cfg.SigningKey.IsSet() {
		if file := cfg.SigningKey.File(); file != "" {
			log.Info("SIGNING_KEY_FILE signs", "path", absolute(file), "algorithm", cfg.Algorithm)
		} else {
			log.Info("SIGNING_KEY signs", "from", cfg.Origin("simple_jwt.SIGNING_KEY").String(), "algorithm", cfg.Algorithm)
		}
		return
	}
	switch {
	case !before.key && before.store && issued:
		log.Warn(keyLost, "path", dir.key())
	case !before.key:
		log.Info("made a new signing key", "path", dir.key())
	}
	key := keys.Keys[keys.Signing]
	about := []any{"kid", key.ID, "algorithm", cfg.Algorithm, "path", dir.key()}
	if key.NotAfter != 0 {
		about = append(about, "ends", time.Unix(key.NotAfter, 0).UTC().Format(time.RFC3339))
	}
	log.Info("the key of the data directory signs", about...)
}
