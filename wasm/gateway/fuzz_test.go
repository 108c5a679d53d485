package gateway_test

import (
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/wasm/gateway"
)

// FuzzRead reads configurations. What is accepted decides about requests.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"policy":` + policy + `,"rules":[{"path":"/","require":"token"},{"path":"/a","require":"none"}]}`))
	f.Add([]byte(`{"policy":` + policy + `,"rules":[{"path":"/","require":"optional"}],"headers":{"X-A":"a"},` +
		`"cookie":"c","origins":["https://a"],"realm":"r","auth_header_name":"X-T","auth_header_types":["JWT"],` +
		`"bundle":{"file":"f","poll":"5"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		g, err := gateway.Read(text)
		if err != nil {
			return
		}
		if a := g.Handle(&gateway.Request{Target: "/a"}, now); a.Pass == (a.Status != 0) || a.Status == 503 {
			t.Errorf("%q: without a token %+v", text, a)
		}
	})
}

// FuzzHandle sends requests. Nothing passes where a token is required but with a good one, and each path that passes is
// the same for readers that decode, that clean up, and that do both.
func FuzzHandle(f *testing.F) {
	for _, target := range []string{"/", "/open/a?b", "/open/../a", "/a%2e%2e/", "/%252f", "//", "/open%c3%bc", "*"} {
		f.Add(target, "Bearer a.b.c", "access=x; access=y", "https://evil.example", "close")
	}
	g := read(f, `"rules":[{"path":"/","require":"token"},{"path":"/open","require":"none"}],"cookie":"access"`)
	f.Fuzz(func(t *testing.T, target, auth, cookie, origin, connection string) {
		a := g.Handle(&gateway.Request{
			Target: target, Host: "localhost", Auth: []string{auth}, Cookies: []string{cookie},
			Origins: []string{origin}, Connection: []string{connection},
		}, now)
		if !a.Pass {
			if a.Status != 401 && a.Status != 403 {
				t.Fatalf("%q: %+v", target, a)
			}
			return
		}
		sent, _, _ := strings.Cut(target, "?")
		decoded, err := url.PathUnescape(sent)
		if err != nil || decoded != "/open" && !strings.HasPrefix(decoded, "/open/") {
			t.Fatalf("%q passes without a token: %q, %v", target, decoded, err)
		}
		for _, reading := range []string{path.Clean(sent), path.Clean(decoded)} {
			if reading != strings.TrimSuffix(sent, "/") && reading != strings.TrimSuffix(decoded, "/") {
				t.Fatalf("%q passes, and may be read as %q", target, reading)
			}
		}
		if twice, err := url.PathUnescape(decoded); err == nil && twice != decoded {
			t.Fatalf("%q passes, and may be read as %q", target, twice)
		}
	})
}
