package httpapi

import (
	"errors"
	"io"
	"net/http"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// parser reads bodies of one media type.
type parser struct {
	mediaType
	form bool // what it reads is a form, even where there is nothing to read
	// limited: its bodies are held to DATA_UPLOAD_MAX_MEMORY_SIZE as a whole, where the version does that.
	limited bool
	parse   func(body []byte, contentType, charset string, rules django.Rules) (django.Body, error)
}

// parsers are Django REST framework's defaults, in their order.
var parsers = []parser{
	{mediaType{main: "application", sub: "json"}, false, true, parseJSON},
	{mediaType{main: "application", sub: "x-www-form-urlencoded"}, true, true, parseForm},
	{mediaType{main: "multipart", sub: "form-data"}, true, false, parseMultipart},
}

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

// texts reads the body and gives its fields, cleaned, in the order of names; all are required.
func (rq *request) texts(names ...string) ([]string, error) {
	body, err := rq.data()
	if err != nil {
		return nil, err
	}
	texts, faults, ok := django.Validate(body, names...)
	if !ok {
		return nil, invalidBody{faults}
	}
	return texts, nil
}

// data reads the body (Django REST framework's request.data).
func (rq *request) data() (django.Body, error) {
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
			body, err := rq.read(p.limited && rq.compat.limitsBody)
			if err != nil {
				return django.Body{}, err
			}
			return p.parse(body, sent, contentType.params["charset"], rq.compat.rules)
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

// Bodies of this API have some hundred bytes. Large ones, in bytes, take turns from when they have been read until their answer is
// made, since a parsed body takes many times its length: so that memory is bounded whoever sends (R10). Whoever sends or reads slowly
// holds no turn meanwhile.
const (
	largeBody   = 64 << 10
	largeAtOnce = 2
)

// takeTurn waits until a large body may be parsed.
func (rq *request) takeTurn() error {
	select {
	case rq.largeTurns <- struct{}{}:
		rq.hasTurn = true
		return nil
	case <-rq.Context().Done():
		return rq.Context().Err()
	}
}

// endTurn lets the next large body be parsed.
func (rq *request) endTurn() {
	if rq.hasTurn {
		rq.hasTurn = false
		<-rq.largeTurns
	}
}

// read reads the bytes of the body. It reads all of what it refuses too, up to the bound of this node: a client that still sends would
// not see the answer.
func (rq *request) read(limited bool) ([]byte, error) {
	body, err := io.ReadAll(rq.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, django.ErrBodyTooLarge
	case err != nil:
		return nil, brokenBody{err}
	case limited && len(body) > django.MaxBodySize:
		return nil, django.ErrBodyTooLarge
	case len(body) > largeBody:
		return body, rq.takeTurn()
	}
	return body, nil
}
