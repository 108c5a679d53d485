package httpapi

import (
	"cmp"
	"errors"
	"fmt"
	"io"
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
	rq.endTurn()
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
func (rq *request) takeTurn() error {
	if rq.hasTurn {
		return nil
	}
	out := make(chan struct{})
	rq.held.AwaitTurn(func() { close(out) })
	var err error
	select {
	case rq.largeTurns <- struct{}{}:
		rq.hasTurn = true
	case <-out:
	case <-rq.Context().Done():
		err = rq.Context().Err()
	}
	if !rq.held.GoOn() {
		err = errNoMemory
	}
	return err
}

// endTurn lets the next large body be parsed, and gives the memory of this one back.
func (rq *request) endTurn() {
	rq.held.Give(rq.bodyMemory)
	rq.bodyMemory = 0
	if rq.hasTurn {
		rq.hasTurn = false
		<-rq.largeTurns
	}
}

// hold holds the memory of an answer until it is written, which its reader decides. Where there is no room for it, it
// is a 503.
func (rq *request) hold(a answer) answer {
	rq.endTurn() // what it was made of is not needed any more
	switch {
	case len(a.body) <= server.SmallAnswer:
		return a
	case rq.held.Take(int64(len(a.body))):
		rq.awaitReader()
		return a
	case a.isHTML():
		return rq.pageFailed(errNoMemory)
	}
	return rq.respond(django.Value{}, errNoMemory)
}

// errNoMemory says that other requests take all the memory that there is for what clients send and do not take, or
// took that of this one.
var errNoMemory = fmt.Errorf("%w: bodies and answers take all the memory for them", node.ErrBusy)

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
	body, err := rq.readAll()
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, django.ErrBodyTooLarge
	case errors.Is(err, errNoMemory):
		return nil, err
	case err != nil:
		return nil, brokenBody{err}
	case limited && len(body) > django.MaxBodySize:
		return nil, django.ErrBodyTooLarge
	case len(body) > largeBody:
		return body, rq.takeTurn()
	}
	return body, nil
}

// firstRead is the room that a body is read into before its length is known.
const firstRead = 1 << 10

// readAll reads the body, whose memory is held as it arrives.
func (rq *request) readAll() ([]byte, error) {
	defer rq.held.GoOn()
	end := func() { _ = http.NewResponseController(rq.writer).SetReadDeadline(server.LongAgo) }
	body := make([]byte, 0, firstRead)
	for rq.held.AwaitClient(end) {
		n, err := rq.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		full := err == nil && len(body) == cap(body)
		size := int64(cap(body))
		if full {
			// Before the bytes are copied both are there, but for a moment only.
			size = min(2*size, rq.cfg.MaxBody+1)
		}
		if n > 0 && size > rq.bodyMemory {
			if !rq.held.Take(size - rq.bodyMemory) {
				body = nil
				rq.endTurn()
				_, err = io.Copy(io.Discard, rq.Body)
				return nil, cmp.Or(err, errNoMemory)
			}
			rq.bodyMemory = size
		}
		switch {
		case errors.Is(err, io.EOF) && rq.held.GoOn():
			return body, nil
		case full:
			body = append(make([]byte, 0, size), body...)
		case err != nil && rq.held.GoOn():
			return nil, err
		}
	}
	return nil, errNoMemory
}

// bounded refuses a form with more fields than this node takes.
func (rq *request) bounded(body django.Body, err error) (django.Body, error) {
	if err == nil && body.Form != nil && body.Form.Len() > rq.cfg.MaxFields {
		return django.Body{}, django.ErrTooManyFields
	}
	return body, err
}
