package httpapi

import (
	"net/http"
	"strings"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// sentForm is the form that a page was sent with POST (Django's request.POST); empty where there is none.
func (rq *request) sentForm() (*django.Form, error) {
	if rq.posted.of != rq.Request {
		form, err := rq.parseForm()
		rq.posted = parsedForm{of: rq.Request, form: form, err: err}
	}
	if rq.posted.form == nil {
		return &django.Form{}, rq.posted.err
	}
	return rq.posted.form, rq.posted.err
}

func (rq *request) parseForm() (*django.Form, error) {
	contentType := rq.contentType()
	if rq.method != http.MethodPost || rq.ContentLength == 0 {
		return nil, nil
	}
	for _, p := range parsers {
		if !p.form || p.String() != contentType.String() {
			continue
		}
		charset := contentType.params["charset"]
		if p.limited && rq.compat.formsInUTF8 && strings.ToLower(charset) != "utf-8" && django.KnownCharset(charset) {
			return nil, errFormCharset
		}
		sent, _ := rq.header("Content-Type")
		if err := p.check(sent, charset, rq.compat.rules); err != nil {
			return nil, err
		}
		raw, err := rq.read(p.limited)
		if err != nil {
			return nil, err
		}
		body, err := rq.bounded(p.parse(raw, sent, charset, rq.compat.rules))
		return body.Form, err
	}
	return nil, nil
}

// errFormCharset is a form in another charset than HTML's forms have.
var errFormCharset = fault{http.StatusBadRequest, malformedBody, "HTTP requests with the 'application/x-www-form-urlencoded' content type must be UTF-8 encoded."}

// parsedForm is what sentForm made of a request's body.
type parsedForm struct {
	of   *http.Request
	form *django.Form
	err  error
}

// postedForm reads the form that a page of ours posted, and gives the text of each field of these names, "" where
// there is none. Of a text that is a large body by itself there is one byte more than largeBody: nothing bounds how
// long texts are kept. The form is refused where it does not prove that it comes from a page of ours.
func (rq *request) postedForm(names ...string) (field func(name string) string, refused *answer) {
	if refused := rq.protect(rq.pageFailed); refused != nil {
		return nil, refused
	}
	form, err := rq.sentForm()
	if err != nil {
		a := rq.pageFailed(err)
		return nil, &a
	}
	// What is wanted of a large body is copied out of it, so that the rest can go.
	texts := map[string]string{}
	for _, name := range names {
		value, _ := form.Get(name)
		texts[name] = strings.Clone(value.Text[:min(len(value.Text), largeBody+1)])
	}
	rq.posted.form = nil
	rq.held.EndBody()
	return func(name string) string { return texts[name] }, nil
}
