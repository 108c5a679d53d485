package httpapi

import (
	"strings"

	"github.com/edgetoken/edgetoken/host/httpapi/body"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// data is the body as views take it (Django REST framework's request.data). It may have arrived for long, so whoever
// asks is authorised again.
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

// texts reads the body and gives some of the view's fields, cleaned, in the order of names; all are required.
func (rq *request) texts(names ...string) ([]string, error) {
	data, err := rq.data()
	if err != nil {
		return nil, err
	}
	texts, faults, ok := django.Validate(data, names...)
	if !ok {
		return nil, invalidBody{faults}
	}
	// What is wanted of a body is small, so the rest goes before a password waits for its turn. A page shows a small one
	// again.
	for i, text := range texts {
		texts[i] = atMost(text, rq.view.maxBytes(names[i]))
	}
	rq.body.Drop(rq.reply.renderer.name == browsableName)
	return texts, nil
}

// atMost is a copy of a text: of one that has more than n bytes, of the first n and one more.
func atMost(text string, n int) string { return strings.Clone(text[:min(len(text), n+1)]) }

// postedForm reads the form that a page of ours posted, and gives the text of each field of these names, "" where
// there is none. Of a text that is a large body by itself there is one byte more than body.Large: nothing bounds how
// long texts are kept. The form is refused where it does not prove that it comes from a page of ours.
func (rq *request) postedForm(names ...string) (field func(name string) string, refused *answer) {
	if refused := rq.protect(rq.pageFailed); refused != nil {
		return nil, refused
	}
	form, err := rq.body.Form()
	if err != nil {
		a := rq.pageFailed(err)
		return nil, &a
	}
	// What is wanted of a large body is copied out of it, so that the rest can go.
	texts := map[string]string{}
	for _, name := range names {
		value, _ := form.Get(name)
		texts[name] = atMost(value.Text, body.Large)
	}
	rq.body.Drop(false)
	return func(name string) string { return texts[name] }, nil
}
