package pages_test

import (
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/edgetoken/edgetoken/host/pages"
)

var writeTo = flag.String("write-pages", "", "folder to write each sample page into, to be looked at in a browser")

// TestWritePages writes every sample page, and shows them to whoever names a folder.
func TestWritePages(t *testing.T) {
	if *writeTo == "" {
		*writeTo = t.TempDir()
	}
	for _, s := range samples {
		if err := os.WriteFile(filepath.Join(*writeTo, s.name+".html"), []byte(render(t, s, plain)),
			0o600); err != nil {
			t.Error(err)
		}
	}
}

// hostile is what may stand in any text that others write.
const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(1)></textarea></title></style></pre><!-- {{.}} javascript:alert(1) &amp;`

// TestHostileTexts puts HTML into every text of every page and looks for what became of it.
func TestHostileTexts(t *testing.T) {
	for _, s := range samples {
		page := render(t, s, func(text string) string { return text + hostile })
		calm := parse(t, s.name, render(t, s, plain))
		wild := parse(t, s.name, page)
		if strings.Contains(page, "<script") || strings.Contains(page, "<img") {
			t.Errorf("%s: a text became an element", s.name)
		}
		if got, want := elements(wild), elements(calm); !slices.Equal(got, want) {
			t.Errorf("%s: with hostile texts the page has other elements:\n got %v\nwant %v", s.name, got, want)
		}
		for _, n := range wild {
			for _, a := range n.Attr {
				if strings.HasPrefix(strings.ToLower(a.Key), "on") {
					t.Errorf("%s: <%s> has the attribute %s", s.name, n.Data, a.Key)
				}
			}
		}
	}
}

// TestSchemes puts the address of a script where a page has links: none may run it.
func TestSchemes(t *testing.T) {
	for _, s := range samples {
		for _, n := range parse(t, s.name, render(t, s, func(string) string { return "javascript:alert(1)" })) {
			for _, name := range []string{"href", "action", "src", "formaction"} {
				if value := attr(n, name); strings.HasPrefix(strings.ToLower(strings.TrimSpace(value)), "javascript:") {
					t.Errorf("%s: <%s %s=%q>", s.name, n.Data, name, value)
				}
			}
		}
	}
}

// TestStructure holds every page to what a keyboard, a screen reader and a validator need.
func TestStructure(t *testing.T) {
	for _, s := range samples {
		nodes := parse(t, s.name, render(t, s, plain))
		bad := func(format string, args ...any) { t.Errorf(s.name+": "+format, args...) }
		count := map[string]int{}
		ids, labels := map[string]int{}, map[string]string{}
		for _, n := range nodes {
			count[n.Data]++
			if id := attr(n, "id"); id != "" {
				ids[id]++
			}
			if n.DataAtom == atom.Label {
				labels[attr(n, "for")] = text(n)
			}
		}
		for _, name := range []string{"h1", "main", "header", "footer", "title", "style"} {
			if count[name] != 1 {
				bad("%d elements <%s>, want 1", count[name], name)
			}
		}
		if count["script"]+count["img"]+count["iframe"]+count["object"] > 0 {
			bad("the page asks for or runs something")
		}
		for id, n := range ids {
			if n > 1 {
				bad("%d elements with the id %q", n, id)
			}
		}
		level := 0
		for _, n := range nodes {
			switch n.DataAtom {
			case atom.Html:
				if attr(n, "lang") != "en" {
					bad("lang is %q", attr(n, "lang"))
				}
			case atom.H1, atom.H2, atom.H3:
				if now := int(n.Data[1] - '0'); now > level+1 {
					bad("a heading of level %d follows one of level %d", now, level)
				} else {
					level = now
				}
				if text(n) == "" {
					bad("<%s> is empty", n.Data)
				}
			case atom.Input, atom.Textarea, atom.Select:
				if attr(n, "type") != "hidden" && labels[attr(n, "id")] == "" {
					bad("<%s name=%q> has no label", n.Data, attr(n, "name"))
				}
			case atom.A, atom.Button:
				if text(n) == "" {
					bad("<%s> says nothing", n.Data)
				}
			case atom.Nav, atom.Section:
				if attr(n, "aria-label")+attr(n, "aria-labelledby") == "" {
					bad("<%s> has no name", n.Data)
				}
			case atom.Form:
				if !strings.EqualFold(attr(n, "method"), "post") || !strings.HasPrefix(attr(n, "action"), "/") {
					bad("a form is sent by %q to %q", attr(n, "method"), attr(n, "action"))
				}
				if !hasField(n, pages.CSRFField) {
					bad("the form of %s has no CSRF token", attr(n, "action"))
				}
			}
			for _, name := range []string{"aria-describedby", "aria-labelledby", "for"} {
				for id := range strings.FieldsSeq(attr(n, name)) {
					if ids[id] == 0 {
						bad("%s=%q names no element", name, id)
					}
				}
			}
			if target, local := strings.CutPrefix(attr(n, "href"), "#"); local && ids[target] == 0 {
				bad("a link leads to #%s, which is not there", target)
			}
			if attr(n, "style") != "" {
				bad("<%s> has a style of its own, which the policy forbids", n.Data)
			}
		}
	}
}

// TestTitles wants a title of its own for each page.
func TestTitles(t *testing.T) {
	seen := map[string]string{}
	for _, s := range samples {
		for _, n := range parse(t, s.name, render(t, s, plain)) {
			if n.Data == "title" {
				page, _, _ := strings.Cut(s.name, "-")
				if other, taken := seen[text(n)]; taken && other != page {
					t.Errorf("%s has the title of %s: %q", s.name, other, text(n))
				}
				seen[text(n)] = page
			}
		}
	}
}

// TestErrorsAtFields: a field that is to blame says so to a screen reader, and its error is found from it.
func TestErrorsAtFields(t *testing.T) {
	for _, s := range samples {
		if !strings.Contains(s.name, "wrong") && !strings.Contains(s.name, "blank") && s.name != "token-error" {
			continue
		}
		invalid, alerts := 0, 0
		for _, n := range parse(t, s.name, render(t, s, plain)) {
			if attr(n, "aria-invalid") == "true" {
				invalid++
				if attr(n, "aria-describedby") == "" {
					t.Errorf("%s: %s is invalid and nothing says why", s.name, attr(n, "name"))
				}
			}
			if attr(n, "role") == "alert" {
				alerts++
			}
			if n.Data == "title" && !strings.HasPrefix(text(n), "Error: ") {
				t.Errorf("%s: the title %q does not tell of the error", s.name, text(n))
			}
		}
		if invalid == 0 || alerts != 1 {
			t.Errorf("%s: %d invalid fields and %d alerts, want some and 1", s.name, invalid, alerts)
		}
	}
}

// TestPolicy: the style in each page is the one that the policy allows, and nothing else is.
func TestPolicy(t *testing.T) {
	for _, want := range []string{"default-src 'none'", "form-action 'self'", "frame-ancestors 'none'",
		"base-uri 'none'"} {
		if !strings.Contains(pages.Policy(), want) {
			t.Errorf("the policy lacks %q: %s", want, pages.Policy())
		}
	}
	if strings.Contains(pages.Policy(), "script-src") || strings.Contains(pages.Policy(), "unsafe") {
		t.Errorf("the policy allows scripts or what is unsafe: %s", pages.Policy())
	}
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`)
	for _, s := range samples {
		found := style.FindStringSubmatch(render(t, s, plain))
		if found == nil {
			t.Fatalf("%s has no style", s.name)
		}
		sum := sha256.Sum256([]byte(found[1]))
		if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(pages.Policy(),
			want) {
			t.Errorf("%s: the style is not that of the policy", s.name)
		}
		if strings.Contains(found[1], "http") || strings.Contains(found[1], "@import") ||
			strings.Contains(found[1], "url(") {
			t.Errorf("%s: the style asks for something", s.name)
		}
	}
}

// TestPasswordIsNotShown: nothing puts a password into a page.
func TestPasswordIsNotShown(t *testing.T) {
	for _, s := range samples {
		for _, n := range parse(t, s.name, render(t, s, plain)) {
			if attr(n, "type") == "password" && attr(n, "value") != "" {
				t.Errorf("%s: a password field has a value", s.name)
			}
		}
	}
}

// TestDjangosWords are the texts by which programs know Django's pages.
func TestDjangosWords(t *testing.T) {
	for name, wants := range map[string][]string{
		"login": {`name="username"`, `name="password"`, `name="csrfmiddlewaretoken"`, `name="next"`,
			`autocomplete="username"`, `autocomplete="current-password"`},
		"login-wrong": {"Please enter a correct email address and password. Note that both fields may be " +
			"case-sensitive."},
		"login-blank": {"This field is required."},
		"loggedout":   {"Logged out"},
		"csrf":        {"CSRF verification failed. Request aborted."},
		"failure-404": {"Not Found", "The requested resource was not found on this server."},
	} {
		for _, s := range samples {
			if s.name != name {
				continue
			}
			page := render(t, s, plain)
			for _, want := range wants {
				if !strings.Contains(page, want) {
					t.Errorf("%s lacks %q", name, want)
				}
			}
		}
	}
	s := samples[1]
	if page := render(t, s, func(string) string {
		return `"><script>x'+y`
	}); !strings.Contains(page, "&quot;&gt;&lt;script&gt;x&#x27;+y") {
		t.Error("quotes and plus signs are not escaped as Django does")
	}
}

// parse gives the elements of a page in their order.
func parse(t *testing.T, name, page string) (elements []*html.Node) {
	t.Helper()
	if !strings.HasPrefix(page, "<!doctype html>") {
		t.Errorf("%s does not begin with a doctype", name)
	}
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			elements = append(elements, n)
		}
	}
	return elements
}

func elements(nodes []*html.Node) (names []string) {
	for _, n := range nodes {
		if n.DataAtom != atom.Span { // those colour JSON, which is cut otherwise where it is another text
			names = append(names, n.Data)
		}
	}
	return names
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

func hasField(form *html.Node, name string) bool {
	for n := range form.Descendants() {
		if n.DataAtom == atom.Input && attr(n, "name") == name {
			return true
		}
	}
	return false
}
