package gateway

import (
	"strings"
	"unicode/utf8"
)

// cleanPath is the path of a request's target, decoded. It gives false where another reader might find another path
// there: package doc, Rules, says which these are.
func cleanPath(target string) (path string, ok bool) {
	path, _, _ = strings.Cut(target, "?")
	path, ok = unescape(path)
	return path, ok && isClean(path)
}

// isClean reports whether all readers find the same in a decoded path.
func isClean(path string) bool {
	if !strings.HasPrefix(path, "/") || strings.Contains(path, "//") || !utf8.ValidString(path) {
		return false
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return false
		}
	}
	for i := range len(path) {
		switch c := path[i]; {
		case c < ' ', c == 0x7f, c == '\\', c == ';', c == '#', c == '?':
			return false
		case c == '%' && isEscape(path[i:]): // for a reader that decodes twice
			return false
		}
	}
	return true
}

// unescape decodes percent-escapes. It gives false where one is none, and for those of "/" and ".".
func unescape(path string) (string, bool) {
	if strings.IndexByte(path, '%') < 0 {
		return path, true
	}
	b := make([]byte, 0, len(path))
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c == '%' {
			if !isEscape(path[i:]) {
				return "", false
			}
			c = hexValue(path[i+1])<<4 | hexValue(path[i+2])
			if c == '/' || c == '.' {
				return "", false
			}
			i += 2
		}
		b = append(b, c)
	}
	return string(b), true
}

// isEscape reports whether s begins with a percent-escape.
func isEscape(s string) bool { return len(s) > 2 && s[0] == '%' && isHex(s[1]) && isHex(s[2]) }

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
