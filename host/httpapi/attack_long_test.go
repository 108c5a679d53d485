package httpapi_test

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admission"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/throttle"
)

// liveHeap is what the heap holds once all that nobody holds is gone, in bytes.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestAttackLongCredentials sends what is too long to be anybody's: it costs a hash and is answered as an unknown
// customer is, none of them keeps alive what it was sent while it waits, nor keeps others from being read, and
// nothing of it stays.
func TestAttackLongCredentials(t *testing.T) {
	const waiting, megabyte = 12, 1 << 20
	long := strings.Repeat("x", megabyte)
	for _, c := range []struct{ name, email, password string }{
		{"an address", long + "@example.com", "right"},
		{"an address one byte too long", strings.Repeat("x", 1025-len("@example.com")) + "@example.com", "right"},
		{"a known address with more behind it", "ana@example.com" + long, "right"},
		{"a password", "ana@example.com", long},
		{"the right password with more behind it", "ana@example.com", "right" + long},
		{"both", long, long},
	} {
		t.Run(c.name, func(t *testing.T) {
			hashing, err := admission.New(admission.Config{Workers: 1, Queue: 2 * waiting})
			if err != nil {
				t.Fatal(err)
			}
			s := openShop(t, func(n *node.Config, h *httpapi.Config) {
				n.Hashing = hashing
				h.Throttles.Account = throttle.Rate{Requests: 1000, Period: time.Hour}
			})
			unknown, wanted := s.post(t, "/auth/token/", `{"email":"nobody@example.com","password":"right"}`)
			sent := `{"email":"` + c.email + `","password":"` + c.password + `"}`
			before, hashes := liveHeap(), hashing.Stats().Done
			began, release := make(chan struct{}), make(chan struct{})
			var all sync.WaitGroup
			all.Go(func() {
				_ = hashing.Do(context.Background(), admission.Work{}, func() { close(began); <-release })
			})
			<-began
			for range waiting {
				all.Go(func() {
					answer, body := s.post(t, "/auth/token/", sent)
					if answer.StatusCode != unknown.StatusCode || body != wanted ||
						answer.StatusCode != http.StatusUnauthorized {
						t.Errorf("%d %.80s, want what an unknown customer gets: %d %s", answer.StatusCode, body,
							unknown.StatusCode, wanted)
					}
				})
			}
			for hashing.Stats().Waiting < waiting {
				time.Sleep(time.Millisecond)
			}
			if more := liveHeap() - before; more > waiting*megabyte/2 {
				t.Errorf("%d of them keep %d KiB alive while they wait", waiting, more>>10)
			}
			close(release)
			all.Wait()
			s.CloseClientConnections()
			if more := liveHeap() - before; more > megabyte {
				t.Errorf("%d of them keep %d KiB alive", waiting, more>>10)
			}
			if done := hashing.Stats().Done - hashes; done != waiting+1 {
				t.Errorf("%d passwords were hashed, want one for each of %d", done-1, waiting)
			}
		})
	}
}

// TestAttackLongForm is the same by the form of the page, which shows what it was sent.
func TestAttackLongForm(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		b := openShop(t, speaking(version, wire)).browser()
		long := strings.Repeat("x", 2_400_000)
		for _, email := range []string{"nobody@example.com", long, "ana@example.com" + long} {
			b.ask(t, "GET", "/auth/login/", "")
			answer, page := b.submitParts(t, "/auth/login/", "username="+email, "password=right")
			if answer.StatusCode != http.StatusOK ||
				!strings.Contains(page, "Please enter a correct email address and password.") || len(page) > 64<<10 {
				t.Errorf("an address of %d bytes: %d with a page of %d bytes", len(email), answer.StatusCode, len(page))
			}
		}
	})
}
