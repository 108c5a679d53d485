package customerfile

import (
	"bytes"
	"encoding/json"
	"time"
)

// appendText appends a JSON string as Python's json.dumps writes it with ensure_ascii=False.
func appendText(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(append(dst, s[from:i]...), '\\')
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, c)
		case '\n':
			dst = append(dst, 'n')
		case '\r':
			dst = append(dst, 'r')
		case '\t':
			dst = append(dst, 't')
		case '\b':
			dst = append(dst, 'b')
		case '\f':
			dst = append(dst, 'f')
		default:
			dst = append(dst, 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(dst, s[from:]...), '"')
}

// appendIndented appends a field's value in the lines of its object.
func appendIndented(dst []byte, value json.RawMessage) []byte {
	if c := value[0]; c != '{' && c != '[' {
		return append(dst, value...)
	}
	var b bytes.Buffer
	_ = json.Indent(&b, value, "    ", "  ")
	return append(dst, b.Bytes()...)
}

// appendDjangoTime appends a time as DjangoJSONEncoder writes it: in milliseconds, the rest cut off, and without a
// fraction where a second is whole.
func appendDjangoTime(dst []byte, t time.Time) []byte {
	switch {
	case t.IsZero():
		return append(dst, "null"...)
	case t.Nanosecond() == 0:
		return t.UTC().AppendFormat(dst, `"2006-01-02T15:04:05Z"`)
	}
	return t.UTC().AppendFormat(dst, `"2006-01-02T15:04:05.000Z"`)
}
