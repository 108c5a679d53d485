package engine_test

import (
	"context"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/keyring"
)

// engines gives the native engine and both modules with any keys.
func engines(t *testing.T) (set func(*testing.T, core.Keys) map[string]core.Engine) {
	wasm, full := newEngine(t, engine.Config{}), newEngine(t, engine.Config{SelfContained: true})
	return func(t *testing.T, keys core.Keys) map[string]core.Engine {
		t.Helper()
		s := core.DefaultSettings()
		return map[string]core.Engine{"native": core.NewNative(s, keys), "wasm": with(t, wasm, s, keys), "wasm-full": with(t, full, s, keys)}
	}
}

// with is an engine on the same instances.
func with(t *testing.T, e *engine.Engine, s core.Settings, keys core.Keys) *engine.Engine {
	t.Helper()
	e, err := e.With(s, keys)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// opened is Open into fresh room.
func opened(ctx context.Context, e core.Engine, token []byte) (o core.Opened, err error) {
	err = e.Open(ctx, token, &o)
	return o, err
}

func open(t *testing.T, e core.Engine, token string) core.Opened {
	t.Helper()
	o, err := opened(t.Context(), e, []byte(token))
	if err != nil {
		t.Fatalf("Open(%.80q) = %v", token, err)
	}
	return o
}

// The examples of the RFCs as whole tokens, with their keys as JWK.
func TestVectors(t *testing.T) {
	set := engines(t)
	for _, file := range coretest.VectorFiles {
		for _, v := range coretest.Vectors(t, file) {
			t.Run(file+" "+v.Section, func(t *testing.T) {
				keys, err := keyring.FromJWK(v.JWK(t))
				if err != nil {
					t.Fatal(err)
				}
				for name, e := range set(t, keys) {
					if o := open(t, e, v.Token); o.Cause.String() != v.Cause {
						t.Errorf("%s: cause %v, want %s", name, o.Cause, v.Cause)
					}
				}
			})
		}
	}
}
