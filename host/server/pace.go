package server

import (
	"io"
	"net/http"
	"time"
)

// pace moves the deadline of what is sent or taken: each BodyRate bytes are worth a second more.
type pace struct {
	until   time.Time // the deadline where nothing passes
	rate    int       // bytes a second
	passed  int64     // bytes
	counted int64     // passed, when the deadline was last moved
}

// paceStep is how many bytes pass between two moves of the deadline.
const paceStep = 32 << 10

// passes counts n bytes. moved says that the deadline is another one now.
func (p *pace) passes(n int) (deadline time.Time, moved bool) {
	if p.passed += int64(n); p.passed-p.counted < paceStep {
		return time.Time{}, false
	}
	p.counted = p.passed
	return p.until.Add(time.Duration(float64(p.passed) / float64(p.rate) * float64(time.Second))), true
}

// LongAnswer writes an answer to r that may take longer than WriteTimeout, as long as it is taken at BodyRate.
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
		// An error says that there is no connection with a deadline: a test's recorder.
		_ = http.NewResponseController(a.w).SetWriteDeadline(deadline)
	}
	return n, err
}
