package pages_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/pages"
)

func TestColour(t *testing.T) {
	for _, c := range []struct {
		text string
		want []pages.Piece
	}{
		{"", nil},
		{`{"a": "b"}`, []pages.Piece{{"", "{"}, {"key", `"a"`}, {"", ": "}, {"string", `"b"`}, {"", "}"}}},
		{`[-1.5e+3, true, null]`, []pages.Piece{{"", "["}, {"number", "-1.5e+3"}, {"", ", "}, {"literal", "true"},
			{"", ", "}, {"literal", "null"}, {"", "]"}}},
		{`"a\"b"`, []pages.Piece{{"string", `"a\"b"`}}},
		{`"open\`, []pages.Piece{{"string", `"open\`}}},
		{"é", []pages.Piece{{"", "é"}}},
	} {
		if got := pages.Colour(c.text); !slices.Equal(got, c.want) {
			t.Errorf("colour(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

// FuzzColour: no text is lost or added, and it ends.
func FuzzColour(f *testing.F) {
	for _, seed := range []string{"", `{"a": [1, "b\"", true, null]}`, `"\`, "é\x80", `NaN:Infinity-`,
		strings.Repeat("[", 100)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var b strings.Builder
		for _, p := range pages.Colour(text) {
			if p.Text == "" {
				t.Errorf("colour(%q) has an empty piece", text)
			}
			b.WriteString(p.Text)
		}
		if b.String() != text {
			t.Errorf("colour(%q) gives %q", text, b.String())
		}
	})
}
