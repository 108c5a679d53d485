package django

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/host/httpapi/django/codecs"
)

// parseEmailHeader splits a header as Python's email.message.Message.get_params does, with the
// parameters of RFC 2231 put together: continuations (title*0="a"; title*1="b") and encodings
// (title*=utf-8”%C3%A9). Those come after all others.
func parseEmailHeader(line string) (Header, error) {
	if !strings.Contains(line, ";") {
		return Header{Value: strings.ToLower(python.Strip(line)), Params: map[string]string{}}, nil
	}
	pieces := splitParams(line, true)
	value, _ := emailPair(pieces[0])
	header := Header{Value: strings.ToLower(value), Params: map[string]string{}}
	var order []string
	segments := map[string][]segment{}
	for _, piece := range pieces[1:] {
		name, text := emailPair(piece)
		text = unquoteEmail(text)
		base, seg, ok := readSegment(name, text)
		switch {
		case ok:
			if segments[base] == nil {
				order = append(order, base)
			}
			segments[base] = append(segments[base], seg)
		case name != "":
			header.Params[name] = text
		}
	}
	for _, name := range order {
		text, err := joinSegments(segments[name])
		if err != nil {
			return Header{}, err
		}
		header.Params[name] = text
	}
	return header, nil
}

// emailPair splits "Name = value"; without "=" all of it is the name.
func emailPair(piece string) (name, value string) {
	name, value, found := strings.Cut(piece, "=")
	if !found {
		return python.Strip(piece), ""
	}
	return strings.ToLower(python.Strip(name)), python.Strip(value)
}

// unquoteEmail takes quotes or angle brackets off a value.
func unquoteEmail(s string) string {
	if len(s) > 1 {
		switch {
		case s[0] == '"' && s[len(s)-1] == '"':
			return unescapeQuoted(s[1 : len(s)-1])
		case s[0] == '<' && s[len(s)-1] == '>':
			return s[1 : len(s)-1]
		}
	}
	return s
}

// segment is one piece of a parameter (RFC 2231 §3), which has no number if it is the only one.
type segment struct {
	numbered bool
	number   int
	text     string
	encoded  bool
}

// readSegment reads names such as "title*", "title*0" and "title*0*".
func readSegment(name, text string) (base string, s segment, ok bool) {
	base, rest, found := strings.Cut(name, "*")
	if !found || base == "" || strings.ContainsFunc(base, notWord) {
		return "", segment{}, false
	}
	s = segment{text: text, encoded: strings.HasSuffix(name, "*")}
	if rest == "" {
		return base, s, true
	}
	number, err := strconv.ParseUint(strings.TrimSuffix(rest, "*"), 10, 31)
	s.numbered, s.number = true, int(number)
	return base, s, err == nil
}

func notWord(r rune) bool {
	return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// joinSegments joins the pieces of a parameter, and decodes it if one of them is encoded.
func joinSegments(segments []segment) (string, error) {
	for _, s := range segments {
		if s.numbered != segments[0].numbered {
			return "", ErrHeader
		}
	}
	slices.SortStableFunc(segments, func(a, b segment) int {
		if a.number != b.number {
			return a.number - b.number
		}
		if order := strings.Compare(a.text, b.text); order != 0 || a.encoded == b.encoded {
			return order
		}
		if a.encoded {
			return 1
		}
		return -1
	})
	var joined strings.Builder
	encoded := false
	for _, s := range segments {
		if s.encoded {
			encoded = true
			s.text = unquote(s.text, codecs.Latin1)
		}
		joined.WriteString(s.text)
	}
	if !encoded {
		return joined.String(), nil
	}
	return decodeExtended(joined.String())
}

// decodeExtended reads "utf-8'en'text" (RFC 2231 §4), where each character of the text stands for a
// byte of the charset. Without the two quotes the charset is ASCII.
func decodeExtended(s string) (string, error) {
	parts := strings.SplitN(s, "'", 3)
	if len(parts) < 3 {
		return codecs.ASCII.DecodeReplacing(rawBytes(s)), nil
	}
	if parts[0] == "" {
		return unquoteEmail(parts[2]), nil
	}
	charset, _ := codecs.Lookup(parts[0])
	if charset == nil {
		return "", ErrHeader
	}
	return charset.DecodeReplacing(rawBytes(parts[2])), nil
}

// rawBytes is Python's codec raw-unicode-escape: characters above U+00FF are written as escapes.
func rawBytes(s string) []byte {
	var b []byte
	for _, r := range s {
		switch {
		case r < 0x100:
			b = append(b, byte(r))
		case r < 0x10000:
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = fmt.Appendf(b, `\U%08x`, r)
		}
	}
	return b
}
