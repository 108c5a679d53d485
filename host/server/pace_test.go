package server_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/server"
)

// deadlines is an answer that records how long it may take.
type deadlines struct {
	http.ResponseWriter
	set []time.Time
}

func (d *deadlines) SetWriteDeadline(t time.Time) error {
	d.set = append(d.set, t)
	return nil
}

// TestLongAnswerHasMoreTime: a long answer gets more time with what was taken of it, and none for nothing.
func TestLongAnswerHasMoreTime(t *testing.T) {
	began := time.Now()
	d := &deadlines{ResponseWriter: httptest.NewRecorder()}
	w := server.PacedAnswer(server.Limits{WriteTimeout: time.Minute, BodyRate: 1 << 10}, d)
	for range 10 {
		if n, err := w.Write(make([]byte, 16<<10)); n != 16<<10 || err != nil {
			t.Fatalf("Write = %d, %v", n, err)
		}
	}
	if len(d.set) != 5 {
		t.Fatalf("%d deadlines for 160 KiB, want one for each 32 KiB", len(d.set))
	}
	for i, at := range d.set {
		least := time.Minute + time.Duration(32*(i+1))*time.Second
		if i > 0 && at.Sub(d.set[i-1]) != 32*time.Second || at.Sub(began) < least {
			t.Errorf("deadline %d is %s after the beginning, want a minute and a second for each KiB", i, at.Sub(began))
		}
	}
}
