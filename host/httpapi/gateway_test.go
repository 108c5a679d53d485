package httpapi_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/bundle"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/core/jwk"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/wasm/gateway"
)

// TestGatewayAnswersAsTheNode: with the bundle a gateway lets in whom a view lets in, and refuses with the same body
// and headers.
func TestGatewayAnswersAsTheNode(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*core.Settings){
		"default": func(*core.Settings) {},
		"5.2":     func(s *core.Settings) { s.Compat = core.V52 },
		"classes": func(s *core.Settings) {
			s.AuthTokenClasses = []core.TokenType{core.AccessToken, core.SlidingToken}
		},
		"sliding, 5.2": func(s *core.Settings) {
			s.Compat, s.AuthTokenClasses = core.V52, []core.TokenType{core.SlidingToken, core.AccessToken}
		},
		"strict": func(s *core.Settings) {
			s.Issuer, s.Audience, s.AuthHeaderTypes = new("https://a"), []string{"b"}, []string{"JWT", "Bearer"}
			s.Leeway = time.Minute
		},
		"no type": func(s *core.Settings) { s.TokenTypeClaim, s.IDClaim = "", "" },
	} {
		t.Run(name, func(t *testing.T) {
			settings := core.DefaultSettings()
			change(&settings)
			key := coretest.NewOneOf("ES256", 0)
			s := openShop(t, func(n *node.Config, _ *httpapi.Config) {
				n.Settings, n.Engine = settings, core.NewNative(settings, key)
			})
			_, good := s.login(t)
			refresh, revoked := s.login(t)
			s.post(t, "/auth/token/blacklist/", `{"refresh":"`+refresh+`"}`)
			g := gatewayOf(t, settings, key, revoked)
			for _, header := range authorizations(key, good, refresh, revoked) {
				var headers []string
				rq := gateway.Request{Target: "/"}
				if header != "" {
					headers, rq.Auth = []string{"Authorization: " + header}, []string{header}
				}
				answer, body := s.ask(t, "GET", "/customers/me/", "", headers...)
				a := g.Handle(&rq, time.Now().Unix())
				if a.Pass != (answer.StatusCode == 200) ||
					!a.Pass && (a.Status != answer.StatusCode || a.Body != body) {
					t.Fatalf("%q: the gateway answers %+v, the node %d %s", header, a, answer.StatusCode, body)
				}
				for _, h := range a.Headers {
					if got := answer.Header.Get(h.Name); !a.Pass && got != h.Value {
						t.Errorf("%q: %s is %q at the gateway, %q at the node", header, h.Name, h.Value, got)
					}
				}
			}
		})
	}
}

// gatewayOf is a gateway with a bundle in which the family of a token is revoked.
func gatewayOf(t *testing.T, settings core.Settings, key coretest.OneOf, revoked string) *gateway.Gateway {
	t.Helper()
	material := key.PublicMaterial()
	now := time.Now()
	b := bundle.Bundle{
		Epoch: 1, NotBefore: now.Unix() - 60, NotAfter: now.Unix() + 3600,
		Head: bundle.Head{Settings: settings, Users: core.IntegerID,
			Keys: []bundle.Key{{KeyInfo: key.Info, Material: material}}},
	}
	var o core.Opened
	if err := core.NewNative(settings, key).Open(t.Context(), []byte(revoked), &o); err != nil {
		t.Fatal(err)
	}
	if f := o.FamilyAt(now); f.Ours {
		b.Families = []uint64{bundle.Family(f.Bits, f.Start, true)}
	}
	text, err := bundle.Sign(b.Append(nil), "root", "ES256", nil, key.SignInput)
	if err != nil {
		t.Fatal(err)
	}
	types, err := json.Marshal(settings.AuthHeaderTypes)
	if err != nil {
		t.Fatal(err)
	}
	g, err := gateway.Read([]byte(`{"policy":{"root":` + jwk.Public("root", "ES256", material) + `,"bundle":"` + text +
		`"},"rules":[{"path":"/","require":"token"}],"auth_header_types":` + string(types) + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// authorizations are values of the Authorization header of every kind.
func authorizations(key coretest.OneOf, good, refresh, revoked string) []string {
	list := []string{"", "Basic YQ==", "bearer " + good, "Bearer", "Bearer  ", "JWT", "JWT " + good, "Bearer a b",
		"Bearer\t" + good, " Bearer   " + good + " ", "Bearer,", "Bearer é", "Bearer " + strings.Repeat("x", 1<<12)}
	tokens := []string{good, refresh, revoked, good[:len(good)-8] + "AAAAAAAA", good + "=", "." + good, good[1:],
		"a.b.c"}
	now := time.Now().Unix()
	header, user := `{"alg":"ES256","typ":"JWT"}`, `"jti":"a","user_id":"7"`
	for _, h := range []string{`{"alg":"none"}`, `{"alg":"HS256"}`, `{"alg":"ES256","crit":["x"],"x":1}`, `{}`, `[]`} {
		tokens = append(tokens, key.Issue(h, fmt.Sprintf(`{"token_type":"access","exp":%d,%s}`, now+3600, user)))
	}
	for _, kind := range []string{`"access"`, `"sliding"`, `"refresh"`, `"x"`, `null`, `1`} {
		for _, claims := range []string{
			fmt.Sprintf(`"exp":%d,%s`, now+3600, user), fmt.Sprintf(`"exp":%d,%s`, now-3600, user), user,
			fmt.Sprintf(`"exp":"%d",%s`, now+3600, user), fmt.Sprintf(`"exp":null,%s`, user), `"exp":1e99,` + user,
			fmt.Sprintf(`"exp":%d,"iat":%d,%s`, now+3600, now+3000, user),
			fmt.Sprintf(`"exp":%d,"nbf":%d,%s`, now+3600, now+3000, user),
			fmt.Sprintf(`"exp":%d,"iss":"https://a","aud":"b",%s`, now+3600, user),
			fmt.Sprintf(`"exp":%d,"iss":"https://a","aud":["c","b"],%s`, now+3600, user),
			fmt.Sprintf(`"exp":%d,"iss":"https://b","aud":"b",%s`, now+3600, user),
			fmt.Sprintf(`"exp":%d,"jti":"a"`, now+3600), fmt.Sprintf(`"exp":%d,"user_id":"7"`, now+3600),
			fmt.Sprintf(`"exp":%d,"jti":1,"user_id":"7"`, now+3600), fmt.Sprintf(`"exp":%d,"sub":1,%s`, now+3600, user),
			fmt.Sprintf(`"exp":%d,"exp":%d,%s`, now+3600, now+3600, user),
		} {
			tokens = append(tokens, key.Issue(header, `{"token_type":`+kind+`,`+claims+`}`))
		}
	}
	for _, token := range tokens {
		list = append(list, "Bearer "+token)
	}
	return list
}
