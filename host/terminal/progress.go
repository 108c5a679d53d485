package terminal

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Progress shows on a terminal how far a long command has come, in a line that is drawn again in its place. Elsewhere
// it shows nothing.
//
//	52%  [##########..........]  523000 customers, 48000/s
type Progress struct {
	out   io.Writer // nil: nothing is shown
	what  string
	size  int64
	now   func() time.Time
	began time.Time
	drawn time.Time // when the line was drawn last; zero: it is not on the screen
}

// NewProgress shows progress on out where that is a terminal. what is counted, and size is how many bytes there are to
// read; 0: nobody knows.
func NewProgress(out io.Writer, what string, size int64) *Progress {
	p := &Progress{what: what, size: size, now: time.Now}
	if isTerminal(out) {
		p.out = out
	}
	p.began = p.now()
	return p
}

const (
	drawEvery = time.Second / 10
	barWidth  = 20
)

// Show says how many were done, of which so many bytes were read. It draws ten times a second at most.
func (p *Progress) Show(done int, read int64) {
	now := p.now()
	if p.out == nil || now.Sub(p.drawn) < drawEvery {
		return
	}
	p.drawn = now
	line := fmt.Sprintf("%d %s, %.0f/s", done, p.what, float64(done)/max(now.Sub(p.began).Seconds(), 1e-3))
	if p.size > 0 {
		share := min(float64(read)/float64(p.size), 1)
		full := int(share * barWidth)
		line = fmt.Sprintf("%3.0f%%  [%s%s]  %s", 100*share, strings.Repeat("#", full),
			strings.Repeat(".", barWidth-full), line)
	}
	fmt.Fprint(p.out, "\r\x1b[K"+line)
}

// Clear takes the line off the screen: before something else is printed, and at the end.
func (p *Progress) Clear() {
	if p.out != nil && !p.drawn.IsZero() {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.drawn = time.Time{}
	}
}
