package join_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/join"
	"github.com/edgetoken/edgetoken/host/fleet/lane/linktls"
)

// TestStrangersSendHalfARequest: requests whose bodies never come keep nobody else from joining.
func TestStrangersSendHalfARequest(t *testing.T) {
	x := newThief(t)
	config, err := linktls.Stranger(x.fleet.HubKey[:])
	if err != nil {
		t.Fatal(err)
	}
	for range 6 {
		c, err := tls.Dial("tcp", x.address, config)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		begun := &held{begun: make(chan struct{}, 1), goOn: make(chan struct{})}
		x.holds.Store(begun)
		close(begun.goOn)
		fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: hub\r\nContent-Length: 100\r\n\r\n{", join.JoinPath)
		for x.holds.Load() != nil { // until the handler has the request
			time.Sleep(time.Millisecond)
		}
	}
	x.soundJoins()
}

// deadlines is a writer of a connection that notes the deadlines of its reader.
type deadlines struct {
	*httptest.ResponseRecorder
	read []time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error {
	d.read = append(d.read, at)
	return nil
}

// TestStrangersSendSlowly: a body has its time, and what follows on the connection has none of it.
func TestStrangersSendSlowly(t *testing.T) {
	x := newThief(t)
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	x.answers.ServeHTTP(w, httptest.NewRequest(http.MethodPost, join.JoinPath, strings.NewReader("{}")))
	if len(w.read) != 2 || time.Until(w.read[0]) > time.Minute || !w.read[1].IsZero() {
		t.Errorf("the deadlines of a body are %v", w.read)
	}
}

// TestAStrangerAsksAllTheTime: it takes nothing of what the hub has for others.
func TestAStrangerAsksAllTheTime(t *testing.T) {
	x := newThief(t)
	asks := func(from string) int {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, join.JoinPath, strings.NewReader("{}"))
		r.RemoteAddr = from
		x.answers.ServeHTTP(w, r)
		return w.Code
	}
	for range 1000 {
		asks("192.0.2.1:1000")
	}
	for i := range 100 {
		if status := asks(fmt.Sprintf("198.51.100.%d:1000", i)); status != http.StatusBadRequest {
			t.Fatalf("client %d, which asks for the first time: %d", i, status)
		}
	}
}
