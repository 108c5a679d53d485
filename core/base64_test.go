package core_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
)

// decodes holds core's reading of base64url against the standard library's, strict and without the line breaks that
// it skips.
func decodes(t *testing.T, text []byte) {
	t.Helper()
	want, err := base64.RawURLEncoding.Strict().DecodeString(string(text))
	good := err == nil && !bytes.ContainsAny(text, "\r\n")
	got, ok := core.DecodePart(nil, text)
	if ok != good || ok && !bytes.Equal(got, want) {
		t.Fatalf("DecodePart(%q) = %x, %v; want %x, %v", text, got, ok, want, good)
	}
}

// Every byte at every place of texts of every length that matters.
func TestDecode(t *testing.T) {
	for size := range 20 {
		for at := range size {
			for b := range 256 {
				text := bytes.Repeat([]byte("A"), size)
				text[at] = byte(b)
				decodes(t, text)
			}
		}
	}
	decodes(t, nil)
	decodes(t, []byte(strings.Repeat("-_zZaA09", 500)))
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("-_-_AAAA"))
	f.Add([]byte("AB"))
	f.Add([]byte("AA=="))
	f.Fuzz(decodes)
}
