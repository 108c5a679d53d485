package server

import (
	"errors"
	"io"
	"math"
	"net/http"
	"time"
)

// Body is the body of a request. It bounds its length, may take longer than ReadTimeout while it arrives at BodyRate,
// and knows whether it was read to its end.
type Body struct {
	sent  io.ReadCloser       // net/http's own
	w     http.ResponseWriter // sets the deadlines
	of    *connection         // nil if the request did not arrive through a Server
	pace  pace
	limit int64 // in bytes
	left  int64 // of limit; negative: the body is longer
	ended bool  // it was read to its end
	err   error // of the last Read; after one, all fail alike
}

// noBody stands for no body: it was read to its end.
var noBody = &Body{ended: true}

// Receive returns r with a body of at most limit bytes, and that body. Reading a longer one fails with an
// *http.MaxBytesError. The caller calls Settle before the response, and Leave after it.
func Receive(w http.ResponseWriter, r *http.Request, limit int64) (*http.Request, *Body) {
	if r.Body == nil || r.Body == http.NoBody {
		return r, noBody
	}
	body, ok := r.Body.(*Body)
	if !ok {
		r, body = withBody(w, r)
	}
	body.limit, body.left = limit, limit
	return r, body
}

// withBody returns a copy of r with a Body. r itself stays as it is: net/http looks there for what was left unread.
func withBody(w http.ResponseWriter, r *http.Request) (*http.Request, *Body) {
	both := &struct {
		request http.Request
		body    Body
	}{*r, Body{sent: r.Body, w: w, limit: math.MaxInt64, left: math.MaxInt64}}
	both.request.Body = &both.body
	return &both.request, &both.body
}

// handler gives the bodies of next's requests their pace and their connection.
func (l *connections) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := connectionOf(r)
		if r.Body == http.NoBody {
			c.wasRead()
		} else {
			var body *Body
			r, body = withBody(w, r)
			body.of, body.pace = c, pace{until: time.Now().Add(l.limits.ReadTimeout), rate: l.limits.BodyRate}
		}
		next.ServeHTTP(w, r)
	})
}

// Read implements io.Reader. An error stays: net/http gives io.EOF after the error of a body that is cut off.
func (b *Body) Read(p []byte) (n int, err error) {
	if b.err == nil {
		n, b.err = b.read(p)
	}
	return n, b.err
}

func (b *Body) read(p []byte) (int, error) {
	if int64(len(p))-1 > b.left {
		p = p[:b.left+1] // one byte more shows that the body is too long
	}
	n, err := b.sent.Read(p)
	b.left -= int64(n)
	if errors.Is(err, io.EOF) {
		b.of.wasRead()
		b.ended = b.left >= 0
	} else if b.of != nil {
		if deadline, moved := b.pace.passes(n); moved {
			_ = http.NewResponseController(b.w).SetReadDeadline(deadline)
		}
	}
	if b.left < 0 {
		return n - 1, &http.MaxBytesError{Limit: b.limit}
	}
	return n, err
}

// Close implements io.Closer.
func (b *Body) Close() error { return b.sent.Close() }
