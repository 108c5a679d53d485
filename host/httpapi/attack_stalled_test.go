package httpapi_test

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/server"
	"github.com/edgetoken/edgetoken/host/server/servertest"
)

// waitFor waits until something is so.
func waitFor(t *testing.T, so func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come to that")
		}
	}
}

// manyShortFields are so many bytes of a header whose fields are as short as can be: in memory they take twenty times
// as much.
func manyShortFields(bytes int) string {
	var b strings.Builder
	for i := 0; b.Len() < bytes; i++ {
		fmt.Fprintf(&b, "%x:\r\n", i)
	}
	return b.String()
}

// serveShop serves a shop as a node does, and gives its address.
func serveShop(t *testing.T, limits server.Limits, change func(*node.Config, *httpapi.Config)) (*shop, string) {
	t.Helper()
	s := openShop(t, change)
	address := servertest.Serve(t, limits, s.Config.Handler.ServeHTTP)
	s.URL = "http://" + address
	return s, address
}

// TestAttackStalled has many connections send part of what they announce, or read nothing of what they asked for, in
// each way there is. What they hold stays within its bound, and nobody who sends what it says is refused for it.
func TestAttackStalled(t *testing.T) {
	const connections, bodyMemory, headerMemory = 150, 2 << 20, 16 << 20
	head := "POST /auth/token/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
	short, megabyte := strings.Repeat(" ", 60<<10), strings.Repeat(" ", 1<<20)
	for name, sent := range map[string]string{
		"short bodies with a length": head + "Content-Length: 61441\r\n\r\n" + short,
		"short bodies in chunks":     head + "Transfer-Encoding: chunked\r\n\r\nf000\r\n" + short,
		"bodies of a KiB":            head + "Content-Length: 3000\r\n\r\n" + short[:1<<10],
		"large bodies":               head + "Content-Length: 3000000\r\n\r\n" + megabyte,
		"forms": strings.Replace(head, "application/json", "application/x-www-form-urlencoded",
			1) + "Content-Length: 61441\r\n\r\n" + short,
		"short fields before a body":     head + manyShortFields(40<<10) + "Content-Length: 10\r\n\r\n ",
		"short fields, header unended":   head + manyShortFields(60<<10),
		"one long field, header unended": head + "X: " + short,
		"answers of 50 KiB unread":       strings.Repeat("GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n", 200),
	} {
		t.Run(name, func(t *testing.T) {
			// Nobody is ended for being slow while the test looks.
			limits := server.Limits{HeaderMemory: headerMemory, HeaderTimeout: 2 * time.Minute,
				ReadTimeout: 2 * time.Minute}
			s, address := serveShop(t, limits, func(_ *node.Config, h *httpapi.Config) {
				h.MaxBody, h.BodyMemory, h.Log = 2_000_000, bodyMemory, slog.New(slog.DiscardHandler)
			})
			s.login(t)
			before := liveHeap()
			var all sync.WaitGroup
			var conns []net.Conn
			for range connections {
				c := servertest.Dial(t, address)
				conns = append(conns, c.Conn)
				all.Go(func() { c.Send(sent) })
			}
			for range 20 {
				s.login(t)
			}
			if !strings.Contains(name, "unread") {
				all.Wait() // each has sent all that it will, or was ended
			}
			for range 20 {
				s.login(t)
			}
			// what was sent is read by and by
			for last := int64(-1); last != httpapi.Memory(s.Config.Handler).Taken; time.Sleep(100 * time.Millisecond) {
				last = httpapi.Memory(s.Config.Handler).Taken
			}
			most := int64(bodyMemory + connections*32<<10)
			if strings.Contains(name, "unended") {
				most += headerMemory
			}
			more := liveHeap() - before
			for end := time.Now().Add(30 * time.Second); more > most &&
				time.Now().Before(end); more = liveHeap() - before {
				time.Sleep(100 * time.Millisecond) // those that were ended let go of what they held by and by
			}
			if more > most {
				t.Errorf("%d connections hold %d KiB, want at most %d", connections, more>>10, most>>10)
			}
			for _, c := range conns {
				_ = c.Close()
			}
			all.Wait()
		})
	}
}

// TestStalledBodyIsToldSo: the body that stalled longest ends, with a 503, and no other one.
func TestStalledBodyIsToldSo(t *testing.T) {
	s, address := serveShop(t, server.Limits{}, func(_ *node.Config, h *httpapi.Config) {
		h.MaxBody, h.BodyMemory = 100<<10, 250<<10
	})
	part := "POST /auth/token/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
		"100000\r\n\r\n" + strings.Repeat(" ", 60<<10)
	var stalled []servertest.Conn
	for i := range 3 { // each takes 64 KiB, and one more has no room
		c := servertest.Dial(t, address)
		c.Send(part)
		stalled = append(stalled, c)
		waitFor(t, func() bool {
			return httpapi.Memory(s.Config.Handler).Stalled == i+1 &&
				httpapi.Memory(s.Config.Handler).Taken == int64(i+1)*64<<10
		})
	}
	s.login(t)
	last := servertest.Dial(t, address)
	last.Send(part)
	if status := stalled[0].Status(); status != http.StatusServiceUnavailable {
		t.Errorf("the body that stalled longest = %d, want 503", status)
	}
	if _, err := io.Copy(io.Discard, stalled[0]); err != nil {
		t.Errorf("its connection = %v, want its end", err)
	}
	for i, c := range append(stalled[1:], last) {
		c.Send(strings.Repeat(" ", 100_000-60<<10))
		if status := c.Status(); status != http.StatusBadRequest {
			t.Errorf("body %d, which had the time to come = %d, want 400 for what is no JSON", i+1, status)
		}
	}
}

// TestAttackUnreadShortAnswers: an answer that is short holds the header that it answers, of very many fields, until
// it is taken; a preflight, which the handler of CORS answers, too.
func TestAttackUnreadShortAnswers(t *testing.T) {
	for _, path := range []string{"/healthz", "/auth/check/", "/auth/token/", "/nowhere/"} {
		for _, method := range []string{"GET", "OPTIONS"} {
			s := openShop(t, func(_ *node.Config, h *httpapi.Config) {
				h.MaxBody, h.BodyMemory, h.CORS = 100_000, 500_000,
					browser.CORS{Origins: []string{"https://app.example"}}
			})
			ask := func(w http.ResponseWriter) {
				request := httptest.NewRequestWithContext(t.Context(), method, path, nil)
				request.Header = http.Header{"Origin": {"https://app.example"},
					"Access-Control-Request-Method": {"POST"}}
				for i := range 3000 { // some 300 KB
					request.Header[fmt.Sprintf("%x", i)] = []string{""}
				}
				s.Config.Handler.ServeHTTP(w, request)
			}
			unread := newSlowReader()
			var all sync.WaitGroup
			all.Go(func() { ask(unread) })
			<-unread.began
			if taken := httpapi.Memory(s.Config.Handler).Taken; taken < 250_000 {
				t.Errorf("%s %s: %d bytes are held while the answer is unread, want those of its header", method, path,
					taken)
				close(unread.let)
			} else {
				ask(httptest.NewRecorder())
				<-unread.ended
			}
			all.Wait()
			if taken := httpapi.Memory(s.Config.Handler).Taken; taken != 0 {
				t.Errorf("%s %s: %d bytes are still held", method, path, taken)
			}
		}
	}
}
