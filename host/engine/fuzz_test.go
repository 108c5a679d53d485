package engine_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/engine"
)

// FuzzAgree gives the same tokens to the native engine and to both modules: they agree on every byte.
func FuzzAgree(f *testing.F) {
	for _, token := range coretest.RecordedTokens(f) {
		f.Add(token, `{"alg":"HS256"}`, `{"exp":1}`)
	}
	f.Add("", `{"alg":"HS256","kid":"\ud83d\udd11"}`, `{"token_type":"refresh","exp":4102444800,"jti":5,"user_id":" 1_0 ","a":[{"b":1e9}]}`)
	native := core.NewNative(core.DefaultSettings(), coretest.OneKey())
	modules := map[string]core.Engine{"wasm": newEngine(f, engine.Config{}), "wasm-full": newEngine(f, engine.Config{SelfContained: true})}
	f.Fuzz(func(t *testing.T, token, header, claims string) {
		for _, token := range []string{token, coretest.Sign("HS256", coretest.Secret, header, claims)} {
			want, err := native.Open(context.Background(), []byte(token))
			if err != nil {
				t.Fatal(err)
			}
			req := core.Request{
				Op: core.Refresh, Opened: want, Now: coretest.Now, Entropy: coretest.Entropy,
				State: core.State{Customer: core.Customer{ID: core.Integer(1), UserID: core.Integer(1), Active: true}},
			}
			wantOutcome, err := native.Decide(context.Background(), req)
			if err != nil {
				t.Fatal(err)
			}
			for name, e := range modules {
				got, err := e.Open(context.Background(), []byte(token))
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Fatalf("Open(%q)\n%9s: %+v, %v\n   native: %+v", token, name, got, err, want)
				}
				outcome, err := e.Decide(context.Background(), req)
				if err != nil || !reflect.DeepEqual(outcome, wantOutcome) {
					t.Fatalf("Decide(%q)\n%9s: %+v, %v\n   native: %+v", token, name, outcome, err, wantOutcome)
				}
			}
		}
	})
}
