package server

import (
	"net/http"
	"time"
)

// A response that does not need the body of its request does not wait for it. If the rest of a small body has
// arrived, it is read, so that the connection can go on. Otherwise the connection ends after the response: what
// follows may be the body or the next request (some proxies pass on Content-Length and no body), so nobody may parse
// it. A client that waits for 100 Continue gets the response instead.

const (
	// arrivedBytes is how much of an unread body is read before an answer, in bytes.
	arrivedBytes = 256 << 10
	// arrivedTime is how long that may take. What was sent with the header takes none of it.
	arrivedTime = 10 * time.Millisecond
)

// Settle is called before the response to r is written. If the body is neither read nor has arrived, it sets
// Connection: close. streams says that the response is made while it is written; a read that fails would cancel the
// context it needs.
func (b *Body) Settle(r *http.Request, header http.Header, streams bool) {
	awaited := r.Header.Get("Expect") != "" || r.ContentLength > arrivedBytes
	if b.ended || !streams && !awaited && b.arrived() {
		return
	}
	header["Connection"] = closed
}

var closed = []string{"close"}

// arrived reads what has arrived and reports whether that was the whole rest.
func (b *Body) arrived() bool {
	until := time.Now().Add(arrivedTime)
	buf := make([]byte, 4<<10)
	for read := 0; read <= arrivedBytes; {
		// The body's pace moves the deadline, so it is set for each read. Without deadlines a read could block for ever.
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

// Leave is called after the response: net/http must not wait for what did not arrive.
func (b *Body) Leave() {
	if !b.ended {
		_ = http.NewResponseController(b.w).SetReadDeadline(longAgo)
	}
}
