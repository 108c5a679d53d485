package engine_test

import (
	"runtime"
	"sync"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/core/strictjson"
	"github.com/edgetoken/edgetoken/host/engine"
)

// Two sets of settings and keys on the same instances, at the same time: each keeps to its own, whatever the engine
// itself is configured with.
func TestWith(t *testing.T) {
	for _, selfContained := range []bool{false, true} {
		e := newEngine(t, engine.Config{SelfContained: selfContained, MaxInstances: 2})
		token := coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256","kid":"a"}`, `{"exp":1,"uid":7}`)
		sides := map[string]struct {
			claim string
			want  cause.Cause
			form  strictjson.Form
		}{
			"a":          {"uid", cause.OK, strictjson.Number},
			"b":          {"uid", cause.UnknownKey, strictjson.Absent},
			"a, user_id": {"user_id", cause.OK, strictjson.Absent},
		}
		var wg sync.WaitGroup
		for name, side := range sides {
			s := core.DefaultSettings()
			s.UserIDClaim = side.claim
			keys := coretest.NewHMACKeys(uint64(len(name)),
				coretest.HMACKey{KeyInfo: core.KeyInfo{ID: name[:1], Algorithm: "HS256"}, Secret: coretest.Secret})
			w, err := e.With(s, keys)
			if err != nil {
				t.Fatal(err)
			}
			wg.Go(func() {
				for range 200 {
					o, err := opened(t.Context(), w, []byte(token))
					if err != nil || o.Cause != side.want || o.Customer.Form != side.form {
						t.Errorf("With(%s): Open() = %v, customer claim %v, %v; want %v, %v", name, o.Cause,
							o.Customer.Form, err, side.want, side.form)
						return
					}
				}
			})
		}
		wg.Wait()
	}
	s := core.DefaultSettings()
	s.Compat = "1.0"
	if _, err := shared(t, "wasm").With(s, coretest.OneKey()); err == nil {
		t.Error("With() takes settings that are wrong")
	}
	if _, err := shared(t, "wasm").With(core.DefaultSettings(), nil); err == nil {
		t.Error("With() takes no keys")
	}
}

func TestStats(t *testing.T) {
	e := newEngine(t, engine.Config{MaxInstances: 2})
	if got, want := e.Stats(), (engine.Stats{Instances: 1, Limit: 2}); got != want {
		t.Errorf("Stats() of a new engine = %+v, want %+v", got, want)
	}
	e.Break()
	if _, err := opened(t.Context(), e, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if got := e.Stats(); got.Broken != 1 || got.Instances != e.Instances() {
		t.Errorf("Stats() = %+v with %d instances, one of them broken before", got, e.Instances())
	}
	free := e.Hold()
	waits := make(chan error)
	go func() {
		_, err := opened(t.Context(), e, []byte("x"))
		waits <- err
	}()
	for e.Stats().Waited == 0 {
		runtime.Gosched()
	}
	free()
	if err := <-waits; err != nil {
		t.Fatal(err)
	}
	if got := e.Stats(); got.Waited != 1 {
		t.Errorf("Stats() = %+v, want one call that waited", got)
	}
}
