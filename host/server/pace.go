package server

import (
	"io"
	"net/http"
	"time"
)

// pace moves a deadline while bytes pass: each BodyRate of them are worth another second.
type pace struct {
	until   time.Time // the deadline if nothing passes
	rate    int       // bytes a second
	passed  int64     // bytes
	counted int64     // what passed was when the deadline last moved
}

// paceStep is how many bytes pass between two moves of the deadline.
const paceStep = 32 << 10

// passes counts n bytes. moved reports whether they move the deadline.
func (p *pace) passes(n int) (deadline time.Time, moved bool) {
	if p.passed += int64(n); p.passed-p.counted < paceStep {
		return time.Time{}, false
	}
	p.counted = p.passed
	return p.until.Add(time.Duration(float64(p.passed) / float64(p.rate) * float64(time.Second))), true
}

// LongAnswer returns a writer for a response to r that may take longer than WriteTimeout, while the client takes it at
// BodyRate.
func LongAnswer(w http.ResponseWriter, r *http.Request) io.Writer {
	c := connectionOf(r)
	if c == nil {
		return w
	}
	limits := &c.of.limits
	return &longAnswer{w, pace{until: time.Now().Add(limits.WriteTimeout), rate: limits.BodyRate}}
}

type longAnswer struct {
	w    http.ResponseWriter
	pace pace
}

func (a *longAnswer) Write(p []byte) (int, error) {
	n, err := a.w.Write(p)
	if deadline, moved := a.pace.passes(n); moved {
		// It fails where there is no connection with a deadline, as with a test's recorder.
		_ = http.NewResponseController(a.w).SetWriteDeadline(deadline)
	}
	return n, err
}
