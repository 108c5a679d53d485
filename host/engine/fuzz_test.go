package engine_test

import (
	"context"
	"errors"
	"flag"
	"reflect"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// together are the native engine and all modules under one configuration. They remember headers and layouts of the
// tokens before; fresh remembers nothing.
type together struct {
	fresh   func() core.Engine
	native  core.Engine
	modules map[string]core.Engine
}

func newTogether(tb testing.TB, s core.Settings, keys core.Keys) together {
	tb.Helper()
	fresh := func() core.Engine { return core.NewNative(s, keys) }
	all := together{fresh, fresh(), map[string]core.Engine{}}
	all.modules["native"] = all.native
	for _, name := range []string{"wasm", "wasm-full", "wasm-verify"} {
		all.modules[name] = with(tb, shared(tb, name), s, keys)
	}
	return all
}

// agree gives one token to all of them, to be opened and judged in every way: they agree on every byte of every
// answer, and on every error.
func (all together) agree(t *testing.T, token string) {
	t.Helper()
	want, err := opened(context.Background(), all.fresh(), []byte(token))
	if err != nil {
		t.Fatal(err)
	}
	for name, e := range all.modules {
		got, err := opened(context.Background(), e, []byte(token))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("Open(%q)\n%11s: %+v, %v\n      fresh: %+v", token, name, got, err, want)
		}
	}
	for op := core.Authenticate; op <= core.Blacklist; op++ {
		req := core.Request{
			Op: op, Opened: want, Now: coretest.Now, Entropy: coretest.Entropy(), Extra: []byte(`{"plan":"pro"}`),
			State: core.State{Customer: core.Customer{ID: core.Integer(1), UserID: core.Integer(1), Active: true},
				PasswordGood: true},
		}
		want, wantErr := all.native.Decide(context.Background(), req)
		for name, e := range all.modules {
			if name == "wasm-verify" && op.Writes() {
				continue
			}
			got, err := e.Decide(context.Background(), req)
			if !errors.Is(err, wantErr) || err == nil && !reflect.DeepEqual(got, want) {
				t.Fatalf("Decide(op %d, %q)\n%11s: %+v, %v\n     native: %+v, %v", op, token, name, got, err, want,
					wantErr)
			}
		}
	}
}

// configurations are the usual settings with one key, those of the older version, and others with a key of another
// issuer.
func configurations(tb testing.TB) map[string]together {
	tb.Helper()
	older, other := core.DefaultSettings(), core.DefaultSettings()
	older.Compat, older.Wire = core.V52, core.Exact
	other.Compat, other.Wire, other.Audience, other.TokenTypeClaim, other.IDClaim, other.UserIDClaim = core.V52,
		core.Exact, []string{"shop"}, "typ", "", "größe"
	other.AuthTokenClasses = []core.TokenType{core.SlidingToken, core.AccessToken}
	keys := coretest.NewHMACKeys(7,
		coretest.HMACKey{KeyInfo: core.KeyInfo{ID: "one", Algorithm: "HS512"}, Secret: coretest.OtherSecret},
		coretest.HMACKey{KeyInfo: core.KeyInfo{ID: "two", Algorithm: "HS256", Issuer: "https://partner.example",
			Default: true, AnyID: true}, Secret: coretest.Secret},
	)
	return map[string]together{
		"usual": newTogether(tb, core.DefaultSettings(), coretest.OneKey()), "older": newTogether(tb, older,
			coretest.OneKey()),
		"other": newTogether(tb, other, keys),
	}
}

// TestSeedsAgree: native and wasm agree on all that was recorded, on every input that fuzzers found, and on tokens at
// their bounds, in every configuration.
func TestSeedsAgree(t *testing.T) {
	for name, all := range configurations(t) {
		t.Run(name, func(t *testing.T) {
			tokens := coretest.Seeds(t)
			for _, b := range coretest.Bounds() {
				tokens = append(tokens, b.Token)
			}
			causes := map[cause.Cause]int{}
			for _, token := range tokens {
				all.agree(t, token)
				o, _ := opened(t.Context(), all.native, []byte(token))
				causes[o.Cause]++
			}
			for _, c := range []cause.Cause{cause.OK, cause.Malformed, cause.BadHeader, cause.BadAlgorithm,
				cause.BadSignature, cause.BadClaims, cause.TooLong} {
				if causes[c] == 0 {
					t.Errorf("no seed is %v, so that nobody knows whether all agree on that", c)
				}
			}
		})
	}
}

// FuzzAgree gives the same tokens to the native engine and to all modules, in every configuration. It begins with the
// seeds only where it fuzzes, since TestSeedsAgree has them all.
func FuzzAgree(f *testing.F) {
	if flag.Lookup("test.fuzz").Value.String() != "" {
		for _, token := range coretest.Seeds(f) {
			f.Add(token, `{"alg":"HS256"}`, `{"exp":1}`)
		}
	}
	f.Add("", `{"alg":"HS256","kid":"\ud83d\udd11"}`,
		`{"token_type":"refresh","exp":4102444800,"jti":5,"user_id":" 1_0 ","a":[{"b":1e9}]}`)
	configured := configurations(f)
	f.Fuzz(func(t *testing.T, token, header, claims string) {
		for _, all := range configured {
			all.agree(t, token)
			all.agree(t, coretest.Sign("HS256", coretest.Secret, header, claims))
		}
	})
}

// FuzzTaught has the owner of another issuer's key teach all engines headers and layouts, and then gives them tokens of
// ours, of theirs, and forged ones that look like either.
func FuzzTaught(f *testing.F) {
	f.Add(`{"alg":"HS256","kid":"two"}`, `{"exp":4102444800,"a":{"b":[1,"x",null]}}`, `{"alg":"HS512","kid":"one"}`,
		`{"exp":4102444801,"a":{"b":[22,"\u0041",true]}}`)
	f.Add(`{"alg":"HS256"}`, `{"exp":1,"typ":"access"}`, `{"alg":"HS512","kid":"one"}`, `{"exp":1,"EXP":1}`)
	f.Add(`{"alg":"HS256","kid":"one"}`, `{"a":"","b":1}`, `{"alg":"HS256","kid":"one"}`, `{"a":"","a":1}`)
	other := configurations(f)["other"]
	f.Fuzz(func(t *testing.T, theirHeader, theirClaims, header, claims string) {
		for range 3 { // from the second time on they know it
			other.agree(t, coretest.Sign("HS256", coretest.Secret, theirHeader, theirClaims))
		}
		for _, c := range [][2]string{{header, claims}, {header, theirClaims}, {theirHeader, claims}} {
			other.agree(t, coretest.Sign("HS512", coretest.OtherSecret, c[0], c[1]))
			other.agree(t, coretest.Sign("HS256", coretest.Secret, c[0], c[1]))
			other.agree(t, coretest.Sign("HS512", coretest.Secret, c[0], c[1]))
			other.agree(t, coretest.Sign("HS256", coretest.OtherSecret, c[0], c[1]))
		}
	})
}
