package httpapi

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// A refusal does not wait for the body of its request: it is written at once. A small body that has arrived by then is read, so that
// the connection can go on. Where it has not, the connection ends after the answer, since nobody knows where the next request would begin: what
// comes next may be the body, or not (a proxy that passes on Content-Length and no body). Who waits for 100 Continue gets the answer
// instead of it.

const (
	// arrivedBytes is how much of an unread body is read before an answer, in bytes.
	arrivedBytes = 256 << 10
	// arrivedTime is how long that may take. What was sent with the header takes none of it.
	arrivedTime = 10 * time.Millisecond
)

// incoming is the body of a request, with what has been read of it.
type incoming struct {
	io.ReadCloser
	control *http.ResponseController
	begun   bool // somebody asked for bytes
	ended   bool // there are no more
}

// receive gives r with a body of at most limit bytes. The request is a copy: by the body of its own one net/http knows what was not read.
func receive(w http.ResponseWriter, r *http.Request, limit int64) (*http.Request, *incoming) {
	if r.Body == nil || r.Body == http.NoBody {
		return r, noBody
	}
	body := &incoming{ReadCloser: http.MaxBytesReader(w, r.Body, limit), control: http.NewResponseController(w)}
	return withBody(r, body), body
}

// noBody is a body that is all read.
var noBody = &incoming{ended: true}

// withBody is r with another body.
func withBody(r *http.Request, body io.ReadCloser) *http.Request {
	changed := *r
	changed.Body = body
	return &changed
}

func (b *incoming) Read(p []byte) (int, error) {
	b.begun = true
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || errors.Is(err, io.EOF)
	return n, err
}

// settle is called before the answer to r is written. Where the body is not all read and has not all arrived, it makes header end the connection.
// streams: the answer is made while it is written, by what a failing read would end.
func (b *incoming) settle(r *http.Request, header http.Header, streams bool) {
	awaited := r.Header.Get("Expect") != "" || r.ContentLength > arrivedBytes
	if b.ended || !streams && !awaited && b.arrived() {
		return
	}
	header["Connection"] = closed
}

var closed = []string{"close"}

// arrived reads what has arrived, and reports whether that was all.
func (b *incoming) arrived() bool {
	until := time.Now().Add(arrivedTime)
	buf := make([]byte, 4<<10)
	for read := 0; read <= arrivedBytes; {
		// Each time, since a body that is paced sets deadlines of its own. Without deadlines a read could wait for ever.
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

// leave is called after the answer: what did not arrive is not waited for.
func (b *incoming) leave() {
	if !b.ended {
		_ = b.control.SetReadDeadline(time.Unix(1, 0))
	}
}
