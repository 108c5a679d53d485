package engine_test

import (
	"context"
	"errors"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/keyring"
)

// allWith are the native engine and both modules with the same keys.
func allWith(t *testing.T, keys core.Keys) map[string]core.Engine {
	t.Helper()
	s := core.DefaultSettings()
	return map[string]core.Engine{
		"native": core.NewNative(s, keys), "wasm": with(t, shared(t, "wasm"), s, keys), "wasm-full": with(t,
			shared(t, "wasm-full"), s, keys),
	}
}

// opened is Open into fresh room. A refused token has no claims, whatever room there is for others.
func opened(ctx context.Context, e core.Engine, token []byte) (o core.Opened, err error) {
	if err = e.Open(ctx, token, &o); len(o.Claims) == 0 {
		o.Claims = nil
	}
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

// ringOf makes a ring of a JWK or a JWK Set of which each key can be used.
func ringOf(text []byte) (*keyring.Ring, error) {
	found, err := keyring.Read(text, "")
	switch {
	case err != nil:
		return nil, err
	case len(found.Skipped) > 0:
		return nil, errors.New(found.Skipped[0].Reason)
	}
	return found.Ring()
}

// The examples of the RFCs as whole tokens, with their keys as JWK.
func TestVectors(t *testing.T) {
	for _, file := range coretest.VectorFiles {
		for _, v := range coretest.Vectors(t, file) {
			t.Run(file+" "+v.Section, func(t *testing.T) {
				keys, err := ringOf(v.JWK(t))
				if err != nil {
					t.Fatal(err)
				}
				for name, e := range allWith(t, keys) {
					if o := open(t, e, v.Token); o.Cause.String() != v.Cause {
						t.Errorf("%s: cause %v, want %s", name, o.Cause, v.Cause)
					}
				}
			})
		}
	}
}
