package terminal

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Screen shows a text that changes: on a terminal each in the place of the one before, elsewhere one after the other.
type Screen struct {
	out     io.Writer
	redraws bool
	drawn   bool
}

// NewScreen makes a Screen.
func NewScreen(out io.Writer) *Screen {
	return &Screen{out: out, redraws: isTerminal(out)}
}

func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Draw shows a text of whole lines.
func (s *Screen) Draw(text string) error {
	switch {
	case s.redraws:
		text = "\x1b[H\x1b[2J" + text // cursor home, clear (ECMA-48 §8.3.21, §8.3.39)
	case s.drawn:
		text = "\n" + text
	}
	s.drawn = true
	_, err := io.WriteString(s.out, text)
	return err
}
