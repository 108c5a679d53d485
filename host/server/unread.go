package server

import (
	"errors"
	"io"
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

// Body is the body of a request that knows whether it was read to its end.
type Body struct {
	io.ReadCloser
	control *http.ResponseController
	ended   bool // all of it was read
}

// Receive returns r with a body of at most limit bytes. It returns a copy of r: net/http looks at the body of its own
// request to learn what was left unread.
func Receive(w http.ResponseWriter, r *http.Request, limit int64) (*http.Request, *Body) {
	if r.Body == nil || r.Body == http.NoBody {
		return r, noBody
	}
	body := &Body{ReadCloser: http.MaxBytesReader(w, r.Body, limit), control: http.NewResponseController(w)}
	return withBody(r, body), body
}

// noBody is a body that is all read.
var noBody = &Body{ended: true}

// withBody is r with another body.
func withBody(r *http.Request, body io.ReadCloser) *http.Request {
	changed := *r
	changed.Body = body
	return &changed
}

func (b *Body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || errors.Is(err, io.EOF)
	return n, err
}

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
		// A paced body moves the deadline, so it is set for each read. Without deadlines a read could block for ever.
		if b.control.SetReadDeadline(until) != nil {
			return false
		}
		n, err := b.Read(buf)
		if read += n; err != nil {
			break
		}
	}
	if b.ended {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return b.ended
}

// Leave is called after the response: net/http must not wait for what did not arrive.
func (b *Body) Leave() {
	if !b.ended {
		_ = b.control.SetReadDeadline(LongAgo)
	}
}
