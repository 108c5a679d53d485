package terminal_test

import (
	"bytes"
	"testing"

	"github.com/edgetoken/edgetoken/host/terminal"
)

// TestScreen: a terminal shows the last text alone, a file has all of them.
func TestScreen(t *testing.T) {
	for name, c := range map[string]struct {
		make func(*bytes.Buffer) *terminal.Screen
		want string
	}{
		"a terminal": {func(b *bytes.Buffer) *terminal.Screen { return terminal.NewScreenAt(b) },
			"\x1b[H\x1b[2Jone\n\x1b[H\x1b[2Jtwo\n"},
		"a file": {func(b *bytes.Buffer) *terminal.Screen { return terminal.NewScreen(b) }, "one\n\ntwo\n"},
	} {
		var out bytes.Buffer
		s := c.make(&out)
		for _, text := range []string{"one\n", "two\n"} {
			if err := s.Draw(text); err != nil {
				t.Fatal(err)
			}
		}
		if out.String() != c.want {
			t.Errorf("%s gets %q, want %q", name, out.String(), c.want)
		}
	}
}
