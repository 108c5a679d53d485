package bundle_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/verify"
	"github.com/edgetoken/edgetoken/host/bundle"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
	"github.com/edgetoken/edgetoken/store"
)

// world is a node's store and keys, and a verifier elsewhere that pinned its root.
type world struct {
	testing.TB
	db       *store.DB
	now      time.Time
	settings core.Settings
	manager  *keys.Manager
	source   bundle.Source
	maker    *bundle.Maker
	trust    *verify.Trust
}

func newWorld(t testing.TB, algorithm string) *world {
	w := &world{TB: t, now: time.Unix(1800000000, 0), settings: core.DefaultSettings()}
	db, err := store.Open(store.Config{Path: filepath.Join(t.TempDir(), "store.db"),
		Now: func() time.Time { return w.now }})
	w.must(err)
	t.Cleanup(func() { _ = db.Close() })
	w.db = db
	sealer, err := keyring.NewSealer(bytes.Repeat([]byte("secret42"), 4))
	w.must(err)
	w.manager = keys.New(keys.Config{Store: db, Settings: w.settings, Algorithm: algorithm,
		Sealer: func(bool) (*keyring.Sealer, error) { return sealer, nil }, Now: func() time.Time { return w.now }})
	_, err = w.manager.Start(t.Context())
	w.must(err)
	w.maker = bundle.NewMaker(db)
	w.refreshKeys()
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// refreshKeys has bundles be made of the keys as they are now.
func (w *world) refreshKeys() {
	ring, err := w.manager.Ring(w.Context())
	w.must(err)
	w.source = bundle.Source{Settings: &w.settings, Ring: ring, Manager: w.manager, Lifetime: time.Hour}
}

// pin has the verifier begin with the root, and more members of a policy, name and value by turns.
func (w *world) pin(more ...string) {
	root, err := w.manager.Root(w.Context())
	w.must(err)
	public, err := root.JWK()
	w.must(err)
	policy := `{"root":` + public
	for i := 0; i+1 < len(more); i += 2 {
		policy += `,"` + more[i] + `":` + more[i+1]
	}
	w.trust, err = verify.Read([]byte(policy + `}`))
	w.must(err)
}

// make makes a bundle, a second later.
func (w *world) make(since uint64) bundle.Text {
	w.Helper()
	w.now = w.now.Add(time.Second)
	text, err := w.maker.Bundle(w.Context(), w.source, since)
	w.must(err)
	return text
}

// take has the verifier take a bundle or a delta.
func (w *world) take(text bundle.Text) {
	w.Helper()
	next, refused := w.trust.Update(string(text.JWS))
	if refused != cause.OK {
		w.Fatalf("the verifier refuses the bundle: %v", refused)
	}
	if next.Epoch() != text.Epoch {
		w.Errorf("the bundle has epoch %d, not %d", next.Epoch(), text.Epoch)
	}
	w.trust = next
}

// token is an access token of a customer and a family.
func (w *world) token(customer int64, family core.Family) string {
	w.Helper()
	id := fmt.Sprintf("%032x", 0)
	if family.Listed {
		id = familyID(family)
	}
	set := w.source.Ring.Set()
	input := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"alg":%q,"kid":%q}`, set.Keys[0].Algorithm,
		set.Keys[0].ID)) + "." + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil,
		`{"token_type":"access","exp":%d,"iat":%d,"jti":"%s","user_id":"%d"}`, w.now.Unix()+300, w.now.Unix(), id,
		customer))
	signature, err := w.source.Ring.Sign(w.Context(), 0, []byte(input), nil)
	w.must(err)
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// familyID is the id of an access token of ours: see core.Family.
func familyID(f core.Family) string {
	start := uint64(f.Start - 1704067200000)
	high := (start<<7|f.Bits>>40)<<16 | 8<<12 | f.Bits>>28&0xfff
	low := 2<<62 | f.Bits&(1<<28-1)<<34 | 2<<32
	return fmt.Sprintf("%016x%016x", high, low)
}

func (w *world) verdict(token string, want cause.Cause) {
	w.Helper()
	var v verify.Verifier
	v.Use(w.trust)
	if _, got := v.Verify([]byte(token), w.now.Unix()); got != want {
		w.Errorf("Verify() = %v, want %v", got, want)
	}
}

// What is revoked at the node is refused elsewhere, by a whole bundle or a delta, and nothing else is.
func TestRevocationsReachVerifiers(t *testing.T) {
	w := newWorld(t, "")
	ada, err := w.db.Add(t.Context(), store.NewCustomer{Email: "ada", IsActive: true})
	w.must(err)
	bea, err := w.db.Add(t.Context(), store.NewCustomer{Email: "bea", IsActive: true})
	w.must(err)
	family := func(bits uint64) core.Family {
		return core.Family{Listed: true, Ours: true, Bits: bits, Start: w.now.UnixMilli()}
	}
	first, second := family(1<<46+7), family(8)
	one, two, other := w.token(ada.ID.Int, first), w.token(ada.ID.Int, second), w.token(bea.ID.Int, family(9))
	w.pin()
	text := w.make(0)
	w.take(text)
	for _, token := range []string{one, two, other} {
		w.verdict(token, cause.OK)
	}
	w.must(w.db.Settle(t.Context(), core.Effects{List: []core.Effect{{Kind: core.RevokeFamily,
		Family: first.Key("", ada.ID), Until: w.now.Unix() + 1000}}}))
	text = w.make(text.Epoch)
	if !text.Delta {
		t.Error("a delta was asked for")
	}
	w.take(text)
	w.verdict(one, cause.Blacklisted)
	w.verdict(two, cause.OK)
	w.must(w.db.Revoke(t.Context(), ada.ID))
	last := text.Epoch
	if text = w.make(1); text.Delta {
		t.Error("a delta from an epoch that never was")
	}
	w.take(text)
	w.verdict(two, cause.CutOff)
	w.verdict(other, cause.OK)
	w.must(w.db.RevokeAll(t.Context()))
	text = w.make(last)
	if !text.Delta || text.ETag != w.make(0).ETag {
		t.Errorf("Bundle() has the delta %v and the tag %s", text.Delta, text.ETag)
	}
	if _, refused := w.trust.Update(string(text.JWS)); refused != cause.BundleBase {
		t.Errorf("a delta of another base: %v", refused)
	}
	w.take(w.make(0))
	w.verdict(other, cause.CutOff)
}

// A bundle is made anew where something has changed, or a third of its life is over, and at most four times a second.
func TestBundlesAreFresh(t *testing.T) {
	w := newWorld(t, "")
	ask := func() bundle.Text {
		t.Helper()
		text, err := w.maker.Bundle(t.Context(), w.source, 0)
		w.must(err)
		return text
	}
	first := ask()
	w.now = w.now.Add(19 * time.Minute)
	w.must(w.db.RaiseLifetimes(t.Context(), core.Lifetimes{Access: 1})) // a commit that changes no bundle
	if again := ask(); again.Epoch != first.Epoch {
		t.Error("nothing has changed, and there is another bundle")
	}
	w.must(w.db.RevokeAll(t.Context()))
	second := ask()
	if second.Epoch <= first.Epoch || second.ETag == first.ETag {
		t.Errorf("after a revocation the epoch is %d, and was %d", second.Epoch, first.Epoch)
	}
	w.now = w.now.Add(100 * time.Millisecond)
	w.must(w.db.RevokeAll(t.Context()))
	if again := ask(); again.Epoch != second.Epoch {
		t.Error("two bundles within a quarter of a second")
	}
	third, err := w.maker.Latest(t.Context(), w.source, 0)
	if err != nil || third.Epoch == second.Epoch {
		t.Errorf("an operator gets epoch %d, %v", third.Epoch, err)
	}
	w.now = w.now.Add(100 * time.Millisecond)
	w.must(w.db.RevokeAll(t.Context()))
	w.now = w.now.Add(150 * time.Millisecond)
	fourth := ask()
	if fourth.Epoch == third.Epoch {
		t.Error("the change never comes")
	}
	w.now = w.now.Add(20 * time.Minute)
	if again := ask(); again.Epoch == fourth.Epoch {
		t.Error("a third of its life is over, and it is the same")
	}
}

// Epochs only rise: after a restart by a clock that was set back too.
func TestEpochsRise(t *testing.T) {
	w := newWorld(t, "")
	last := w.make(0).Epoch
	for range 3 {
		w.now = w.now.Add(-10 * time.Minute)
		w.maker = bundle.NewMaker(w.db)
		next := w.make(0).Epoch
		if next <= last {
			t.Errorf("epoch %d after %d", next, last)
		}
		last = next
	}
	if most := uint64(w.now.Add(40 * time.Minute).UnixMilli()); last > most {
		t.Errorf("the epoch runs ahead of the clock by %d ms", last-most)
	}
}

// No leeway outlasts what a bundle lists: a revoked token is not good again, however late it is shown.
func TestRevokedForGood(t *testing.T) {
	w := newWorld(t, "")
	family := core.Family{Listed: true, Ours: true, Bits: 7, Start: w.now.UnixMilli()}
	another := family
	another.Bits = 8
	revoked, other := w.token(1, family), w.token(1, another)
	w.pin("leeway", "3600")
	w.take(w.make(0))
	w.must(w.db.Settle(t.Context(), core.Effects{List: []core.Effect{{Kind: core.RevokeFamily,
		Family: family.Key("", core.Integer(1)), Until: w.now.Unix() + 1000}}}))
	expires := w.now.Add(299 * time.Second)
	for w.now.Before(expires.Add(3 * time.Minute)) {
		w.now = w.now.Add(9 * time.Second)
		w.maker = bundle.NewMaker(w.db)
		w.take(w.make(0))
		want := cause.OK
		if w.now.Sub(expires) >= time.Minute {
			want = cause.Expired
		}
		w.verdict(other, want)
		var v verify.Verifier
		v.Use(w.trust)
		if _, got := v.Verify([]byte(revoked), w.now.Unix()); got == cause.OK {
			t.Fatalf("%v after the end of the token: it is good", w.now.Sub(expires))
		}
	}
}

// Where a key may have signed elsewhere, nobody knows how long its access tokens live: what was revoked is listed for
// as long as a refresh token lives.
func TestForeignTokens(t *testing.T) {
	w := newWorld(t, "")
	w.pin()
	w.must(w.db.Settle(t.Context(), core.Effects{List: []core.Effect{{Kind: core.RevokeFamily,
		Family: core.FamilyKey{Bits: 7}, Until: w.now.Add(30 * 24 * time.Hour).Unix()}}}))
	listed := func(after time.Duration, want string) {
		t.Helper()
		w.now = w.now.Add(after)
		w.maker = bundle.NewMaker(w.db)
		w.take(w.make(0))
		if status := string(w.trust.Status()); !strings.Contains(status, `"families":`+want+`,`) {
			t.Errorf("want %s families: %s", want, status)
		}
	}
	listed(0, "1")
	listed(2*time.Hour, "0")
	theirs, err := keyring.GenerateKey("ES256", rand.Reader)
	w.must(err)
	text, err := theirs.Export("pem", false)
	w.must(err)
	_, err = w.manager.Import(t.Context(), keys.Import{Text: text})
	w.must(err)
	w.refreshKeys()
	listed(0, "1")
	listed(71*time.Hour, "0")
}

// A secret is in no bundle: with nothing else there is none.
func TestSecretsStayHere(t *testing.T) {
	w := newWorld(t, "HS256")
	if _, err := w.maker.Bundle(t.Context(), w.source, 0); !errors.Is(err, bundle.ErrNoKeys) {
		t.Errorf("Bundle() = %v, want ErrNoKeys", err)
	}
	_, err := w.manager.Generate(t.Context(), keys.Generate{Algorithm: "EdDSA"})
	w.must(err)
	w.refreshKeys()
	w.pin()
	w.take(w.make(0))
	if status := string(w.trust.Status()); bytes.Contains([]byte(status), []byte("HS256")) ||
		!bytes.Contains([]byte(status), []byte(`"alg":"EdDSA"`)) {
		t.Errorf("the verifier has %s", status)
	}
}

// A root names its successor, so that verifiers follow who pinned the old one. No delta leads from one root to another.
func TestRootsFollowEachOther(t *testing.T) {
	w := newWorld(t, "")
	w.pin()
	text := w.make(0)
	w.take(text)
	for range 3 {
		_, err := w.manager.RotateRoot(t.Context())
		w.must(err)
		if text = w.make(text.Epoch); text.Delta {
			t.Error("a delta from the bundle of another root")
		}
		w.take(text)
	}
	list, err := w.manager.List(t.Context())
	if err != nil || len(list.Keys) != 1 || len(w.source.Ring.Set().Keys) != 1 {
		t.Errorf("roots are keys of tokens: %+v, %v", list, err)
	}
	private, err := w.manager.Private(t.Context())
	if err != nil || len(private) != 2 {
		t.Errorf("%d private keys are here, %v, want that of tokens and the last root", len(private), err)
	}
}

// Under a clock that cannot be right no bundle is made, not even the last one given again.
func TestNoBundleByAWrongClock(t *testing.T) {
	w := newWorld(t, "")
	w.make(0)
	w.now = time.Unix(1000, 0)
	if _, err := w.maker.Bundle(t.Context(), w.source, 0); !errors.Is(err, core.ErrClock) {
		t.Errorf("Bundle() = %v, want ErrClock", err)
	}
}

// Many may ask at once, while log-ins are revoked and the root rotates.
func TestManyAsk(t *testing.T) {
	w := newWorld(t, "")
	w.pin()
	w.take(w.make(0))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			trust, last := w.trust, uint64(0)
			for range 20 {
				text, err := w.maker.Bundle(t.Context(), w.source, last)
				if err != nil || text.Epoch < last {
					t.Errorf("Bundle() = %d, %v, after %d", text.Epoch, err, last)
					return
				}
				if next, refused := trust.Update(string(text.JWS)); refused == cause.OK {
					trust = next
				} else if refused != cause.BundleOlder {
					t.Errorf("the verifier refuses the bundle: %v", refused)
				}
				last = trust.Epoch()
			}
		})
	}
	for range 10 {
		w.must(w.db.RevokeAll(t.Context()))
	}
	_, err := w.manager.RotateRoot(t.Context())
	w.must(err)
	all.Wait()
}

// A bundle of 10,000 revoked log-ins among a million records.
func BenchmarkBundle(b *testing.B) {
	w := newWorld(b, "")
	revoke := func(from, n uint64) {
		var list []core.Effect
		for i := range n {
			list = append(list, core.Effect{Kind: core.RevokeFamily, Until: w.now.Unix() + 86400,
				Family: core.FamilyKey{Customer: core.Integer(int64(i)), Bits: from + i, Start: w.now.UnixMilli()}})
		}
		w.must(w.db.Settle(b.Context(), core.Effects{List: list}))
	}
	for i := range uint64(100) {
		revoke(i*10_000, 9_900)
	}
	w.now = w.now.Add(48 * time.Hour)
	revoke(1_000_000, 10_000)
	b.Run("whole", func(b *testing.B) {
		var text bundle.Text
		for b.Loop() {
			w.maker = bundle.NewMaker(w.db)
			text = w.make(0)
		}
		b.ReportMetric(float64(len(text.JWS)), "bytes")
	})
	b.Run("change and delta", func(b *testing.B) {
		since := w.make(0).Epoch
		for i := uint64(0); b.Loop(); i++ {
			revoke(2_000_000+i, 1)
			text := w.make(since)
			since = text.Epoch
			b.ReportMetric(float64(len(text.JWS)), "bytes")
		}
	})
	b.Run("unchanged", func(b *testing.B) {
		for b.Loop() {
			_, err := w.maker.Bundle(b.Context(), w.source, 0)
			w.must(err)
		}
	})
}
