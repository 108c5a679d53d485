package httpapi

import "github.com/edgetoken/edgetoken/host/httpapi/django"

// browsableName is Django REST framework's name for the format of browsable pages.
const browsableName = "api"

// renderer is a format of answers.
type renderer struct {
	name      string // the value of ?format= that asks for it
	mediaType django.MediaType
}

// renderers are Django REST framework's defaults, in their order.
var renderers = []renderer{
	{"json", django.MediaType{Main: "application", Sub: "json"}},
	{browsableName, django.MediaType{Main: "text", Sub: "html"}},
}

// renderers are the formats of this node. A node without pages has only JSON, like a Django REST framework whose only
// renderer is JSONRenderer.
func (c *Config) renderers() []renderer {
	if c.Browser.Off {
		return renderers[:1]
	}
	return renderers
}

// negotiate chooses the format of the answer by ?format= and the Accept header. It ignores weights: the most specific
// range wins, then the order of renderers.
func (rq *request) negotiate() error {
	candidates := rq.h.cfg.renderers()
	name := rq.queryParam("format")
	if name == "" && rq.acceptsAll() {
		rq.reply.renderer = candidates[0]
		return nil
	}
	if name != "" {
		candidates = nil
		for _, f := range rq.h.cfg.renderers() {
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
				if accepted.Precedence() == precedence && candidate.mediaType.Matches(accepted) {
					rq.reply.renderer, rq.reply.indent = candidate, django.Indent(accepted.Params["indent"])
					return nil
				}
			}
		}
	}
	return errNotAcceptable
}

// acceptsAll reports whether the Accept header is */* or not there, as programs send it.
func (rq *request) acceptsAll() bool {
	header, sent := rq.header("Accept")
	return !sent || header == "*/*"
}

// acceptedRanges reads the Accept header. No header means */*.
func (rq *request) acceptedRanges() []django.MediaType {
	header, sent := rq.header("Accept")
	if !sent {
		return []django.MediaType{{Main: "*", Sub: "*"}}
	}
	return django.ParseAccept(header, rq.h.compat.rules)
}

// namesHTML reports whether the Accept header names text/html. Browsers name it, and programs do not.
func (rq *request) namesHTML() bool {
	for _, accepted := range rq.acceptedRanges() {
		if accepted.Is("text", "html") {
			return true
		}
	}
	return false
}
