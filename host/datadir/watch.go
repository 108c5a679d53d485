package datadir

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"time"
)

// lookEvery is how often the files are looked at.
const lookEvery = time.Minute

// Watch notices when a file disappears that a running node does not read again: the node would go on without it. The
// store watches its own file.
type Watch struct {
	dir    Dir
	socket fs.FileInfo // as it was opened
	secret bool        // the node's own secret is in use
	said   map[string]string
}

// NewWatch watches a directory whose admin socket is open.
func NewWatch(dir Dir) (*Watch, error) {
	socket, err := os.Lstat(dir.Socket())
	if err != nil {
		return nil, err
	}
	_, err = os.Stat(dir.Secret())
	return &Watch{dir: dir, socket: socket, secret: err == nil && dir.ownSecret()}, nil
}

// Run looks every minute until ctx ends.
func (w *Watch) Run(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			w.look(log)
		case <-ctx.Done():
			return
		}
	}
}

// look logs a file that is gone, once until it is back.
func (w *Watch) look(log *slog.Logger) {
	gone := w.gone()
	for name, what := range gone {
		if w.said[name] == "" {
			log.Error(what, "file", name, "data", w.dir.String())
		}
	}
	w.said = gone
}

// gone says what is missing, and what to do, by file.
func (w *Watch) gone() map[string]string {
	list := map[string]string{}
	if info, err := os.Lstat(w.dir.Socket()); err != nil || !os.SameFile(info, w.socket) {
		list["admin.sock"] = "the admin socket was removed or replaced: commands cannot reach this node any more; " +
			"start it anew"
	}
	if _, err := os.Stat(w.dir.Secret()); err != nil && w.secret {
		list["keys.secret"] = "the node secret is gone or cannot be read: the node goes on with it, but the next " +
			"start could not open the keys in the store; put it back from where you keep it before that"
	}
	return list
}
