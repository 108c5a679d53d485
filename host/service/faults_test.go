package service_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/service/servicetest"
	"github.com/edgetoken/edgetoken/testdata/faultdisk"
)

// TestFaultyDisk has the first, second, … write, truncation or sync of each change fail, until one succeeds without
// it, over HTTP and the admin socket. A change is acknowledged or answered with 503 and Retry-After; what was
// acknowledged, to whomever, holds; and the next attempt succeeds (R9).
func TestFaultyDisk(t *testing.T) {
	if faultdisk.Rerun(t) {
		return
	}
	n := startNode(t, "native")
	n.Admin(t, "POST", "/groups", http.StatusOK, `{"name": "editors", "permissions": ["a.b"]}`)
	for name, prepare := range changes {
		for _, failures := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d in a row", name, failures), func(t *testing.T) { n.breaks(t, prepare, failures) })
		}
	}
}

// breaks has the disk fail in all places.
func (n *node) breaks(t *testing.T, prepare func(*testing.T, *node) change, failures int) {
	for at := 1; ; at++ {
		c := prepare(t, n)
		var asked sync.WaitGroup
		var seen sync.Map // what somebody else was told meanwhile that rests on the change
		d := &failing{at: at, failures: failures, meanwhile: func() {
			done := make(chan struct{})
			for name, ask := range c.others {
				asked.Go(func() {
					if told, said := ask(); told {
						seen.Store(name, said)
					}
				})
			}
			go func() {
				asked.Wait()
				close(done)
			}()
			select {
			case <-done:
			case <-time.After(10 * time.Millisecond): // they wait for the disk, as they should
			}
		}}
		faultdisk.Use(faultdisk.Before(d.before))
		acknowledged, said := c.do()
		asked.Wait()
		faultdisk.Use(faultdisk.Sound)
		servicetest.Eventually(t, "the node is ready",
			func() bool { return n.ask(t, "GET", "/readyz", "").status == http.StatusOK })
		place := fmt.Sprintf("operation %d, a %s, fails", at, d.kind)
		if !acknowledged && !said.busy() {
			t.Errorf("%s: the answer is %v, want an acknowledgement, or 503 with Retry-After", place, said)
		}
		if acknowledged && !c.holds() {
			t.Errorf("%s: the change was acknowledged (%v) and does not hold", place, said)
		}
		seen.Range(func(name, said any) bool {
			if !c.holds() {
				t.Errorf("%s: the change does not hold, but %s was answered with %v", place, name, said)
			}
			return true
		})
		if again, said := c.do(); !again || !c.holds() {
			t.Errorf("%s: the next attempt is answered with %v, and the change holds: %v", place, said, c.holds())
		}
		if !d.hit || t.Failed() {
			if at <= 4 {
				t.Errorf("the disk was asked %d times, want at least two writes and two syncs", at-1)
			}
			return
		}
	}
}

// failing is a disk of which one operation fails, and some that follow.
type failing struct {
	mu        sync.Mutex
	count, at int
	failures  int
	kind      faultdisk.Kind
	hit       bool
	meanwhile func() // called when the first fails
}

var errDisk = errors.New("input/output error of this test")

func (f *failing) before(op faultdisk.Op) error {
	f.mu.Lock()
	f.count++
	fails := f.count >= f.at && f.failures > 0
	first := fails && !f.hit
	if fails {
		f.failures--
	}
	if first {
		f.hit, f.kind = true, op.Kind
	}
	f.mu.Unlock()
	if first {
		f.meanwhile()
	}
	if fails {
		return errDisk
	}
	return nil
}

// reply is an answer.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) busy() bool {
	return r.status == http.StatusServiceUnavailable && r.header.Get("Retry-After") != ""
}

func (r reply) String() string { return fmt.Sprintf("%d %.200s", r.status, r.body) }

// ask sends a request to the node, headers being "Name: value".
func (n *node) ask(t *testing.T, method, path, body string, headers ...string) reply {
	return send(t, n.Client, method, n.URL()+path, body, headers)
}

func (n *node) askAdmin(t *testing.T, method, path, body string) reply {
	return send(t, n.Socket, method, "http://node"+path, body, nil)
}

func send(t *testing.T, client *http.Client, method, url, body string, headers []string) reply {
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return reply{}
	}
	r.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	c := http.Client{Transport: client.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := c.Do(r)
	if err != nil {
		t.Error(err)
		return reply{}
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Error(err)
	}
	return reply{answer.StatusCode, answer.Header, string(bytes.TrimSpace(b))}
}

// A node whose store file was taken away acknowledges nothing more, says why, and ends in order.
func TestStoreTakenAway(t *testing.T) {
	n := startNode(t, "native")
	a := n.account(t)
	if err := os.Rename(n.File("store.db"), n.File("moved.db")); err != nil {
		t.Fatal(err)
	}
	if r := a.logIn(); !r.busy() {
		t.Errorf("a log-in answers %v, want 503 with Retry-After", r)
	}
	if r := n.ask(t, "GET", "/readyz", ""); !r.busy() || !strings.Contains(r.body, `"error":"store_lost"`) {
		t.Errorf("/readyz answers %v, want store_lost", r)
	}
	if r := n.askAdmin(t, "POST", "/revoke", `{"all": true}`); !r.busy() || !strings.Contains(r.body, "it is gone") {
		t.Errorf("a revocation answers %v, want 503 and what happened", r)
	}
	if _, err := os.Stat(n.File("store.db")); err == nil {
		t.Error("the node made another store")
	}
}
