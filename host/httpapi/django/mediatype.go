package django

import (
	"strings"

	"github.com/edgetoken/edgetoken/core/python"
)

// The bounds of the Accept and Content-Type headers with Rules.LimitHeaders, in bytes and in media types.
const (
	maxAcceptBytes = 8192
	maxAcceptTypes = 64
	maxMediaType   = 256
)

// MediaType is a media type or range, such as application/json, text/* or application/json; indent=4. The zero value
// matches nothing.
type MediaType struct {
	Main, Sub string
	Params    map[string]string
}

// ParseMediaType reads the bytes of a media type in a header. Any text is taken for one; what cannot be read is the
// zero value.
func ParseMediaType(text string, rules Rules) MediaType {
	if text == "application/json" { // what nearly every program sends
		return MediaType{Main: "application", Sub: "json"}
	}
	header, err := ParseHeader(Latin1(text), rules)
	if err != nil {
		return MediaType{}
	}
	main, sub, _ := strings.Cut(header.Value, "/")
	return MediaType{Main: main, Sub: sub, Params: header.Params}
}

func (m MediaType) String() string { return m.Main + "/" + m.Sub }

// Is reports whether m is main/sub, whatever its parameters are.
func (m MediaType) Is(main, sub string) bool { return m.Main == main && m.Sub == sub }

// Matches reports whether m, which has no parameters, satisfies other, either of which may be a range.
func (m MediaType) Matches(other MediaType) bool {
	same := func(a, b string) bool { return a == "*" || b == "*" || a == b }
	return same(m.Main, other.Main) && same(m.Sub, other.Sub)
}

// Precedence is how specific a media range is: 0 for */*, 1 for text/*, 2 for text/html, 3 with parameters other than
// q alone.
func (m MediaType) Precedence() int {
	_, hasQ := m.Params["q"]
	switch {
	case m.Main == "*":
		return 0
	case m.Sub == "*":
		return 1
	case len(m.Params) == 0, len(m.Params) == 1 && hasQ:
		return 2
	}
	return 3
}

// TooLong reports whether a Content-Type header is longer than the REST framework reads.
func (r Rules) TooLong(contentType string) bool {
	return r.LimitHeaders && len(contentType) > maxMediaType
}

// ParseAccept reads the media ranges of an Accept header.
func ParseAccept(header string, rules Rules) (ranges []MediaType) {
	limited := rules.LimitHeaders
	if limited && len(header) > maxAcceptBytes {
		header = header[:strings.LastIndexByte(header[:maxAcceptBytes], ',')+1]
	}
	for text := range strings.SplitSeq(header, ",") {
		text = python.Strip(text)
		if text == "" || limited && len(text) > maxMediaType {
			continue
		}
		ranges = append(ranges, ParseMediaType(text, rules))
		if limited && len(ranges) == maxAcceptTypes {
			break
		}
	}
	return ranges
}
