package httpapi_test

import (
	"net/netip"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/store"
)

func TestShownAgent(t *testing.T) {
	for _, c := range [][2]string{
		{"", ""},
		{"Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101", "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101"},
		{"a\tb\x00\x1b[31m\r\nSet-Cookie: x", "ab[31mSet-Cookie: x"},
		{"<script>", "<script>"}, // a page escapes it
		{"caf\u00e9\u202egpj.exe\u2066\u200b", "caf\u00e9gpj.exe"},
		{"caf\xe9 \xff\ufffd\u0085", "caf "},
		{strings.Repeat("x", 255) + "\u00e9\u00e9", strings.Repeat("x", 255)},
		{strings.Repeat("\u00e9", 200), strings.Repeat("\u00e9", 128)},
		{strings.Repeat("\x01", 9999) + "end", "end"},
	} {
		if got := httpapi.ShownAgent(c[0]); got != c[1] {
			t.Errorf("shownAgent(%.40q) = %q, want %q", c[0], got, c[1])
		}
	}
}

// FuzzShownAgent: whatever a client sends, what is kept is short, prints, and is kept as it is if it is sent again.
func FuzzShownAgent(f *testing.F) {
	for _, seed := range []string{
		"", "curl/8.5.0", "\xff\x00\x1b", "\u202e", strings.Repeat("\u00e9", 300), "\U0001f600",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		got := httpapi.ShownAgent(header)
		if len(got) > store.MaxAgent || !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool {
			return !unicode.IsPrint(r)
		}) {
			t.Errorf("shownAgent(%q) = %q", header, got)
		}
		if again := httpapi.ShownAgent(got); again != got {
			t.Errorf("shownAgent(%q) = %q", got, again)
		}
	})
}

func TestCoarse(t *testing.T) {
	for address, want := range map[string]string{
		"203.0.113.77": "203.0.113.0/24", "127.0.0.1": "127.0.0.0/24", "2001:db8:1:2:3::4": "2001:db8:1::/48",
		"::1": "::/48",
	} {
		if got := httpapi.Coarse(netip.MustParseAddr(address)); got != want {
			t.Errorf("coarse(%s) = %q, want %q", address, got, want)
		}
	}
	if got := httpapi.Coarse(netip.Addr{}); got != "" {
		t.Errorf("coarse of no address = %q", got)
	}
}
