package server

import (
	"net/http"
	"time"
)

// A response that does not need the body of its request does not wait for it. If the rest of a small body has
// arrived, it is read, so that the connection can go on. Otherwise the connection ends after the response: what
// follows may be the body or the next request (some proxies forward Content-Length without the body), so nobody may
// parse it. A client that waits for 100 Continue gets the response instead.

const (
	// arrivedBytes is how much of an unread body is read before the response, in bytes.
	arrivedBytes = 256 << 10
	// arrivedTime is how long that may take. What the client sent with the header is there at once.
	arrivedTime = 10 * time.Millisecond
)

// Settle is called before the response to r is written. If the body was not read and has not arrived, it sets
// Connection: close. It reads nothing if streams is true: then the response is made while it is written, and a read
// that fails would cancel the context that this needs.
func (b *Body) Settle(r *http.Request, header http.Header, streams bool) {
	if b.ended {
		return
	}
	awaited := r.Header.Get("Expect") != "" || r.ContentLength > arrivedBytes
	if !streams && !awaited && b.arrived() {
		return
	}
	header["Connection"] = closed
}

var closed = []string{"close"}

// arrived reads what has arrived, and reports whether that was all the rest.
func (b *Body) arrived() bool {
	until := time.Now().Add(arrivedTime)
	buf := make([]byte, 4<<10)
	for read := 0; read <= arrivedBytes; {
		// Each read sets it again, since the body's pace moves it. Without deadlines a read could block for ever.
		if http.NewResponseController(b.w).SetReadDeadline(until) != nil {
			return false
		}
		n, err := b.Read(buf)
		if read += n; err != nil {
			break
		}
	}
	return b.ended
}

// Leave is called after the response. It keeps net/http from waiting for what has not arrived.
func (b *Body) Leave() {
	if !b.ended {
		_ = http.NewResponseController(b.w).SetReadDeadline(longAgo)
	}
}
