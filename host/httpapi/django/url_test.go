package django_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// TestSafeURL has what the two versions say of URLs to go back to, for the host "shop.example:8000".
func TestSafeURL(t *testing.T) {
	for _, c := range []struct {
		url        string
		now, older bool // Django 5.2, Django 3.2
	}{
		{"/customers/", true, true},
		{"customers", true, true},
		{"?next=//evil.example", true, true},
		{"#top", true, true},
		{"/ok/../x", true, true},
		{"  /spaces/  ", true, true},
		{"/%0d%0aX: y", true, true},
		{"/a\r\nX: y", true, true},
		{"http://shop.example:8000/x", true, true},
		{"//shop.example:8000/x", true, true},
		{"HTTPS://shop.example:8000", true, true},
		{"", false, false},
		{"   ", false, false},
		{"//evil.example", false, false},
		{"///evil.example", false, false},
		{"////evil.example", false, false},
		{`/\evil.example`, false, false},
		{`\\evil.example`, false, false},
		{`\/evil.example`, false, false},
		{`/\/evil.example`, false, false},
		{"http:///evil.example", false, false},
		{"http:evil.example", false, false},
		{"http:/evil.example", false, false},
		{"http://evil.example/", false, false},
		{"http://shop.example/", false, false},
		{"http://SHOP.example:8000/", false, false},
		{"http://shop.example:8000@evil.example/", false, false},
		{`http://shop.example:8000\@evil.example/`, false, false},
		{"http://evil.example#@shop.example:8000/", false, false},
		{"javascript:alert(1)", false, false},
		{"JaVaScRiPt:alert(1)", false, false},
		{"data:text/html,x", false, false},
		{"ftp://shop.example:8000/", false, false},
		{"mailto:ana@example.com", false, false},
		{"\x00//evil.example", false, false},
		{"\u200b//evil.example", false, false},
		{"\x1f/x", true, true}, // white space for Python
		{"http://[::1/", false, false},
		{"http://[::1]/", false, false},
		{"//evil.example／x", false, false},
		{"/" + strings.Repeat("a", 2047), true, true},
		{"/" + strings.Repeat("a", 2048), false, false},
		{"/" + strings.Repeat(" ", 2048), false, false},
		{"/" + strings.Repeat("é", 2047), true, true},
		{"/\t/evil.example", false, true}, // the tab is escaped in Location
		{"java\nscript:alert(1)", false, true},
		{"1a:b", true, false},
	} {
		for version, want := range map[django.Rules]bool{newRules: c.now, oldRules: c.older} {
			if got := django.SafeURL(c.url, "shop.example:8000", false, version); got != want {
				t.Errorf("SafeURL(%q, strict %v) = %v, want %v", c.url, version.StrictURLs, got, want)
			}
		}
	}
	for url, want := range map[string]bool{"/x": true, "https://a/x": true, "http://a/x": false, "//a/x": false} {
		if got := django.SafeURL(url, "a", true, newRules); got != want {
			t.Errorf("SafeURL(%q) over TLS = %v, want %v", url, got, want)
		}
	}
}

func TestSplitURL(t *testing.T) {
	for url, want := range map[string]django.URL{
		"https://a.example:1/x?y#z": {Scheme: "https", NetLoc: "a.example:1"},
		" \x00HtTp://a":             {Scheme: "http", NetLoc: "a"},
		"ht\ttp:\n//a\r.b":          {Scheme: "http", NetLoc: "a.b"},
		"//a?b":                     {NetLoc: "a"},
		"/x:y":                      {},
		"1a:b":                      {},
		"null":                      {},
		"http://[::1]:80/":          {Scheme: "http", NetLoc: "[::1]:80"},
		"http://[v1.x]/":            {Scheme: "http", NetLoc: "[v1.x]"},
	} {
		if got, err := django.SplitURL(url); err != nil || got != want {
			t.Errorf("SplitURL(%q) = %+v, %v; want %+v", url, got, err, want)
		}
	}
	for _, url := range []string{"http://[::1", "http://::1]", "http://[1.2.3.4]/", "http://[x]/", "http://a℀b/"} {
		if got, err := django.SplitURL(url); !errors.Is(err, django.ErrURL) {
			t.Errorf("SplitURL(%q) = %+v, %v; want %v", url, got, err, django.ErrURL)
		}
	}
}

// TestJoinURL has what Python's urlsplit(url).geturl() gives.
func TestJoinURL(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"https://evil.example/a?b#c", "https://evil.example/a?b#c"},
		{"HTTPS://EVIL.example/X", "https://EVIL.example/X"},
		{"https://evil.example/x?#", "https://evil.example/x"},
		{"https://evil.example?", "https://evil.example"},
		{"https://evil.example#?", "https://evil.example#?"},
		{" ht\ttps://evil.example/\n", "https://evil.example/"},
		{"https://evil.example:443/a:b", "https://evil.example:443/a:b"},
	} {
		if got := django.JoinURL(c.url); got != c.want {
			t.Errorf("JoinURL(%q) = %q, want %q", c.url, got, c.want)
		}
	}
}

func TestURI(t *testing.T) {
	for iri, want := range map[string]string{
		"/a/?b=c&d=%20#e": "/a/?b=c&d=%20#e",
		"/%0d%0aX: y":     "/%0d%0aX:%20y",
		"/a\r\nX: y":      "/a%0D%0AX:%20y",
		"/é\x00\"<>\\":    "/%C3%A9%00%22%3C%3E%5C",
	} {
		if got := django.URI(iri); got != want {
			t.Errorf("URI(%q) = %q, want %q", iri, got, want)
		}
	}
}

func TestSameDomain(t *testing.T) {
	for _, c := range []struct {
		host, pattern string
		want          bool
	}{
		{"a.example", "a.example", true}, {"a.example", "A.example", true}, {"A.example", "a.example",
			false}, {"a.example", "", false},
		{"x.a.example", "a.example", false}, {"x.a.example", ".a.example", true}, {"a.example", ".a.example",
			true}, {"xa.example", ".a.example", false},
		{"a.example:1", "a.example", false},
	} {
		if got := django.SameDomain(c.host, c.pattern); got != c.want {
			t.Errorf("SameDomain(%q, %q) = %v, want %v", c.host, c.pattern, got, c.want)
		}
	}
}

// FuzzSafeURL: what is found safe is a path here or a URL of this host, in the way that browsers read it.
func FuzzSafeURL(f *testing.F) {
	for _, seed := range []string{"/x", "//evil", `/\evil`, "http://h/x", "http:x", "\t//evil", "/\t/evil", `\\`,
		"h:", "//h\\@evil"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, url string) {
		for _, rules := range []django.Rules{newRules, oldRules} {
			if !django.SafeURL(url, "h", false, rules) {
				continue
			}
			location := django.URI(url)
			if strings.ContainsAny(location, "\r\n\t\x00 \\") {
				t.Errorf("URI(%q) = %q, which is no header", url, location)
			}
			// Without any host after it, // leads nowhere.
			if rest, ok := strings.CutPrefix(location, "//"); ok && rest != "" &&
				!strings.ContainsAny(rest[:1], "h?#%") {
				t.Errorf("SafeURL(%q) = true, and it leads to another host", url)
			}
		}
	})
}
