package httpapi

import (
	"strings"

	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// browsableName is Django REST framework's name for the format that browsers are shown.
const browsableName = "api"

// renderer is a format that answers are written in.
type renderer struct {
	mediaType
	name string // the value of ?format= that asks for it
}

// renderers are Django REST framework's defaults, in their order.
var renderers = []renderer{
	{mediaType{main: "application", sub: "json"}, "json"},
	{mediaType{main: "text", sub: "html"}, browsableName},
}

// renderers are those of a node: one without pages has JSON alone, as Django REST framework has with JSONRenderer as
// its only renderer.
func (c *Config) renderers() []renderer {
	if c.Browser.Off {
		return renderers[:1]
	}
	return renderers
}

// The bounds that Django REST framework 3.18 has for the Accept and Content-Type headers, in bytes and media types.
const (
	maxAcceptBytes = 8192
	maxAcceptTypes = 64
	maxMediaType   = 256
)

// mediaType is a media type or range, such as application/json, text/* or application/json; indent=4.
type mediaType struct {
	main, sub string
	params    map[string]string
}

// mediaType reads the bytes of a media type in a header. Any text is taken for one; what cannot be read matches
// nothing.
func (c compat) mediaType(text string) mediaType {
	header, err := django.ParseHeader(django.Latin1(text), c.rules)
	if err != nil {
		return mediaType{}
	}
	main, sub, _ := strings.Cut(header.Value, "/")
	return mediaType{main: main, sub: sub, params: header.Params}
}

func (m mediaType) String() string { return m.main + "/" + m.sub }

// matches reports whether m, which has no parameters, satisfies other, either of which may be a range.
func (m mediaType) matches(other mediaType) bool {
	return (m.sub == "*" || other.sub == "*" || m.sub == other.sub) && (m.main == "*" || other.main == "*" || m.main == other.main)
}

// precedence is how specific a media range is: 0 for */*, 1 for text/*, 2 for text/html, 3 with parameters other than
// q alone.
func (m mediaType) precedence() int {
	_, hasQ := m.params["q"]
	switch {
	case m.main == "*":
		return 0
	case m.sub == "*":
		return 1
	case len(m.params) == 0, len(m.params) == 1 && hasQ:
		return 2
	}
	return 3
}

// negotiate chooses how to render the answer, by ?format= and the Accept header. The weights in it do not count: the
// most specific range does, then the order of renderers.
func (rq *request) negotiate() error {
	candidates := rq.cfg.renderers()
	if name := rq.queryParam("format"); name != "" {
		candidates = nil
		for _, f := range rq.cfg.renderers() {
			if f.name == name {
				candidates = []renderer{f}
			}
		}
		if candidates == nil {
			return errNotFound
		}
	}
	ranges := rq.acceptedRanges()
	for precedence := 3; precedence >= 0; precedence-- {
		for _, candidate := range candidates {
			for _, accepted := range ranges {
				if accepted.precedence() == precedence && candidate.matches(accepted) {
					rq.renderer, rq.indent = candidate, django.Indent(accepted.params["indent"])
					return nil
				}
			}
		}
	}
	return errNotAcceptable
}

// acceptedRanges reads the Accept header; none means */*.
func (rq *request) acceptedRanges() []mediaType {
	header, sent := rq.header("Accept")
	if !sent {
		return []mediaType{{main: "*", sub: "*"}}
	}
	limited := rq.compat.limitsAccept
	if limited && len(header) > maxAcceptBytes {
		header = header[:strings.LastIndexByte(header[:maxAcceptBytes], ',')+1]
	}
	var ranges []mediaType
	for text := range strings.SplitSeq(header, ",") {
		text = python.Strip(text)
		if text == "" || limited && len(text) > maxMediaType {
			continue
		}
		ranges = append(ranges, rq.compat.mediaType(text))
		if limited && len(ranges) == maxAcceptTypes {
			break
		}
	}
	return ranges
}
