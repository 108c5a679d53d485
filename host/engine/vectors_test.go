package engine_test

import (
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/keyring"
)

// engines are the native engine and both modules, configured anew by set.
func engines(t *testing.T) (set func(*testing.T, core.Keys) map[string]core.Engine) {
	native := core.NewNative(core.DefaultSettings(), coretest.OneKey())
	wasm, full := newEngine(t, engine.Config{}), newEngine(t, engine.Config{SelfContained: true})
	return func(t *testing.T, keys core.Keys) map[string]core.Engine {
		t.Helper()
		native.Configure(core.DefaultSettings(), keys)
		for _, e := range []*engine.Engine{wasm, full} {
			if err := e.Configure(core.DefaultSettings(), keys); err != nil {
				t.Fatal(err)
			}
		}
		return map[string]core.Engine{"native": native, "wasm": wasm, "wasm-full": full}
	}
}

func open(t *testing.T, e core.Engine, token string) core.Opened {
	t.Helper()
	o, err := e.Open(t.Context(), []byte(token))
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
