package body

import (
	"net/http"
	"strings"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// parser reads bodies of one media type.
type parser struct {
	mediaType django.MediaType
	form      bool // it reads forms; no body is an empty form
	// limited: DATA_UPLOAD_MAX_MEMORY_SIZE bounds the whole body, in a version that bounds it.
	limited bool
	// check refuses a type or charset that no body can have.
	check func(contentType, charset string, rules django.Rules) error
	parse func(body []byte, contentType, charset string, rules django.Rules) (django.Body, error)
}

// parsers are Django REST framework's defaults, in their order.
var parsers = []parser{
	{django.MediaType{Main: "application", Sub: "json"}, false, true, checkCharset, parseJSON},
	{django.MediaType{Main: "application", Sub: "x-www-form-urlencoded"}, true, true, checkCharset, parseForm},
	{django.MediaType{Main: "multipart", Sub: "form-data"}, true, false, django.CheckMultipart, parseMultipart},
}

// Types are the media types that Data reads.
func Types() (types []string) {
	for _, p := range parsers {
		types = append(types, p.mediaType.String())
	}
	return types
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

// Data is the body as views take it (Django REST framework's request.data). first says that it was read just now.
func (b *Body) Data() (body django.Body, first bool, err error) {
	if first = !b.data.parsed; first {
		b.data.parsed = true
		b.data.body, b.data.err = b.parseData()
	}
	return b.data.body, first, b.data.err
}

// Refuse has Data fail for an error.
func (b *Body) Refuse(err error) { b.data.body, b.data.err = django.Body{}, err }

func (b *Body) parseData() (django.Body, error) {
	sent := b.contentType()
	var contentType django.MediaType
	if !b.rules.TooLong(sent) {
		contentType = b.ContentType()
	}
	if b.request.ContentLength == 0 {
		return emptyBody(contentType), nil
	}
	for _, p := range parsers {
		if p.mediaType.Matches(contentType) {
			return b.parse(&p, contentType, p.limited && b.rules.LimitData)
		}
	}
	return django.Body{}, UnsupportedType(sent)
}

// emptyBody stands for no body: an empty form for the media type of a form, else an empty object.
func emptyBody(contentType django.MediaType) django.Body {
	for _, p := range parsers {
		if p.form && contentType.Is(p.mediaType.Main, p.mediaType.Sub) {
			return django.Body{Form: &django.Form{}}
		}
	}
	return django.Body{JSON: django.Object()}
}

// Form is the form that was posted to a page (Django's request.POST); empty: there is none.
func (b *Body) Form() (*django.Form, error) {
	if !b.form.parsed {
		b.form.parsed = true
		b.form.form, b.form.err = b.parsePosted()
	}
	if b.form.form == nil {
		return &django.Form{}, b.form.err
	}
	return b.form.form, b.form.err
}

func (b *Body) parsePosted() (*django.Form, error) {
	if strings.ToUpper(b.request.Method) != http.MethodPost || b.request.ContentLength == 0 {
		return nil, nil
	}
	contentType := b.ContentType()
	for _, p := range parsers {
		if !p.form || !contentType.Is(p.mediaType.Main, p.mediaType.Sub) {
			continue
		}
		charset := contentType.Params["charset"]
		if p.limited && b.rules.FormsInUTF8 && strings.ToLower(charset) != "utf-8" && django.KnownCharset(charset) {
			return nil, ErrCharset
		}
		body, err := b.parse(&p, contentType, p.limited)
		return body.Form, err
	}
	return nil, nil
}

// parse reads the body with a parser, within the bounds of this node.
func (b *Body) parse(p *parser, contentType django.MediaType, limited bool) (django.Body, error) {
	sent, charset := b.contentType(), contentType.Params["charset"]
	if err := p.check(sent, charset, b.rules.Rules); err != nil {
		return django.Body{}, err
	}
	raw, err := b.read(limited)
	if err != nil {
		return django.Body{}, err
	}
	b.data.small = len(raw) <= Large
	parsed, err := p.parse(raw, sent, charset, b.rules.Rules)
	if err == nil && parsed.Form != nil && parsed.Form.Len() > b.rules.MaxFields {
		return django.Body{}, django.ErrTooManyFields
	}
	return parsed, err
}
