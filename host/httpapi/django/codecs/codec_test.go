package codecs_test

import (
	"testing"

	"github.com/edgetoken/edgetoken/host/httpapi/django/codecs"
)

// TestLookup compares names with what Python's codecs.lookup makes of them.
func TestLookup(t *testing.T) {
	for label, want := range map[string]string{
		"Latin-1": "é", "ISO 8859 1": "é", "cp1253": "ι", "koi8-r": "И", "-windows--1252-": "é",
		"rot13": "unsupported", "UTF-7": "unsupported", "shift_jis": "unsupported",
		"nonsense": "unknown", "": "unknown", "utf-8\x00": "unknown", "ｕtf-8": "unknown",
	} {
		c, known := codecs.Lookup(label)
		got := "unknown"
		if known {
			got = "unsupported"
		}
		if c != nil {
			got, _ = c.Decode([]byte("\xe9"))
		}
		if got != want {
			t.Errorf("Lookup(%q) decodes 0xe9 as %q, want %q", label, got, want)
		}
	}
}

// FuzzDecode holds the three ways to decode against each other.
func FuzzDecode(f *testing.F) {
	for _, label := range []string{"utf-8", "utf-8-sig", "utf-16", "utf-32-be", "ascii", "cp1252"} {
		f.Add([]byte("\xff\xfea\x00\xd8\xe9"), label)
	}
	f.Fuzz(func(t *testing.T, b []byte, label string) {
		c, _ := codecs.Lookup(label)
		if c == nil {
			return
		}
		text, err := c.Decode(b)
		if replaced := c.DecodeReplacing(b); err == nil && replaced != text {
			t.Errorf("Decode(%q) as %s = %q, DecodeReplacing = %q", b, label, text, replaced)
		}
		if stream, streamErr := c.DecodeStream(b); err == nil && streamErr == nil && stream != text {
			t.Errorf("Decode(%q) as %s = %q, DecodeStream = %q", b, label, text, stream)
		}
	})
}
