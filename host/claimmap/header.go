package claimmap

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/edgetoken/edgetoken/store"
)

// Header is the field of a customer as the value of an HTTP header. Percent-encoding (RFC 3986 §2.1) escapes all but
// visible ASCII characters and inner spaces, and also % and the comma, so that decoding restores the text. A list is
// its elements joined by commas, a field that the customer does not have is empty, and an attribute that is no text
// is JSON.
//
//	ana@example.com    Zo%C3%AB    staff,shop%2C north
func (f Field) Header(c *store.Customer) string {
	var own attributesOf
	if f.name == attributes && len(c.Attributes) > 0 && json.Unmarshal(c.Attributes, &own.top) != nil {
		return ""
	}
	switch v := f.value(c, own).(type) {
	case nil:
		return ""
	case string:
		return escape(v)
	case []string:
		var b strings.Builder
		for i, text := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(escape(text))
		}
		return b.String()
	case json.RawMessage:
		var text string
		if json.Unmarshal(v, &text) == nil {
			return escape(text)
		}
		return escape(string(v))
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	}
	panic("a field of a type that value does not give")
}

func escape(text string) string {
	const hex = "0123456789ABCDEF"
	plain := 0
	for plain < len(text) && isPlain(text, plain) {
		plain++
	}
	if plain == len(text) {
		return text
	}
	b := []byte(text[:plain])
	for i := plain; i < len(text); i++ {
		if isPlain(text, i) {
			b = append(b, text[i])
		} else {
			b = append(b, '%', hex[text[i]>>4], hex[text[i]&15])
		}
	}
	return string(b)
}

// isPlain reports whether a byte is not escaped.
func isPlain(text string, i int) bool {
	switch c := text[i]; c {
	case '%', ',':
		return false
	case ' ':
		return 0 < i && i < len(text)-1
	default:
		return '!' <= c && c <= '~'
	}
}
