package store_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/store"
)

// shownOf is what lists of log-ins show of a User-Agent header.
func shownOf(header string) string { return store.Client{Agent: header}.Cut().Agent }

func TestShownOfClients(t *testing.T) {
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
		if got := shownOf(c[0]); got != c[1] {
			t.Errorf("shownOf(%.40q) = %q, want %q", c[0], got, c[1])
		}
	}
}

// FuzzShownOfClients: whatever a client sends, what is kept is short, prints, and is kept as it is if it is sent again.
func FuzzShownOfClients(f *testing.F) {
	for _, seed := range []string{
		"", "curl/8.5.0", "\xff\x00\x1b", "\u202e", strings.Repeat("\u00e9", 300), "\U0001f600",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		got := shownOf(header)
		if len(got) > store.MaxAgent || !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool {
			return !unicode.IsPrint(r)
		}) {
			t.Errorf("shownOf(%q) = %q", header, got)
		}
		if again := shownOf(got); again != got {
			t.Errorf("shownOf(%q) = %q", got, again)
		}
	})
}
