package python_test

import (
	"testing"

	"github.com/edgetoken/edgetoken/core/python"
)

// TestJSON has what Python 3.11 writes.
func TestJSON(t *testing.T) {
	for _, c := range []struct{ text, ascii, unicode string }{
		{"", `""`, `""`},
		{"plain", `"plain"`, `"plain"`},
		{"a\"b\\c/", `"a\"b\\c/"`, `"a\"b\\c/"`},
		{"\n\r\t\b\f\x00\x1f", `"\n\r\t\b\f\u0000\u001f"`, `"\n\r\t\b\f\u0000\u001f"`},
		{"\x7f", `"\u007f"`, "\"\x7f\""},
		{"ünï 🔑 \u2028", `"\u00fcn\u00ef \ud83d\udd11 \u2028"`, "\"ünï 🔑 \u2028\""},
	} {
		if got := string(python.AppendJSON(nil, c.text)); got != c.ascii {
			t.Errorf("AppendJSON(%q) = %s, want %s", c.text, got, c.ascii)
		}
		if got := string(python.AppendUnicodeJSON(nil, c.text)); got != c.unicode {
			t.Errorf("AppendUnicodeJSON(%q) = %s, want %s", c.text, got, c.unicode)
		}
	}
}
