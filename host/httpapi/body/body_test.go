package body_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/httpapi/body"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/server"
)

// begin begins the body of a POST, in memory of a MiB.
func begin(contentType, content string) *body.Body {
	rules := &body.Rules{
		Rules: django.Rules{LimitHeaders: true}, MaxBytes: 200 << 10, MaxFields: 3, LimitData: true, FormsInUTF8: true,
	}
	r := httptest.NewRequest("POST", "/", strings.NewReader(content))
	r.Header.Set("Content-Type", contentType)
	held := server.NewMemory(1<<20, 1).Hold(httptest.NewRecorder())
	b := new(body.Body)
	b.Begin(rules, r, &held)
	return b
}

const (
	jsonType = "application/json"
	formType = "application/x-www-form-urlencoded"
)

// TestData reads bodies as views do.
func TestData(t *testing.T) {
	var (
		parse  *django.ParseError
		media  body.UnsupportedType
		isJSON = func(err error) bool { return errors.As(err, &parse) }
		isType = func(err error) bool { return errors.As(err, &media) }
		is     = func(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }
	)
	for _, c := range []struct {
		contentType, content, field string
		fails                       func(error) bool
	}{
		{jsonType, `{"a":"1"}`, "1", is(nil)},
		{formType, "a=0&a=1", "1", is(nil)},
		{formType, "", "", is(nil)},
		{"text/plain", "", "", is(nil)},
		{jsonType, `{`, "", isJSON},
		{"text/plain", "a=1", "", isType},
		{jsonType + ";" + strings.Repeat("x", 256), `{}`, "", isType},
		{formType, "a=1&b=2&c=3&d=4", "", is(django.ErrTooManyFields)},
		{jsonType, `"` + strings.Repeat("x", 200<<10) + `"`, "", is(django.ErrBodyTooLarge)},
	} {
		b := begin(c.contentType, c.content)
		data, first, err := b.Data()
		if !first || !c.fails(err) {
			t.Errorf("%s %.20q: first %v, %v", c.contentType, c.content, first, err)
			continue
		}
		texts, _, _ := django.Validate(data, django.CharField{Name: "a"})
		if c.field != "" && (len(texts) != 1 || texts[0] != c.field) {
			t.Errorf("%s %.20q: a is %q, want %q", c.contentType, c.content, texts, c.field)
		}
		if _, first, again := b.Data(); first || !c.fails(again) {
			t.Errorf("%s %.20q read again: first %v, %v", c.contentType, c.content, first, again)
		}
	}
}

// TestForm reads bodies as pages do.
func TestForm(t *testing.T) {
	for _, c := range []struct {
		contentType, content, field string
		err                         error
	}{
		{formType, "a=1", "1", nil},
		{jsonType, `{"a":"1"}`, "", nil}, // no form
		{formType, "", "", nil},
		{formType + "; charset=latin-1", "a=1", "", body.ErrCharset},
		{formType, "a=1&b=2&c=3&d=4", "", django.ErrTooManyFields},
	} {
		form, err := begin(c.contentType, c.content).Form()
		if !errors.Is(err, c.err) {
			t.Errorf("%s %q: %v, want %v", c.contentType, c.content, err, c.err)
			continue
		}
		if value, _ := form.Get("a"); value.Text != c.field {
			t.Errorf("%s %q: a is %q, want %q", c.contentType, c.content, value.Text, c.field)
		}
	}
}

// TestReadInTwoWays: the bytes are gone then, and not taken for an empty body.
func TestReadInTwoWays(t *testing.T) {
	b := begin(formType, "a=1")
	if _, err := b.Form(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.Data(); err == nil {
		t.Error("the same body was read as data after it was read as a form")
	}
}

// TestDrop: a page shows a small body again, and nothing keeps a large one.
func TestDrop(t *testing.T) {
	for size, kept := range map[int]bool{10: true, body.Large + 1: false} {
		b := begin(jsonType, `{"a":"`+strings.Repeat("x", size)+`"}`)
		if _, _, err := b.Data(); err != nil {
			t.Fatal(err)
		}
		b.Drop(true)
		if _, has := b.Small().JSON.Get("a"); has != kept {
			t.Errorf("a body of %d bytes is kept: %v", size, has)
		}
		b.Drop(false)
		if _, has := b.Small().JSON.Get("a"); has {
			t.Errorf("a body of %d bytes is kept after all", size)
		}
	}
}

// TestMemory: a body that there is no memory for is a node that is busy.
func TestMemory(t *testing.T) {
	held := server.NewMemory(1<<10, 1).Hold(httptest.NewRecorder())
	r := httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("x", 100<<10)))
	r.Header.Set("Content-Type", jsonType)
	var b body.Body
	b.Begin(&body.Rules{MaxBytes: 200 << 10}, r, &held)
	if _, _, err := b.Data(); !errors.Is(err, node.ErrBusy) || !errors.Is(err, body.ErrMemory) {
		t.Errorf("%v, want ErrMemory", err)
	}
}
