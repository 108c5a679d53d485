package httpapi

import (
	"net/http"
	"strings"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// sentForm is the form that a page was sent with POST (Django's request.POST); empty where there is none.
func (rq *request) sentForm() (*django.Form, error) {
	if rq.parsed.of != rq.Request {
		form, err := rq.parseForm()
		rq.parsed = parsedBody{of: rq.Request, form: form, err: err}
	}
	if rq.parsed.form == nil {
		return &django.Form{}, rq.parsed.err
	}
	return rq.parsed.form, rq.parsed.err
}

func (rq *request) parseForm() (*django.Form, error) {
	contentType := rq.contentType()
	if strings.ToUpper(rq.Method) != http.MethodPost || rq.ContentLength == 0 {
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
		raw, err := rq.read(p.limited)
		if err != nil {
			return nil, err
		}
		sent, _ := rq.header("Content-Type")
		body, err := rq.bounded(p.parse(raw, sent, charset, rq.compat.rules))
		return body.Form, err
	}
	return nil, nil
}

// errFormCharset is a form in another charset than HTML's forms have.
var errFormCharset = fault{http.StatusBadRequest, malformedBody, "HTTP requests with the 'application/x-www-form-urlencoded' content type must be UTF-8 encoded."}

// unreadable is Django's page for a form that cannot be read; another error has its own.
func (rq *request) unreadable(err error) answer {
	a := rq.pageFailed(err)
	if a.status == http.StatusBadRequest {
		return rq.compat.page(http.StatusBadRequest).since(malformedBody)
	}
	return a
}

// tokenInForm is the CSRF token in the form that a page was sent.
func (rq *request) tokenInForm() (string, error) {
	form, err := rq.sentForm()
	if err != nil {
		return "", err
	}
	token, _ := lastText(form, csrfField)
	return token, nil
}

// lastText is the last text of a form with this name; files do not count.
func lastText(form *django.Form, name string) (text string, ok bool) {
	for _, field := range form.List(name) {
		if field.File == nil {
			text, ok = field.Text, true
		}
	}
	return text, ok
}

// parsedBody is a body that was read, since it can be read only once.
type parsedBody struct {
	of   *http.Request
	body django.Body
	form *django.Form
	err  error
}
