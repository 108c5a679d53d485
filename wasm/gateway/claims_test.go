//go:build !wasip1

// The store that it compares with has no build for wasip1.

package gateway_test

import (
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/host/claimmap"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/wasm/gateway"
)

// sign signs claims with the key of policy.
func sign(t *testing.T, claims string) string {
	t.Helper()
	key, err := jws.NewKey("HS256", []byte("0123456789012345678901234567890123"))
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	input := encode([]byte(`{"alg":"HS256","kid":"one"}`)) + "." + encode([]byte(claims))
	signature, err := key.Sign([]byte(input), nil)
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + encode(signature)
}

// ask is the answer to a request with these claims, and the value of its one header, X-Value, with the claim "value".
func ask(t *testing.T, value string) (gateway.Answer, string) {
	t.Helper()
	g := read(t, `"rules":[{"path":"/","require":"token"}],"headers":{"X-Value":"value"}`)
	claims := `{"token_type":"access","exp":1790003600,"jti":"a","user_id":"7"` + value + `}`
	a := g.Handle(&gateway.Request{Target: "/", Auth: []string{"Bearer " + sign(t, claims)}}, now)
	if !a.Pass || string(a.Claims) != claims || string(a.Customer) != "7" || len(a.Headers) != 1 {
		t.Fatalf("%s: %+v", claims, a)
	}
	return a, a.Headers[0].Value
}

// TestClaims: a claim as the value of a header.
func TestClaims(t *testing.T) {
	for _, c := range [][2]string{
		{``, ""}, {`null`, ""}, {`""`, ""}, {`[]`, ""}, {`true`, "true"}, {`7`, "7"}, {`-1.50e+3`, "-1.50e+3"},
		{`12345678901234567890123`, "12345678901234567890123"}, {`"a b"`, "a b"},
		{`" a,%\u00e9 "`, "%20a%2C%25%C3%A9%20"}, {`"\r\nX: y\u0000"`, "%0D%0AX: y%00"},
		{`["a","b, c"]`, "a,b%2C c"}, {`["a",1]`, `["a"%2C1]`}, {`{"a":[1, 2]}`, `{"a":[1%2C 2]}`},
	} {
		value, want := c[0], c[1]
		if value != "" {
			value = `,"value":` + value
		}
		if _, got := ask(t, value); got != want {
			t.Errorf("%s: %q, want %q", value, got, want)
		}
	}
}

// TestHeadersAsTheNode: a text and a list of texts are written as the node's check writes fields.
func TestHeadersAsTheNode(t *testing.T) {
	texts := []string{"", " ", "  ", "a", "Zoë", "a,b", "100%", "%41", " a ", "a b", "\t",
		"\x7f", "\"\\", "~!", "\U0001F600", "\r\n"}
	name, err := claimmap.ParseField("first_name")
	if err != nil {
		t.Fatal(err)
	}
	groups, err := claimmap.ParseField("groups")
	if err != nil {
		t.Fatal(err)
	}
	for i := range texts {
		for _, c := range []struct {
			field claimmap.Field
			value any
			who   store.Customer
		}{
			{name, texts[i], store.Customer{FirstName: texts[i]}},
			{groups, texts[i:], store.Customer{Groups: texts[i:]}},
		} {
			value, err := json.Marshal(c.value)
			if err != nil {
				t.Fatal(err)
			}
			if _, got := ask(t, `,"value":`+string(value)); got != c.field.Header(&c.who) {
				t.Errorf("%s: %q at the gateway, %q at the node", value, got, c.field.Header(&c.who))
			}
		}
	}
}

// TestPanic: a bug is no verdict, and the next request gets its own.
func TestPanic(t *testing.T) {
	g := read(t, `"rules":[{"path":"/","require":"token"}]`)
	good := gateway.Request{Target: "/", Auth: []string{"Bearer " +
		sign(t, `{"token_type":"access","exp":1790003600,"jti":"a","user_id":"7"}`)}}
	if a := g.Handle(nil, now); a.Status != 503 || a.Reason != "failed" || a.Pass {
		t.Errorf("a panic: %+v", a)
	}
	if a := g.Handle(&good, now); !a.Pass {
		t.Errorf("after a panic: %+v", a)
	}
	if a := g.Handle(&good, 1700000000); a.Status != 503 || a.Reason != "bad_clock" {
		t.Errorf("with a clock of 2023: %+v", a)
	}
}
