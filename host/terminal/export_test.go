package terminal

import (
	"io"
	"time"
)

// NewProgressAt shows progress on out as if that were a terminal, by a clock of the test.
func NewProgressAt(out io.Writer, what string, size int64, now func() time.Time) *Progress {
	return &Progress{out: out, what: what, size: size, now: now, began: now()}
}

// NewScreenAt makes a Screen on a terminal.
func NewScreenAt(out io.Writer) *Screen { return &Screen{out: out, redraws: true} }
