package envoy

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/bundle"
)

// publisher serves bundles where the configuration of the documents looks for them, for what no node does, such as
// letting them expire.
type publisher struct {
	root, key *signer

	mu     sync.Mutex
	now    bundle.Bundle
	signed string // what is served; "": 500
	asked  []*http.Request
}

// newPublisher serves a bundle that has the public key.
func newPublisher(t *testing.T, key *signer) *publisher {
	t.Helper()
	p := &publisher{root: newSigner(t, "ES256"), key: key}
	serve(t, "127.0.0.1:8001", p)
	return p
}

// publish has a new bundle served, until some time from now.
func (p *publisher) publish(t *testing.T, notAfter time.Time, change func(b *bundle.Bundle)) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.now = bundle.Bundle{
		Epoch: max(p.now.Epoch+1, uint64(now.UnixMilli())), NotBefore: now.Unix() - 60, NotAfter: notAfter.Unix(),
		Head: bundle.Head{
			Settings: core.DefaultSettings(), Users: core.IntegerID,
			Keys: []bundle.Key{{
				KeyInfo:  core.KeyInfo{ID: p.key.kid, Algorithm: p.key.algorithm},
				Material: p.key.material,
			}},
		},
	}
	if change != nil {
		change(&p.now)
	}
	var err error
	p.signed, err = bundle.Sign(p.now.Append(nil), p.root.kid, p.root.algorithm, nil, p.root.sign)
	if err != nil {
		t.Fatal(err)
	}
}

// stop has the publisher answer 500.
func (p *publisher) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.signed = ""
}

func (p *publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, r)
	if p.signed == "" {
		http.Error(w, "no bundle", http.StatusInternalServerError)
		return
	}
	etag := fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(p.signed)))
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Etag", etag)
	w.Header().Set("Content-Type", "application/jose")
	w.Write([]byte(p.signed))
}

// requests are those since the last call.
func (p *publisher) requests() []*http.Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked := p.asked
	p.asked = nil
	return asked
}

// await asks until the answer has a status, and gives how long that took.
func await(t *testing.T, status int, most time.Duration, url string, headers ...string) time.Duration {
	t.Helper()
	began := time.Now()
	for {
		a := get(t, url, headers...)
		took := time.Since(began)
		if a.status == status {
			return took
		}
		if took > most {
			t.Fatalf("after %s the status is still %d, want %d: %s", took, a.status, status, a.body)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
