package httpapi

import (
	"strings"

	"github.com/edgetoken/edgetoken/host/httpapi/body"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// data is the body as views take it (Django REST framework's request.data). A body may take long to arrive,
// so the client is authorised again afterwards.
func (rq *request) data() (django.Body, error) {
	data, first, err := rq.body.Data()
	if first && err == nil && rq.ContentLength != 0 {
		if err = rq.checkAgain(); err != nil {
			rq.body.Refuse(err)
			return django.Body{}, err
		}
	}
	return data, err
}

// texts reads the body and returns fields of the view, cleaned, in the order of names. All are required. Of a text that
// is too long only one byte more than its most is kept, which shows that.
func (rq *request) texts(names ...string) ([]string, error) {
	data, err := rq.data()
	if err != nil {
		return nil, err
	}
	fields := make([]django.CharField, len(names))
	for i, name := range names {
		fields[i] = django.CharField{Name: name, Whole: rq.view.field(name).whole}
	}
	texts, faults, ok := django.Validate(data, fields...)
	if !ok {
		return nil, invalidBody{faults: faults}
	}
	// The texts are small. The rest goes before a password waits for its turn, except a small body that the page shows
	// again.
	for i, text := range texts {
		texts[i] = atMost(text, rq.view.field(names[i]).maxBytes)
	}
	rq.body.Drop(rq.reply.renderer.name == browsableName)
	return texts, nil
}

// atMost copies a text. Of one with more than n bytes it copies n + 1, which shows that it is too long.
func atMost(text string, n int) string { return strings.Clone(text[:min(len(text), n+1)]) }

// postedForm reads a form that one of our pages posted. field gives the text of one of these names; "": the
// form has none. Of a text over body.Large it keeps one byte more than that. refused is the answer to a form
// that cannot be read, or does not prove that it comes from our page.
func (rq *request) postedForm(names ...string) (field func(name string) string, refused *answer) {
	if refused := rq.protect(rq.pageFailed); refused != nil {
		return nil, refused
	}
	form, err := rq.body.Form()
	if err != nil {
		a := rq.pageFailed(err)
		return nil, &a
	}
	// The texts are copied, so that a large body can go.
	texts := map[string]string{}
	for _, name := range names {
		value, _ := form.Get(name)
		texts[name] = atMost(value.Text, body.Large)
	}
	rq.body.Drop(false)
	return func(name string) string { return texts[name] }, nil
}
