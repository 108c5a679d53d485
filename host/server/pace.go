package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// paceStep is how many bytes of a body are read between two looks at its pace.
const paceStep = 32 << 10

// paced gives long bodies more time than ReadTimeout, as long as they arrive at BodyRate; and once a body is there,
// its request all the time that the answer may take: the server would take the end of ReadTimeout for a client that
// is gone.
func (l Limits) paced(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == http.NoBody {
			connectionOf(r).wasRead()
		} else {
			r = withBody(r, &pacedBody{ReadCloser: r.Body, limits: l, of: connectionOf(r), control: http.NewResponseController(w), began: time.Now()})
		}
		next.ServeHTTP(w, r)
	})
}

type pacedBody struct {
	io.ReadCloser
	limits  Limits
	of      *connection
	control *http.ResponseController
	began   time.Time
	read    int64
	looked  int64 // read, when the deadline was last set
}

func (b *pacedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	// An error of the controller says that there is no connection with a deadline: a test's recorder.
	switch {
	case errors.Is(err, io.EOF):
		b.of.wasRead()
		_ = b.control.SetReadDeadline(time.Time{})
	case b.read-b.looked >= paceStep:
		b.looked = b.read
		_ = b.control.SetReadDeadline(b.began.Add(b.limits.ReadTimeout + time.Duration(b.read)*time.Second/time.Duration(b.limits.BodyRate)))
	}
	return n, err
}

// limitsKey is where the context of a connection has the limits of its server.
type limitsKey struct{}

// LongAnswer writes an answer that may take longer than WriteTimeout, as long as it is taken at BodyRate.
func LongAnswer(ctx context.Context, w http.ResponseWriter) io.Writer {
	limits, served := ctx.Value(limitsKey{}).(Limits)
	if !served {
		return w
	}
	return &pacedAnswer{Writer: w, limits: limits, control: http.NewResponseController(w), began: time.Now()}
}

type pacedAnswer struct {
	io.Writer
	limits  Limits
	control *http.ResponseController
	began   time.Time
	written int64
	looked  int64 // written, when the deadline was last set
}

func (a *pacedAnswer) Write(p []byte) (int, error) {
	n, err := a.Writer.Write(p)
	if a.written += int64(n); a.written-a.looked >= paceStep {
		a.looked = a.written
		_ = a.control.SetWriteDeadline(a.began.Add(a.limits.WriteTimeout + time.Duration(a.written)*time.Second/time.Duration(a.limits.BodyRate)))
	}
	return n, err
}
