package django

import (
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/host/httpapi/django/codecs"
)

// Rules says how the reference's versions differ in what this package does.
type Rules struct {
	// EmailHeaders reads the parameters of a header as Python's email package does, which Django 5.2 uses; else as
	// Django 3.2 does.
	EmailHeaders bool
	// StrictParts is what Django 5.2 does with the parts of a multipart form: it refuses headers of more than 1024
	// bytes and files whose base64, white space aside, is not in groups of four, and removes unprintable characters
	// from file names.
	StrictParts bool
	// StrictURLs reads the URLs of redirects with Python's own urlsplit, as Django 5.2 does; else with the older copy
	// in Django 3.2.
	StrictURLs bool
	// LimitHeaders bounds the Accept and Content-Type headers in length and number, as Django REST framework 3.18 does.
	LimitHeaders bool
}

// ErrHeader says that the parameters of a header are encoded in a way that cannot be read.
var ErrHeader = errors.New("header has a parameter in an unknown encoding: send it in UTF-8")

// Header is the value of a header, in lower case, and its parameters by their names in lower case.
//
//	Form-Data; name="a;b"; filename*=utf-8''%C3%A9    {"form-data", {"name": "a;b", "filename": "é"}}
type Header struct {
	Value  string
	Params map[string]string
}

// ParseHeader splits the value of a header such as Content-Type or an element of Accept, as Django's
// parse_header_parameters does. line is text: give the bytes of a request's header through Latin1.
// The error is ErrHeader. The reference then ignores the header (EmailHeaders), or fails.
func ParseHeader(line string, rules Rules) (Header, error) {
	if rules.EmailHeaders {
		return parseEmailHeader(line)
	}
	value, params, err := parseOldHeader(line)
	header := Header{Value: value, Params: map[string]string{}}
	for name, param := range params {
		header.Params[name] = param.value
	}
	return header, err
}

// Latin1 makes text of a header's bytes as WSGI does: each byte is one character.
func Latin1(s string) string {
	if isASCII(s) {
		return s
	}
	text, _ := codecs.Latin1.Decode([]byte(s))
	return text
}

// HeaderValue returns a header of a request as WSGI does: one that was sent several times is joined by commas.
func HeaderValue(header http.Header, name string) (value string, sent bool) {
	values, sent := header[name] // where name is as net/http keeps it
	if !sent {
		values = header.Values(name)
	}
	if len(values) == 1 {
		return values[0], true
	}
	return strings.Join(values, ","), len(values) > 0
}

// splitParams splits at semicolons that stand outside of quotes. escapes says whether a quote
// after a backslash counts for nothing.
func splitParams(line string, escapes bool) []string {
	var pieces []string
	start, quoted := 0, false
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '"' && !(escapes && i > start && line[i-1] == '\\'):
			quoted = !quoted
		case line[i] == ';' && !quoted:
			pieces = append(pieces, line[start:i])
			start = i + 1
		}
	}
	return append(pieces, line[start:])
}

// oldParam is a parameter as bytes, or as text where its encoding was given (RFC 2231 §4).
type oldParam struct {
	value   string
	decoded bool
}

// parseOldHeader is the parse_header function of Django 3.2, which works on bytes.
func parseOldHeader(line string) (value string, params map[string]oldParam, err error) {
	pieces := splitParams(line, false)
	value = lowerASCII(strings.Trim(pieces[0], python.ByteSpace))
	if !isASCII(value) {
		return "", nil, ErrHeader
	}
	params = map[string]oldParam{}
	for _, piece := range pieces[1:] {
		piece = strings.Trim(piece, python.ByteSpace)
		name, text, found := strings.Cut(piece, "=")
		if !found {
			continue
		}
		name = lowerASCII(strings.Trim(name, python.ByteSpace))
		if !isASCII(name) {
			return "", nil, ErrHeader
		}
		encoded := false
		if strings.HasSuffix(name, "*") {
			name = name[:len(name)-1]
			encoded = strings.Count(piece, "'") == 2
		}
		param := oldParam{value: unquoteOld(strings.Trim(text, python.ByteSpace))}
		if encoded {
			param.decoded = true
			if param.value, err = decodeOldParam(param.value); err != nil {
				return "", nil, err
			}
		}
		params[name] = param
	}
	return value, params, nil
}

// decodeOldParam reads "utf-8'en'%C3%A9" (RFC 2231 §4).
func decodeOldParam(value string) (string, error) {
	parts := strings.Split(value, "'")
	if len(parts) != 3 || !utf8.ValidString(parts[0]) {
		return "", ErrHeader
	}
	text, err := codecs.UTF8.Decode([]byte(parts[2]))
	if err != nil || !strings.Contains(text, "%") {
		return text, err
	}
	charset, _ := codecs.Lookup(parts[0])
	if charset == nil {
		return "", ErrHeader
	}
	return unquote(text, charset), nil
}

// unquoteOld takes the quotes off a value.
func unquoteOld(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	return unescapeQuoted(s[1 : len(s)-1])
}

func unescapeQuoted(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, `\\`, `\`), `\"`, `"`)
}

func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
