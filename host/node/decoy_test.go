package node_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// recorder is a hasher that does nothing, finds every password good and renews every hash. It keeps what it was asked.
type recorder struct {
	mu   sync.Mutex
	jobs []hashing.Job
}

func (r *recorder) Do(_ context.Context, j hashing.Job) (hashing.Result, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.jobs = append(r.jobs, j)
	return hashing.Result{Good: true, Renewed: cheap.Decoy()}, nil
}

func (r *recorder) Health() error { return nil }

// tries logs somebody in with a password, and returns the one hash that was checked.
func (w *world) tries(t *testing.T, r *recorder, email, given string) string {
	t.Helper()
	r.jobs = nil
	if _, err := w.Login(t.Context(), client, email, given); err != nil || len(r.jobs) != 1 {
		t.Fatalf("Login(%q) = %v after %d hashes, want one", email, err, len(r.jobs))
	}
	return r.jobs[0].Encoded
}

// newMix is a world with these hashes too, and a hasher that records.
func newMix(t *testing.T, key string, hashes map[string]int) (*world, *recorder) {
	t.Helper()
	r := &recorder{}
	w := newWorld(t, func(c *node.Config) { c.Hasher, c.DecoyKey = r, []byte(key) })
	var more []store.NewCustomer
	for encoded, n := range hashes {
		for range n {
			id := int64(len(more) + 100)
			more = append(more, store.NewCustomer{ID: core.Integer(id), Email: fmt.Sprint("c", id, "@example.com"),
				IsActive: true, PasswordHash: encoded})
		}
	}
	_, err := w.store.AddAll(t.Context(), more)
	must(t, err)
	return w, r
}

// mix has half of its hashes slow; with the two cheap ones of newWorld it is 100 of 200.
var mix = map[string]int{djangoSlow: 100, cheap.Decoy(): 98}

// djangoSlow is a hash as Django 5.2 writes it.
const djangoSlow = "pbkdf2_sha256$1000000$MYIVUmk6sswGufrX1yHo5v$3Bzsgm12bbcipQEjeRYxmws5cX3VVA4nJdTgpQpt2Tg="

// TestUnknownCustomersFollowTheMix: what is hashed for unknown e-mail addresses is distributed as what is stored, and
// the same at each try, also after a restart. Nothing comes of what the hasher says.
func TestUnknownCustomersFollowTheMix(t *testing.T) {
	w, r := newMix(t, "key", mix)
	slow, _ := password.Decoy(djangoSlow)
	drawn := map[string]string{} // by e-mail address
	count := map[string]int{}
	for i := range 400 {
		email := fmt.Sprint("nobody", i, "@example.com")
		drawn[email] = w.tries(t, r, email, "x")
		count[drawn[email]]++
	}
	if n := count[slow]; n < 160 || n > 240 || n+count[cheap.Decoy()] != 400 {
		t.Errorf("400 unknown addresses got %v, want half of them %s and half %s", count, slow, cheap.Decoy())
	}
	result, err := w.Login(t.Context(), client, "nobody1@example.com", "x")
	w.wantCause(t, "an unknown customer with a good password", result, err, cause.BadCredentials)

	w.restart(t)
	again := map[string]string{}
	for email := range drawn {
		again[email] = w.tries(t, r, email, "another")
	}
	if !maps.Equal(again, drawn) {
		t.Error("after a restart other hashes are drawn for the same addresses")
	}
	other, r := newMix(t, "another key", mix)
	for email := range drawn {
		again[email] = other.tries(t, r, email, "x")
	}
	if maps.Equal(again, drawn) {
		t.Error("another key draws the same hashes")
	}
}

// TestDecoysOfCustomers: a customer whose hash cannot be checked costs what its address would cost if it were unknown.
// Nothing comes of what the hasher says.
func TestDecoysOfCustomers(t *testing.T) {
	const email = "ana@example.com"
	w, r := newMix(t, "key", mix)
	checked := map[string]string{} // by stored hash
	for _, stored := range []string{"!", "whirlpool$x", djangoSlow[:40],
		strings.Replace(djangoSlow, "1000000", "10000001", 1)} {
		must(t, w.store.SetPassword(t.Context(), core.Integer(1), stored))
		checked[stored] = w.tries(t, r, email, "x")
		result, err := w.Login(t.Context(), client, email, "x")
		w.wantCause(t, stored, result, err, cause.BadCredentials)
		if c, err := w.store.Get(t.Context(), core.Integer(1)); err != nil || c.PasswordHash != stored {
			t.Errorf("%q became %q, %v", stored, c.PasswordHash, err)
		}
	}
	must(t, w.store.SetPassword(t.Context(), core.Integer(1), djangoSlow))
	if got := w.tries(t, r, email, "x"); got != djangoSlow {
		t.Errorf("%s was checked, want the customer's own hash", got)
	}
	if got := w.tries(t, r, email, strings.Repeat("x", password.MaxBytes+1)); got == djangoSlow ||
		len(r.jobs[0].Password) != password.MaxBytes {
		t.Errorf("a password too long was checked against %q with %d bytes", got, len(r.jobs[0].Password))
	}
	must(t, w.store.Remove(t.Context(), core.Integer(1), time.Hour))
	want := w.tries(t, r, email, "x")
	for stored, got := range checked {
		if got != want {
			t.Errorf("%q: %s was checked, want %s as for no customer", stored, got, want)
		}
	}
}

// TestDecoyWithoutHashes: where the store has no hash that can be checked, or only those that need too much memory,
// unknown customers cost what new hashes cost.
func TestDecoyWithoutHashes(t *testing.T) {
	large, _ := password.Decoy("argon2$argon2i$v=19$m=400000,t=2,p=2$TldqSll2MWhlR1VU$Z80nokv+VcdXwWTE3WO4iw")
	for _, encoded := range []string{"!", large} {
		w, r := newMix(t, "key", nil)
		for id := range int64(4) {
			must(t, w.store.SetPassword(t.Context(), core.Integer(id+1), encoded))
		}
		for _, email := range []string{"nobody@example.com", "ana@example.com"} {
			if got := w.tries(t, r, email, "x"); got != cheap.Decoy() {
				t.Errorf("%s with the hashes %q: %s was checked, want %s", email, encoded, got, cheap.Decoy())
			}
		}
	}
}
