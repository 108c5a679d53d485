package server

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// A client must take so many bytes of what Send sends within so long, each time.
const (
	sendStep = 32 << 10
	sendTime = time.Minute
)

// Send writes a body of any length to a client that may be slow, but not stuck.
func Send(w http.ResponseWriter, body io.Reader) error {
	for {
		// This fails where no connection has deadlines, as with a handler in this process.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(sendTime))
		if _, err := io.CopyN(w, body, sendStep); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}
