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

// stalled is how long a caller may take nothing of a Download.
const stalled = time.Minute

// downloadStep is how much of a Download is sent under one deadline, in bytes.
const downloadStep = 1 << 20

// send writes the download as a response. A caller who takes less than all of it notices by its length.
func (d Download) send(w http.ResponseWriter) error {
	defer d.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(d.Size, 10))
	for {
		// It fails where there is no connection with a deadline, as with a handler in this process.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(stalled))
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
	f, err := s.cfg.Store.Backup(ctx, keys)
	if err != nil {
		return Download{}, err
	}
	info, err := f.Stat()
	if err != nil {
		return Download{}, errors.Join(err, f.Close())
	}
	s.cfg.Log.Info("admin: backed up the store", "bytes", info.Size(), "keys", len(keys) > 0)
	return Download{f, info.Size()}, nil
}
