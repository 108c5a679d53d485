package python

import "unicode/utf16"

const hexDigits = "0123456789abcdef"

// AppendJSON appends s as a JSON string in ASCII, as Python's json.dumps writes it; bytes that are no UTF-8 become
// U+FFFD.
func AppendJSON(dst []byte, s string) []byte {
	if isPlain(s) {
		return append(append(append(dst, '"'), s...), '"')
	}
	unit := func(u uint16) {
		dst = append(dst, '\\', 'u', hexDigits[u>>12], hexDigits[u>>8&15], hexDigits[u>>4&15], hexDigits[u&15])
	}
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case 0x20 <= r && r < 0x7f && r != '"' && r != '\\':
			dst = append(dst, byte(r))
		case r <= 0x7f:
			dst = appendEscape(dst, byte(r))
		case r >= 0x10000:
			high, low := utf16.EncodeRune(r)
			unit(uint16(high))
			unit(uint16(low))
		default:
			unit(uint16(r))
		}
	}
	return append(dst, '"')
}

// AppendUnicodeJSON appends s, which is UTF-8, as a JSON string as json.dumps writes it with ensure_ascii=False: with
// all characters as they are but those that JSON has to escape.
func AppendUnicodeJSON(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' {
			dst = appendEscape(append(dst, s[from:i]...), c)
			from = i + 1
		}
	}
	return append(append(dst, s[from:]...), '"')
}

// appendEscape appends the escape of a character of ASCII.
func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// isPlain reports whether a JSON string holds s as it stands.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
