package body

import (
	"errors"
	"net/http"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/server"
)

// Large is how many bytes make a body a large one.
const Large = server.LargeBody

// LargeAtOnce is how many large bodies are parsed at once.
const LargeAtOnce = 2

// Rules hold for all bodies of a node. They are safe for concurrent use.
type Rules struct {
	django.Rules
	// MaxBytes bounds a body, and MaxFields the number of fields of a form.
	MaxBytes  int64
	MaxFields int
	// LimitData holds JSON and URL-encoded bodies of views to DATA_UPLOAD_MAX_MEMORY_SIZE (Django REST framework 3.18).
	LimitData bool
	// FormsInUTF8: a page refuses a URL-encoded form that says it is in another charset (Django from 5.0).
	FormsInUTF8 bool
}

// Body is the body of one request. Begin comes first.
type Body struct {
	rules   *Rules
	request *http.Request
	held    *server.Held

	wasRead bool // its bytes were read, and are gone
	data    data
	form    form
}

// data is what Data gave.
type data struct {
	parsed bool
	small  bool // the body is not large
	body   django.Body
	err    error
}

// form is what Form gave.
type form struct {
	parsed bool
	form   *django.Form
	err    error
}

// Begin begins the body of a request, which is held as it arrives.
func (b *Body) Begin(rules *Rules, r *http.Request, held *server.Held) {
	*b = Body{rules: rules, request: r, held: held}
}

// WasRead reports whether the body was read, for which the client may have been waited for.
func (b *Body) WasRead() bool { return b.wasRead }

// ContentType is the media type of the body, as far as it can be read.
func (b *Body) ContentType() django.MediaType {
	return django.ParseMediaType(b.contentType(), b.rules.Rules)
}

// contentType is the Content-Type header.
func (b *Body) contentType() string {
	sent, _ := django.HeaderValue(b.request.Header, "Content-Type")
	return sent
}

// TakeTurn waits until a large body may be parsed, or a long page be made, unless the request has its turn already. The
// error is ErrMemory or that of the request's context.
func (b *Body) TakeTurn() error { return busy(b.held.TakeTurn(b.request.Context())) }

// Small is what Data returned, if the body is not large; else zero.
func (b *Body) Small() (body django.Body) {
	if b.data.small {
		body = b.data.body
	}
	return body
}

// Drop drops what was parsed, with its memory and its turn. keepSmall keeps a body that is not large for Small.
func (b *Body) Drop(keepSmall bool) {
	if !(keepSmall && b.data.small) {
		b.data.body = django.Body{}
	}
	b.form.form = nil
	b.held.EndBody()
}

// errReadTwice refuses to read a body as Data after Form, or the other way round. Its bytes are gone, and it must not
// be taken for an empty one.
var errReadTwice = errors.New("the body was read before, in another way")

// read reads the bytes of the body, once. A body whose header says that it is too long is not read.
func (b *Body) read(limited bool) ([]byte, error) {
	if b.wasRead {
		return nil, errReadTwice
	}
	b.wasRead = true
	if b.request.ContentLength > b.rules.MaxBytes || limited && b.request.ContentLength > django.MaxBodySize {
		return nil, django.ErrBodyTooLarge
	}
	body, err := b.held.ReadBody(b.request.Body, b.request.ContentLength, b.rules.MaxBytes)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, django.ErrBodyTooLarge
	case errors.Is(err, server.ErrNoMemory):
		return nil, ErrMemory
	case err != nil:
		return nil, Broken{err}
	case limited && len(body) > django.MaxBodySize:
		return nil, django.ErrBodyTooLarge
	case len(body) > Large:
		return body, b.TakeTurn()
	}
	return body, nil
}
