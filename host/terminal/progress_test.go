package terminal_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/terminal"
)

func TestProgress(t *testing.T) {
	var screen bytes.Buffer
	at := time.Unix(1_700_000_000, 0)
	p := terminal.NewProgressAt(&screen, "customers", 4000, func() time.Time { return at })
	shows := func(want string) {
		t.Helper()
		if got := screen.String(); got != want {
			t.Errorf("the screen gets %q, want %q", got, want)
		}
		screen.Reset()
	}
	p.Clear()
	shows("")
	at = at.Add(2 * time.Second)
	p.Show(1000, 1000)
	shows("\r\x1b[K 25%  [#####...............]  1000 customers, 500/s")
	at = at.Add(50 * time.Millisecond)
	p.Show(1020, 1020)
	shows("")
	p.Clear()
	shows("\r\x1b[K")
	at = at.Add(1950 * time.Millisecond)
	p.Show(4000, 4100)
	shows("\r\x1b[K100%  [####################]  4000 customers, 1000/s")

	p = terminal.NewProgressAt(&screen, "tokens", 0, func() time.Time { return at })
	p.Show(0, 7)
	shows("\r\x1b[K0 tokens, 0/s")

	p = terminal.NewProgress(&screen, "customers", 4000)
	p.Show(1, 1)
	p.Clear()
	shows("")
}
