package cache_test

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/cache"
)

// counting is an engine that counts what reaches it.
type counting struct {
	*core.Native
	mu     sync.Mutex
	opened int
}

func (c *counting) Open(ctx context.Context, token []byte, o *core.Opened) error {
	c.mu.Lock()
	c.opened++
	c.mu.Unlock()
	return c.Native.Open(ctx, token, o)
}

func newCache(t *testing.T, bytes int64) *cache.Cache {
	t.Helper()
	c, err := cache.New(bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func token(i int) []byte {
	return []byte(coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256","typ":"JWT"}`,
		fmt.Sprintf(`{"token_type":"access","exp":4102444800,"iat":1577836800,"jti":"%032x","user_id":"%d"}`, i, i)))
}

func native() *core.Native { return core.NewNative(core.DefaultSettings(), coretest.OneKey()) }

// opened is Open into fresh room.
func opened(ctx context.Context, e core.Engine, token []byte) (o core.Opened, err error) {
	err = e.Open(ctx, token, &o)
	return o, err
}

// TestAnswersAreTheEngines opens every seed and every token at its bounds: whether it is new, remembered or refused,
// each field of the answer is that of the engine behind the cache.
func TestAnswersAreTheEngines(t *testing.T) {
	inner := native()
	e := newCache(t, 64<<20).Engine(inner)
	tokens := coretest.Seeds(t)
	for _, b := range coretest.Bounds() {
		tokens = append(tokens, b.Token)
	}
	for _, token := range tokens {
		want, err := opened(t.Context(), inner, []byte(token))
		if err != nil {
			t.Fatal(err)
		}
		want.ReadFamily() // which the cache remembers
		for _, call := range []string{"first", "second"} {
			got, err := opened(t.Context(), e, []byte(token))
			got.ReadFamily()
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("the %s Open(%.80q) = %+v, %v; want %+v", call, token, got, err, want)
			}
		}
	}
}

func TestRemembers(t *testing.T) {
	inner := &counting{Native: native()}
	c := newCache(t, 1<<20)
	e := c.Engine(inner)
	var first core.Opened
	for i := range 5 {
		o, err := opened(t.Context(), e, token(1))
		if err != nil || o.Cause != cause.OK {
			t.Fatalf("Open = %v, %v", o.Cause, err)
		}
		if i == 0 {
			first = o
		}
		if !bytes.Equal(o.Claims, first.Claims) || o.ExpiresAt != first.ExpiresAt || o.Key != first.Key ||
			o.FamilyAt(time.Now()) != first.FamilyAt(time.Now()) {
			t.Errorf("Open the %dth time = %+v, want %+v", i, o, first)
		}
		clear(o.Claims) // the caller's, not the cache's
		if i == 0 {
			first.Claims = []byte(`{"token_type":"access","exp":4102444800,"iat":1577836800,"jti":"00000000000000000000000000000001","user_id":"1"}`)
		}
	}
	if s := c.Stats(); inner.opened != 1 || s.Hits != 4 || s.Misses != 1 || s.Entries != 1 {
		t.Errorf("opened %d times; %+v; want one miss and four hits", inner.opened, s)
	}
}

// TestRefusedTokensDoNotEnter sends what is not verified, twice each.
func TestRefusedTokensDoNotEnter(t *testing.T) {
	c := newCache(t, 1<<20)
	e := c.Engine(native())
	good := token(1)
	bad := bytes.Clone(good)
	bad[len(bad)-2] ^= 1
	for name, sent := range map[string][]byte{"another signature": bad, "cut short": good[:len(good)-1],
		"nothing": nil, "longer": append(bytes.Clone(good), 'A')} {
		for range 2 {
			if o, err := opened(t.Context(), e, sent); err != nil || o.Cause == cause.OK {
				t.Errorf("%s: Open = %v, %v", name, o.Cause, err)
			}
		}
	}
	if s := c.Stats(); s.Entries != 0 || s.Hits != 0 {
		t.Errorf("%+v, want no entry", s)
	}
}

// TestKeyGoes: a token that is remembered is refused once its key is no key of the set any more.
func TestKeyGoes(t *testing.T) {
	c := newCache(t, 1<<20)
	old := c.Engine(native())
	if o, err := opened(t.Context(), old, token(1)); err != nil || o.Cause != cause.OK {
		t.Fatalf("Open = %v, %v", o.Cause, err)
	}
	others := coretest.NewHMACKeys(2, coretest.HMACKey{KeyInfo: core.KeyInfo{Algorithm: "HS256", Default: true,
		AnyID: true}, Secret: coretest.OtherSecret})
	if o, err := opened(t.Context(), c.Engine(core.NewNative(core.DefaultSettings(), others)), token(1)); err != nil ||
		o.Cause != cause.BadSignature {
		t.Errorf("Open with other keys = %v, %v, want %v", o.Cause, err, cause.BadSignature)
	}
}

// TestKeyEnds: a token that is remembered is refused from the end of its key on, by every operation; a key's life is
// checked at every hit.
func TestKeyEnds(t *testing.T) {
	end := coretest.Now.Truncate(time.Second).Add(time.Minute)
	keys := coretest.NewHMACKeys(1, coretest.HMACKey{KeyInfo: core.KeyInfo{Algorithm: "HS256", Default: true,
		NotAfter: end.Unix()}, Secret: coretest.Secret})
	c := newCache(t, 1<<20)
	s := core.DefaultSettings()
	e := c.Engine(core.NewNative(s, keys))
	state := core.State{Customer: core.Customer{ID: core.Integer(1), UserID: core.Integer(1), Active: true}}
	if _, err := opened(t.Context(), e, token(1)); err != nil {
		t.Fatal(err)
	}
	for _, at := range []struct {
		now  time.Time
		want cause.Cause
	}{{coretest.Now, cause.OK}, {end.Add(-time.Microsecond), cause.OK}, {end, cause.KeyEnded}, {end.Add(time.Hour),
		cause.KeyEnded}, {coretest.Now, cause.OK}} {
		for _, op := range []core.Op{core.Authenticate, core.Verify, core.Refresh, core.Blacklist,
			core.SlidingRefresh} {
			o, err := opened(t.Context(), e, token(1))
			if err != nil || o.Cause != cause.OK {
				t.Fatalf("Open = %v, %v", o.Cause, err)
			}
			outcome, err := e.Decide(t.Context(),
				core.Request{Op: op, Opened: o, State: state, Now: at.now, Entropy: coretest.Entropy()})
			if err != nil {
				t.Fatal(err)
			}
			got, want := cause.OK, at.want
			if outcome.Refused() {
				got = outcome.Refusals[0].Cause
			}
			if want == cause.OK && op != core.Authenticate && op != core.Verify {
				want = cause.WrongType // of an access token
			}
			if got != want {
				t.Errorf("op %d at %v: %v, want %v", op, at.now, got, want)
			}
			if got := core.Valid(&s, &o, core.AccessToken, at.now); got != at.want {
				t.Errorf("Valid at %v = %v, want %v", at.now, got, at.want)
			}
		}
	}
	if st := c.Stats(); st.Misses != 1 {
		t.Errorf("%+v, want one miss", st)
	}
}

func TestBytesAreBounded(t *testing.T) {
	const limit = 64 << 10
	c := newCache(t, limit)
	e := c.Engine(native())
	for i := range 2000 {
		if o, err := opened(t.Context(), e, token(i)); err != nil || o.Cause != cause.OK {
			t.Fatalf("Open = %v, %v", o.Cause, err)
		}
	}
	c.Settle()
	if s := c.Stats(); s.Bytes > limit || s.Bytes == 0 || s.Limit != limit {
		t.Errorf("%+v, want at most %d bytes", s, limit)
	}
	for _, bad := range []int64{0, -1} {
		if _, err := cache.New(bad); err == nil {
			t.Errorf("New(%d) gave no error", bad)
		}
	}
}

func TestHitsAllocateNothing(t *testing.T) {
	e := newCache(t, 1<<20).Engine(native())
	sent := token(1)
	var o core.Opened
	open := func() {
		if err := e.Open(t.Context(), sent, &o); err != nil || o.Cause != cause.OK {
			t.Fatal(o.Cause, err)
		}
	}
	open()
	if n := testing.AllocsPerRun(100, open); n > 0 {
		t.Errorf("a hit allocates %v times", n)
	}
}
