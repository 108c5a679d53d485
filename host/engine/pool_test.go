package engine_test

import (
	"context"
	"reflect"
	"sync"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/engine"
)

// Many callers, some of whom go away, some of whose instances break, share few instances: none is lost, none is one
// too many, and everyone who stays is served.
func TestPoolUnderLoad(t *testing.T) {
	const size = 3
	e := newEngine(t, engine.Config{MaxInstances: size})
	token := []byte(coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, `{"exp":1}`))
	gone, leave := context.WithCancel(t.Context())
	leave()
	var wg sync.WaitGroup
	var all sync.Mutex
	for caller := range 16 {
		wg.Go(func() {
			var o core.Opened
			for call := range 200 {
				ctx := t.Context()
				if (caller+call)%3 == 0 {
					ctx = gone
				}
				if err := e.Open(ctx, token, &o); err != nil && err != context.Canceled || err == nil &&
					o.Cause != cause.OK {
					t.Errorf("Open() = %v, %v", o.Cause, err)
					return
				}
				if call == caller {
					all.Lock() // else two would each wait for what the other has
					e.Hold()()
					all.Unlock()
				}
			}
		})
	}
	wg.Wait()
	e.Hold()()
	if s := e.Stats(); s.Instances < 1 || s.Instances > size || s.Instances != e.Instances() {
		t.Errorf("Stats() = %+v with %d instances, want 1 to %d", s, e.Instances(), size)
	}
}

// Nothing of a token shows in the next one that is opened into the same room, and nothing is allocated.
func TestOpenIntoTheSameRoom(t *testing.T) {
	good := []byte(coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`,
		`{"exp":1,"iss":"x","jti":"0123456789ab8cde8f010123456789ab"}`))
	for name, e := range map[string]core.Engine{
		"wasm": newEngine(t, engine.Config{MaxInstances: 1}), "wasm-full": newEngine(t,
			engine.Config{SelfContained: true, MaxInstances: 1}),
		"native": core.NewNative(core.DefaultSettings(), coretest.OneKey()),
	} {
		var o core.Opened
		for _, token := range [][]byte{
			good, []byte("x"), good, good[:len(good)-1], good, []byte(coretest.Sign("HS256", coretest.OtherSecret,
				`{"alg":"HS256"}`, `{"exp":1}`)), good,
			[]byte(coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, `[]`)), good, make([]byte,
				core.MaxTokenBytes+1), []byte(coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, `{}`)),
		} {
			want, err := opened(t.Context(), e, token)
			if err != nil {
				t.Fatal(err)
			}
			if err := e.Open(t.Context(), token, &o); err != nil {
				t.Fatal(err)
			}
			got := o
			gotClaims, wantClaims := string(got.Claims), string(want.Claims)
			got.Claims, want.Claims = nil, nil
			if gotClaims != wantClaims || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: Open(%.40s) = %+v with claims %s, want %+v with %s", name, token, got, gotClaims, want,
					wantClaims)
			}
		}
		if n := testing.AllocsPerRun(200, func() {
			if err := e.Open(t.Context(), good, &o); err != nil || o.Cause != cause.OK {
				t.Fatal(o.Cause, err)
			}
		}); n > 0 && !underRace {
			t.Errorf("%s: Open allocates %v times", name, n)
		}
	}
}
