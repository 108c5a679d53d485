package admin

import (
	"context"
	"io"
	"net/http"
	"strconv"

	httpserver "github.com/edgetoken/edgetoken/host/server"
	"github.com/edgetoken/edgetoken/store/backup"
)

// Download is an answer that is sent as it is, of any length. Whoever gets it closes it.
type Download struct {
	io.ReadCloser
	Size int64 // bytes
}

// send writes the download as a response. Content-Length tells the caller whether all of it has arrived.
func (d Download) send(w http.ResponseWriter) error {
	defer d.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(d.Size, 10))
	return httpserver.Send(w, d)
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
