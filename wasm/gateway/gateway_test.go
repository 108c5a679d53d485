package gateway_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/wasm/gateway"
)

// read makes a gateway with rules and more members.
func read(t testing.TB, more string) *gateway.Gateway {
	t.Helper()
	g, err := gateway.Read([]byte(`{"policy":` + policy + `,` + more + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

const policy = `{"jwks":{"keys":[{"kty":"oct","kid":"one","alg":"HS256",` +
	`"k":"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMw"}]}}`

const now = 1790000000

// TestRules: whole segments, the longest first, and nothing by default.
func TestRules(t *testing.T) {
	g := read(t, `"rules":[{"path":"/open","require":"none"},{"path":"/open/closed/","require":"token"},
		{"path":"/perhaps","require":"optional"},{"path":"/ü/50%","require":"none"}]`)
	for target, want := range map[string]int{
		"/open": 0, "/open/": 0, "/open/a": 0, "/open?/closed": 0, "/%6fpen": 0, "/open/closedx": 0,
		"/open/closed": 401, "/open/closed/": 401, "/open/closed/a?b=/../c": 401, "/open/cl%6Fsed": 401,
		"/perhaps": 0, "/%c3%bc/50%25/x": 0,
		"/": 403, "/opened": 403, "/OPEN": 403, "/other": 403,
	} {
		if a := g.Handle(&gateway.Request{Target: target}, now); a.Status != want || a.Pass != (want == 0) {
			t.Errorf("%s: %+v, want %d", target, a, want)
		}
	}
}

// TestDangerousPaths: what servers read differently passes no rule, not even one that lets everything through.
func TestDangerousPaths(t *testing.T) {
	g := read(t, `"rules":[{"path":"/","require":"none"}]`)
	for _, target := range []string{
		"", "*", "open", "http://a/b", "?a", "/a/..", "/../a", "/a/./b", "/.", "//a", "/a//b", "/a/", "/a\\b", "/a;b=c",
		"/a%2fb", "/a%2Fb", "/a%5cb", "/%2e", "/a%2E%2e/b", "/a%00b", "/a%", "/a%2", "/a%zz", "/a%+1", "/a#b", "/a%23",
		"/a\x00b", "/a\nb", "/a%0a", "/a%7f", "/a%3bb", "/a%252e", "/a%25%32e", "/%c0%ae", "/%ff", "/\xff", "/a%3fb",
	} {
		a := g.Handle(&gateway.Request{Target: target}, now)
		want := `{"detail":"The path can be read in more than one way."}`
		if good := target == "/a/"; a.Pass != good || !good && (a.Status != 403 || a.Body != want) {
			t.Errorf("%q: %+v", target, a)
		}
	}
}

// TestTexts: a configuration may have texts where its host makes texts of everything.
func TestTexts(t *testing.T) {
	text, err := json.Marshal(policy)
	if err != nil {
		t.Fatal(err)
	}
	g, err := gateway.Read([]byte(`{"policy":` + string(text) + `,"rules":[{"path":"/","require":"token"}],` +
		`"bundle":{"file":"a","poll":"7"}}`))
	if err != nil || g.Bundle() != (gateway.Source{File: "a", Poll: 7}) {
		t.Errorf("%+v, %v", g, err)
	}
}

// TestStrips: the client's headers go in every spelling.
func TestStrips(t *testing.T) {
	g := read(t, `"headers":{"X-User-Id":"user_id","Remote_Groups":"groups"},"rules":[{"path":"/","require":"none"}]`)
	for name, want := range map[string]bool{
		"X-User-Id": true, "x-user-id": true, "X_USER_ID": true, "x-uSer_Id": true, "remote-groups": true,
		"X-User.Id": true, "X.User~Id": true, "X-User-I": false, "X-User-Id2": false, "XxUser-Id": false, "": false,
	} {
		if g.Strips(name) != want {
			t.Errorf("Strips(%q) = %v", name, !want)
		}
	}
	a := g.Handle(&gateway.Request{Target: "/"}, now)
	if len(a.Headers) != 2 || a.Headers[0] != (gateway.Header{Name: "X-User-Id"}) {
		t.Errorf("without a token: %v, want all headers, empty", a.Headers)
	}
}

// TestConfigIsChecked: an error names the place and the reason.
func TestConfigIsChecked(t *testing.T) {
	for _, c := range [][2]string{
		{``, "the configuration is no strict JSON object"},
		{`{}`, "policy: is missing"},
		{`{"policy":{},"policy":{}}`, "has a name twice"},
		{`{"policy":[]}`, "rules: are missing"},
		{`{"policy":{}}`, "rules: are missing"},
		{`{"rules":{}}`, "rules: must be a list"},
		{`{"rules":[ ]}`, "rules: an empty list"},
		{`{"rules":[{"path":"/","require":"none"},1]}`, "rules[1]: must be an object"},
		{`{"rules":[{"path":"/"}]}`, "rules[0]: must have a path and what it requires"},
		{`{"rules":[{"path":"a","require":"none"}]}`, "rules[0].path: must be a path"},
		{`{"rules":[{"path":"/%61","require":"none"}]}`, "rules[0].path: must be a path"},
		{`{"rules":[{"path":"/a","require":"tokens"}]}`, "rules[0].require: must be token, none or optional"},
		{`{"rules":[{"path":"/a","requires":"token"}]}`, "rules[0].requires: is unknown"},
		{`{"rules":[{"path":"/a","require":"none"},{"path":"/a/","require":"token"}]}`,
			"rules[1]: another rule"},
		{`{"headers":{"Host":"user_id"}}`, "headers.Host: may have a meaning of its own"},
		{`{"headers":{"X-A b":"user_id"}}`, "headers.X-A b: is not the name of a header"},
		{`{"headers":{"X-A-B":"a","x-a_b":"b"}}`, "headers.x-a_b: is there twice"},
		{`{"headers":{"X-A":""}}`, "headers.X-A: must be a text"},
		{`{"cookie":"a;b"}`, "cookie: must be a name"},
		{`{"origins":[1]}`, "origins[0]: must be a text"},
		{`{"realm":"a\"b"}`, "realm: must be visible ASCII"},
		{`{"auth_header_types":[]}`, "auth_header_types: must not be empty"},
		{`{"bundle":{}}`, "bundle: must have either a file or a url"},
		{`{"bundle":{"file":"a","poll":0}}`, "bundle.poll: must be a whole number of seconds"},
		{`{"bundle":{"path":"a"}}`, "bundle.path: is unknown"},
		{`{"polcy":{}}`, "polcy: is unknown"},
		{`{"policy":` + policy + `,"auth_header_name":"X-User-Id","rules":[{"path":"/","require":"token"}]}`,
			"headers: one"},
	} {
		if _, err := gateway.Read([]byte(c[0])); err == nil || !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%s: %v, want %s", c[0], err, c[1])
		}
	}
}
