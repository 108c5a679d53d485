package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/server"
)

// parser reads bodies of one media type.
type parser struct {
	mediaType
	form bool // what it reads is a form, even where there is nothing to read
	// limited: its bodies are held to DATA_UPLOAD_MAX_MEMORY_SIZE as a whole, where the version does that.
	limited bool
	// check refuses what no body of this type and charset makes good.
	check func(contentType, charset string, rules django.Rules) error
	parse func(body []byte, contentType, charset string, rules django.Rules) (django.Body, error)
}

// parsers are Django REST framework's defaults, in their order.
var parsers = []parser{
	{mediaType{main: "application", sub: "json"}, false, true, checkCharset, parseJSON},
	{mediaType{main: "application", sub: "x-www-form-urlencoded"}, true, true, checkCharset, parseForm},
	{mediaType{main: "multipart", sub: "form-data"}, true, false, django.CheckMultipart, parseMultipart},
}

func checkCharset(_, charset string, _ django.Rules) error { return django.CheckCharset(charset) }

func parseJSON(body []byte, _, charset string, _ django.Rules) (django.Body, error) {
	value, err := django.ParseJSON(body, charset)
	return django.Body{JSON: value}, err
}

func parseForm(body []byte, _, charset string, _ django.Rules) (django.Body, error) {
	form, err := django.ParseForm(body, charset)
	return django.Body{Form: form}, err
}

func parseMultipart(body []byte, contentType, charset string, rules django.Rules) (django.Body, error) {
	form, err := django.ParseMultipart(contentType, body, charset, rules)
	return django.Body{Form: form}, err
}

// texts reads the body and gives some of the view's fields, cleaned, in the order of names; all are required.
func (rq *request) texts(names ...string) ([]string, error) {
	body, err := rq.data()
	if err != nil {
		return nil, err
	}
	texts, faults, ok := django.Validate(body, names...)
	if !ok {
		return nil, invalidBody{faults}
	}
	// What is wanted of a body is small, so the rest goes before a password waits for its turn.
	for i, text := range texts {
		texts[i] = atMost(text, rq.view.maxBytes(names[i]))
	}
	rq.parsed.body = django.Body{}
	rq.held.EndBody()
	return texts, nil
}

// atMost is a copy of a text: of one that has more than n bytes, of the first n and one more.
func atMost(text string, n int) string { return strings.Clone(text[:min(len(text), n+1)]) }

// data is the body (Django REST framework's request.data), which is read once.
func (rq *request) data() (django.Body, error) {
	if rq.parsed.of != rq.Request {
		body, err := rq.parse()
		if err == nil && rq.ContentLength != 0 {
			err = rq.checkAgain()
		}
		rq.parsed = parsedBody{of: rq.Request, body: body, err: err}
	}
	return rq.parsed.body, rq.parsed.err
}

// parsedBody is what data made of a request's body.
type parsedBody struct {
	of   *http.Request
	body django.Body
	err  error
}

// parse reads the body.
func (rq *request) parse() (django.Body, error) {
	sent, _ := rq.header("Content-Type")
	contentType := rq.contentType()
	if rq.compat.limitsAccept && len(sent) > maxMediaType {
		contentType = mediaType{}
	}
	if rq.ContentLength == 0 {
		return emptyBody(contentType), nil
	}
	for _, p := range parsers {
		if p.matches(contentType) {
			charset := contentType.params["charset"]
			if err := p.check(sent, charset, rq.compat.rules); err != nil {
				return django.Body{}, err
			}
			body, err := rq.read(p.limited && rq.compat.limitsBody)
			if err != nil {
				return django.Body{}, err
			}
			parsed, err := rq.bounded(p.parse(body, sent, charset, rq.compat.rules))
			if rq.renderer.name == browsableName && len(body) <= largeBody {
				rq.body = parsed
			}
			return parsed, err
		}
	}
	return django.Body{}, unsupportedMediaType(sent)
}

// contentType is the media type of the body, as far as it can be read.
func (rq *request) contentType() mediaType {
	sent, _ := rq.header("Content-Type")
	return rq.compat.mediaType(sent)
}

// emptyBody is what stands for no body: an empty form for a form's media type, an empty object for any other.
func emptyBody(contentType mediaType) django.Body {
	for _, p := range parsers {
		if p.form && p.String() == contentType.String() {
			return django.Body{Form: &django.Form{}}
		}
	}
	return django.Body{JSON: django.Object()}
}

// Bodies of this API have some hundred bytes. Large ones, in bytes, take turns from when they have been read until
// their answer is made, since a parsed body takes many times its length. Whoever sends or reads slowly holds no turn
// meanwhile.
const largeBody = server.LargeBody

// LargeAtOnce is how many large bodies are parsed at once.
const LargeAtOnce = 2

// takeTurn waits until a large body may be parsed, or a long page be made, unless the request has its turn already.
func (rq *request) takeTurn() error { return asBusy(rq.held.TakeTurn(rq.Context())) }

// hold holds the memory of an answer until it is written, which its reader decides. Where there is no room for it, it
// is a 503.
func (rq *request) hold(a answer) answer {
	switch {
	case rq.held.TakeAnswer(len(a.body)):
		return a
	case a.isHTML():
		return rq.pageFailed(errNoMemory)
	}
	return rq.respond(django.Value{}, errNoMemory)
}

// errNoMemory says that clients hold all the memory for what they send and do not take.
var errNoMemory = asBusy(server.ErrNoMemory)

// asBusy is err, as node.ErrBusy where clients hold all memory.
func asBusy(err error) error {
	if errors.Is(err, server.ErrNoMemory) {
		return fmt.Errorf("%w: %w", node.ErrBusy, err)
	}
	return err
}

// errReadTwice is a body that was wanted as a view takes it and as a page does. By then it is gone, and must not be
// taken for an empty one.
var errReadTwice = errors.New("the body was read before, in another way")

// read reads the bytes of the body, once. What its header says to be too long it does not begin to read.
func (rq *request) read(limited bool) ([]byte, error) {
	if rq.readOf == rq.Request {
		return nil, errReadTwice
	}
	rq.readOf = rq.Request
	if rq.ContentLength > rq.cfg.MaxBody || limited && rq.ContentLength > django.MaxBodySize {
		return nil, django.ErrBodyTooLarge
	}
	body, err := rq.held.ReadBody(rq.Body, rq.cfg.MaxBody)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, django.ErrBodyTooLarge
	case errors.Is(err, server.ErrNoMemory):
		return nil, asBusy(err)
	case err != nil:
		return nil, brokenBody{err}
	case limited && len(body) > django.MaxBodySize:
		return nil, django.ErrBodyTooLarge
	case len(body) > largeBody:
		return body, rq.takeTurn()
	}
	return body, nil
}

// bounded refuses a form with more fields than this node takes.
func (rq *request) bounded(body django.Body, err error) (django.Body, error) {
	if err == nil && body.Form != nil && body.Form.Len() > rq.cfg.MaxFields {
		return django.Body{}, django.ErrTooManyFields
	}
	return body, err
}
