package node_test

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/admission"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store/password"
)

func TestUnknownFormatIsLogged(t *testing.T) {
	var log strings.Builder
	w := newWorld(t, func(c *node.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	if _, err := w.Login(t.Context(), client, "unknown-format@example.com", "right"); err != nil {
		t.Fatal(err)
	}
	if got := log.String(); !strings.Contains(got, "customer=4") || strings.Contains(got, "whirlpool") {
		t.Errorf("log = %q, want the customer's id and nothing of the hash", got)
	}
	log.Reset()
	if _, err := w.Login(t.Context(), client, "nobody@example.com", "right"); err != nil {
		t.Fatal(err)
	}
	if log.Len() > 0 {
		t.Errorf("log = %q for an unknown customer, want nothing", log.String())
	}
}

// TestHashing: hashes are admitted by the memory that they take. One that takes more than there is counts as a wrong
// password, after the same work.
func TestHashing(t *testing.T) {
	hashing, err := admission.New(admission.Config{Workers: 1, Queue: 1, Memory: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	w := newWorld(t, func(c *node.Config) { c.Hashing, c.Log = hashing, slog.New(slog.NewTextHandler(&log, nil)) })
	large, err := password.Hash("right", password.Params{Memory: 65, Iterations: 1, Parallelism: 1}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store.SetPassword(t.Context(), core.Integer(1), large); err != nil {
		t.Fatal(err)
	}
	result, err := w.Login(t.Context(), client, "ana@example.com", "right")
	if err != nil || causeOf(result) != cause.BadCredentials || !strings.Contains(log.String(), "customer=1") {
		t.Errorf("Login with a hash that takes too much = %v, %v; log %q; want %v and a word in the log",
			causeOf(result),
			err, log.String(), cause.BadCredentials)
	}
	if s := w.Stats().Hashing; s.Done != 1 || s.Memory != 64<<10 {
		t.Errorf("Stats = %+v, want one hash done", s)
	}

	began, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 2)
	go func() {
		ended <- hashing.Do(context.Background(), admission.Work{}, func() { close(began); <-release })
	}()
	<-began
	go func() { ended <- hashing.Do(context.Background(), admission.Work{}, func() {}) }()
	for hashing.Stats().Waiting == 0 {
		time.Sleep(time.Millisecond)
	}
	if _, err := w.Login(t.Context(), client, "ana@example.com", "right"); !errors.Is(err, node.ErrBusy) {
		t.Errorf("Login with a full queue = %v, want %v", err, node.ErrBusy)
	}
	close(release)
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// TestSlowHashesTakeMorePlaces: a log-in that checks a hash of 8 units takes 8 places of the queue.
func TestSlowHashesTakeMorePlaces(t *testing.T) {
	hashing, err := admission.New(admission.Config{Workers: 1, Queue: 10})
	must(t, err)
	w := newWorld(t, func(c *node.Config) { c.Hashing, c.Hasher = hashing, &recorder{} })
	for _, id := range []int64{1, 2} {
		must(t, w.store.SetPassword(t.Context(), core.Integer(id), djangoSlow))
	}
	must(t, w.store.SetPassword(t.Context(), core.Integer(3), hash(t, "right")))
	began, release := make(chan struct{}), make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() {
		must(t, hashing.Do(context.Background(), admission.Work{}, func() { close(began); <-release }))
	})
	<-began
	// tries logs in, and reports whether that waits; otherwise it was refused.
	tries := func(email string) (waits bool) {
		before := hashing.Stats()
		ended.Go(func() {
			_, err := w.Login(context.Background(), client, email, "x")
			if err != nil && !errors.Is(err, node.ErrBusy) {
				t.Error(err)
			}
		})
		after := before
		for after.Waiting == before.Waiting && after.Refused == before.Refused {
			time.Sleep(time.Millisecond)
			after = hashing.Stats()
		}
		return after.Waiting > before.Waiting
	}
	if !tries("ana@example.com") || tries("ben@example.com") || !tries("unusable@example.com") {
		t.Error("want a slow hash that waits, a second one for which there is no room, and a cheap one that waits")
	}
	close(release)
	ended.Wait()
}

func TestPasswordsNeedMemory(t *testing.T) {
	hashing, err := admission.New(admission.Config{Memory: 19 << 20})
	if err != nil {
		t.Fatal(err)
	}
	tooMuch := password.Params{Memory: 19<<10 + 1, Iterations: 1, Parallelism: 1}
	_, err = node.New(node.Config{Hashing: hashing, Passwords: tooMuch})
	if err == nil || !strings.Contains(err.Error(), "memory for hashing") {
		t.Errorf("New = %v, want that a hash takes more than there is", err)
	}
}

// TestLoginRenewsTheHash: a log-in renews a hash that has other costs than new ones. The customer's other log-ins and
// the claim of CHECK_REVOKE_TOKEN are not affected.
func TestLoginRenewsTheHash(t *testing.T) {
	dearer := password.Params{Memory: 16, Iterations: 2, Parallelism: 1}
	w := newWorld(t, func(c *node.Config) { c.Passwords = dearer; c.Settings.CheckRevokeToken = true })
	before, err := w.store.Get(t.Context(), core.Integer(1))
	if err != nil {
		t.Fatal(err)
	}
	_, access := w.login(t)
	after, err := w.store.Get(t.Context(), core.Integer(1))
	if err != nil {
		t.Fatal(err)
	}
	if decoy, _ := password.Decoy(after.PasswordHash); decoy != dearer.Decoy() {
		t.Errorf("the hash has the costs of %s, want those of %s", decoy, dearer.Decoy())
	}
	if after.RevokeClaim != before.RevokeClaim {
		t.Error("renewing the hash changed the revoke claim: every other device is logged out")
	}
	if result, err := w.Authenticate(t.Context(), access); err != nil || result.Refused() {
		t.Errorf("the access token after the log-in = %v, %v", causeOf(result), err)
	}
	w.login(t)
	if again, _ := w.store.Get(t.Context(), core.Integer(1)); again.PasswordHash != after.PasswordHash {
		t.Error("a hash that has the right costs was renewed")
	}
}

// renewsNothing is a hasher that leaves hashes as they are.
type renewsNothing struct{ hashing.Hasher }

func (h renewsNothing) Do(ctx context.Context, j hashing.Job) (hashing.Result, error) {
	r, err := h.Hasher.Do(ctx, j)
	r.Renewed = ""
	return r, err
}

// TestLoginLeavesOtherDevices: one device has tokens with the claim of CHECK_REVOKE_TOKEN from before the first log-in
// that renews the hash of Django. That log-in, on another device, ends neither.
func TestLoginLeavesOtherDevices(t *testing.T) {
	w := newWorld(t, func(c *node.Config) {
		c.Settings.CheckRevokeToken, c.Hasher = true, renewsNothing{hashing.InProcess{}}
	})
	must(t, w.store.SetPassword(t.Context(), core.Integer(1), djangoRight))
	w.passes(time.Second)
	refresh, access := w.login(t)
	w.config.Hasher = hashing.InProcess{}
	w.restart(t)
	otherRefresh, otherAccess := w.login(t)
	if c, err := w.store.Get(t.Context(), core.Integer(1)); err != nil || password.NeedsRehash(c.PasswordHash, cheap) ||
		c.RevokeClaim != password.RevokeClaim(djangoRight) {
		t.Fatalf("the customer = %+v, %v, want a new hash and the claim of the old one", c, err)
	}
	for _, token := range []string{access, otherAccess} {
		result, err := w.Authenticate(t.Context(), token)
		w.wantCause(t, "access", result, err, cause.OK)
	}
	for _, token := range []string{refresh, otherRefresh} {
		result, err := w.Refresh(t.Context(), token)
		w.wantCause(t, "refresh", result, err, cause.OK)
		result, err = w.Authenticate(t.Context(), result.Tokens[0].Value)
		w.wantCause(t, "access after a refresh", result, err, cause.OK)
	}
}

// TestLongPasswordIsNobodys: a password that is too long is refused after the same work, even if another program stored
// the hash of exactly this password.
func TestLongPasswordIsNobodys(t *testing.T) {
	w := newWorld(t, nil)
	const stored = "pbkdf2_sha256$1$salt$"
	const most = password.MaxBytes
	for length, want := range map[int]cause.Cause{most: cause.OK, most + 1: cause.BadCredentials} {
		given := strings.Repeat("x", length)
		key, err := pbkdf2.Key(sha256.New, given, []byte("salt"), 1, sha256.Size)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.store.SetPassword(t.Context(), core.Integer(1),
			stored+base64.StdEncoding.EncodeToString(key)); err != nil {
			t.Fatal(err)
		}
		done := w.Stats().Hashing.Done
		result, err := w.Login(t.Context(), client, "ana@example.com", given)
		if err != nil || causeOf(result) != want || w.Stats().Hashing.Done != done+1 {
			t.Errorf("Login with a password of %d bytes = %v, %v after %d hashes; want %v after one", length,
				causeOf(result), err, w.Stats().Hashing.Done-done, want)
		}
	}
	_, err := password.Hash(strings.Repeat("x", password.MaxBytes+1), cheap, rand.Reader)
	if !errors.Is(err, password.ErrTooLong) {
		t.Errorf("Hash of a longer password = %v, want %v", err, password.ErrTooLong)
	}
}
