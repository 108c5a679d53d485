package service

import (
	"log/slog"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
)

// keyLost warns of a new key beside the store of an earlier run.
const keyLost = "made a new signing key, although there was a store already: tokens of an earlier key are refused; if there was one, restore signing.key from a backup"

// logMade says what a start made in the data directory besides a key, given what was there before, and what others
// may do with it. It comes before anything can fail: the next start finds the new store and has nothing to say.
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

// logKey says which key signs, and whether a start made it. issued says whether the store ever gave tokens out.
func logKey(log *slog.Logger, cfg *config.Config, before datadir.Contents, issued bool, keys core.KeySet) {
	dir := datadir.Of(cfg)
	if cfg.SigningKey.IsSet() {
		if file := cfg.SigningKey.File(); file != "" {
			log.Info("SIGNING_KEY_FILE signs", "path", datadir.Absolute(file), "algorithm", cfg.Algorithm)
		} else {
			log.Info("SIGNING_KEY signs", "from", cfg.Origin("simple_jwt.SIGNING_KEY").String(), "algorithm", cfg.Algorithm)
		}
		return
	}
	switch {
	case !before.Key && before.Store && issued:
		log.Warn(keyLost, "path", dir.Key())
	case !before.Key:
		log.Info("made a new signing key", "path", dir.Key())
	}
	key := keys.Keys[keys.SigningAt(time.Now())]
	about := []any{"kid", key.ID, "algorithm", cfg.Algorithm, "path", dir.Key()}
	if key.NotAfter != 0 {
		about = append(about, "ends", time.Unix(key.NotAfter, 0).UTC().Format(time.RFC3339))
	}
	log.Info("the key of the data directory signs", about...)
}
