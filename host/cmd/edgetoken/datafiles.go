package main

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"time"
)

// lookEvery is the time between two looks at the files of the data directory.
const lookEvery = time.Minute

// dataFiles are those of a running node that it does not read again by itself, so that it would go on without them.
// The store looks after its own.
type dataFiles struct {
	dir    dataDir
	socket fs.FileInfo // as it was opened
	ownKey func() bool // whether the key that signs lies in the directory
	said   map[string]string
}

// gone says what is missing, and what to do, by file.
func (f *dataFiles) gone() map[string]string {
	list := map[string]string{}
	if info, err := os.Lstat(f.dir.socket()); err != nil || !os.SameFile(info, f.socket) {
		list["admin.sock"] = "the admin socket was removed or replaced: commands cannot reach this node any more; start it anew"
	}
	if _, err := os.Stat(f.dir.key()); err != nil && f.ownKey() {
		list["signing.key"] = "the signing key is gone or cannot be read: the node goes on with it, but the next start would make another and refuse every token; " +
			"put it back from a backup before that"
	}
	return list
}

// look says in the log what is gone, once until it is back.
func (f *dataFiles) look(log *slog.Logger) {
	gone := f.gone()
	for name, what := range gone {
		if f.said[name] == "" {
			log.Error(what, "file", name, "data", f.dir.String())
		}
	}
	f.said = gone
}

// watch looks at each tick until ctx ends.
func (f *dataFiles) watch(ctx context.Context, log *slog.Logger, tick <-chan time.Time) {
	for {
		select {
		case <-tick:
			f.look(log)
		case <-ctx.Done():
			return
		}
	}
}
