package python

import (
	"strings"
	"unicode"
)

// ByteSpace is the white space of Python's bytes, which bytes.strip() removes.
const ByteSpace = " \t\n\v\f\r"

// Strip removes white space from both ends, as Python's str.strip() does: Unicode's white space and
// the separators U+001C to U+001F, which neither Go nor int() counts as space.
func Strip(s string) string { return strings.TrimFunc(s, isSpace) }

// isSpace is Python's str.isspace() for one character.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }
