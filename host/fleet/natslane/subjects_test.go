//go:build !nofleet

package natslane

import (
	"strings"
	"testing"
)

// FuzzAsker: a place for answers that is accepted is the asker's own, and the answerer may publish there.
func FuzzAsker(f *testing.F) {
	for _, reply := range []string{"et.f.inbox.2.1.x", "et.f.inbox.2.1.", "et.f.inbox.02.1.x", "et.f.inbox..1.x", "",
		"et.f.inbox.2.13.x", "et.f.inbox.65536.1.x", "et.f.inbox.+2.1.x", "et.f.log", "et.g.inbox.2.1.x"} {
		f.Add(reply, uint16(1))
	}
	s, err := newSubjects("f")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, reply string, answerer uint16) {
		asker, ok := s.asker(reply, answerer)
		if ok && !strings.HasPrefix(reply, s.answersOf(asker, answerer)) {
			t.Errorf("asker(%q, %d) = %d", reply, answerer, asker)
		}
	})
}

func TestNumberOfSubject(t *testing.T) {
	for subject, want := range map[string]uint16{"et.f.up.7": 7, "et.f.up.16383": 16383} {
		if n, ok := number(subject); !ok || n != want {
			t.Errorf("number(%q) = %d, %v", subject, n, ok)
		}
	}
	for _, subject := range []string{"et.f.up.65536", "et.f.up.x", "et.f.up.-1", "et.f.up."} {
		if n, ok := number(subject); ok {
			t.Errorf("number(%q) = %d", subject, n)
		}
	}
}
