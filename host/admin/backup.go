package admin

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/edgetoken/edgetoken/store/backup"
)

// Download is an answer that is sent as it is, of any length. Whoever gets it closes it.
type Download struct {
	io.ReadCloser
	Size int64 // bytes
}

// A caller must take so many bytes of a Download within so long, each time.
const (
	downloadStep = 32 << 10
	stepTime     = time.Minute
)

// send writes the download as a response. Content-Length tells the caller whether all of it has arrived.
func (d Download) send(w http.ResponseWriter) error {
	defer d.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(d.Size, 10))
	for {
		// This fails where no connection has deadlines, as with a handler in this process.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(stepTime))
		if _, err := io.CopyN(w, d, downloadStep); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

// backup makes a backup of the store. sealed are the sealed keys that go with it; empty: none.
func (s *server) backup(ctx context.Context, _ None, sealed Stream) (Download, error) {
	keys, err := io.ReadAll(io.LimitReader(sealed, backup.MaxKeys+1))
	if err != nil {
		return Download{}, err
	}
	b, err := s.cfg.Store.Backup(ctx, keys)
	if err != nil {
		return Download{}, err
	}
	s.cfg.Log.Info("admin: backed up the store", "bytes", b.Size, "keys", len(keys) > 0)
	return Download{b, b.Size}, nil
}
