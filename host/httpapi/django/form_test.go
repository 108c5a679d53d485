package django_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// show writes a form as name=value pairs, files in angle brackets.
func show(form *django.Form) string {
	var parts []string
	for _, name := range form.Names() {
		for _, field := range form.List(name) {
			text := field.Text
			if file := field.File; file != nil {
				text = "<" + file.FileName + " " + file.ContentType + " " + string(file.Content) + ">"
			}
			parts = append(parts, name+"="+text)
		}
	}
	return strings.Join(parts, "|")
}

func TestParseForm(t *testing.T) {
	tests := []struct {
		name, body, charset, want string
	}{
		{"empty", "", "", ""},
		{"order of first names", "b=1&a=2&b=3", "", "b=1|b=3|a=2"},
		{"blank values are kept", "email=&password", "", "email=|password="},
		{"empty pairs are nothing", "&&a=1&", "", "a=1"},
		{"no name", "=x&=", "", "=x|="},
		{"semicolons do not separate", "a=1;b=2", "", "a=1;b=2"},
		{"further equals signs", "a=b=c", "", "a=b=c"},
		{"plus and escapes", "a+b=plus%2Btag%40x+%20y", "", "a b=plus+tag@x  y"},
		{"broken escapes are literal", "email=%zz&password=%&c=%4", "", "email=%zz|password=%|c=%4"},
		{"invalid UTF-8 in escapes", "a=%ff%c3%28", "", "a=\ufffd\ufffd("},
		{"raw UTF-8", "a=é%C3%A9", "", "a=éé"},
		{"raw bytes that are not UTF-8", "a=\xe9", "", "a=é"},
		{"Latin-1", "a=%e9\xe9", "latin-1", "a=éé"},
		{"single byte without meaning", "a=%81", "cp1252", "a=\ufffd"},
		{"unknown charset", "a=%C3%A9", "nonsense", "a=é"},
		{"UTF-16", "a\x00=\x00%\x004\x001\x00", "utf-16-le", "a=\ufffd"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			form, err := django.ParseForm([]byte(test.body), test.charset)
			if err != nil || show(form) != test.want {
				t.Errorf("ParseForm(%q, %q) = %q, %v, want %q", test.body, test.charset, show(form), err, test.want)
			}
		})
	}
}

func TestParseFormErrors(t *testing.T) {
	if _, err := django.ParseForm([]byte("a=1"+strings.Repeat("&b=1", 999)), ""); err != nil {
		t.Errorf("ParseForm of 1000 fields: %v", err)
	}
	if _, err := django.ParseForm([]byte("a=1"+strings.Repeat("&", 1000)), ""); !errors.Is(err,
		django.ErrTooManyFields) {
		t.Errorf("ParseForm of 1001 fields = %v, want %v", err, django.ErrTooManyFields)
	}
	var refused *django.ParseError
	if _, err := django.ParseForm([]byte("a=1"), "zlib"); !errors.As(err, &refused) {
		t.Errorf("ParseForm in zlib = %v, want a ParseError", err)
	}
}

func TestFormGet(t *testing.T) {
	form, err := django.ParseForm([]byte("a=1&a=2"), "")
	if err != nil {
		t.Fatal(err)
	}
	if field, ok := form.Get("a"); !ok || field.Text != "2" {
		t.Errorf("Get(a) = %v, %v, want the last value", field, ok)
	}
	if field, ok := form.Get("b"); ok {
		t.Errorf("Get(b) = %v, want none", field)
	}
	value, err := form.Value()
	if text, _ := django.Render(value, 0); err != nil || string(text) != `{"a":"2"}` {
		t.Errorf("Value = %s, %v, want the last value", text, err)
	}
}

// FuzzParseForm checks that a form that is written anew reads the same.
func FuzzParseForm(f *testing.F) {
	for _, seed := range []string{"a=1&b=2&a=3", "a=%zz&%", "=&&=x", "a=%C3%A9\xe9+", "é=%f0%9f"} {
		for _, charset := range []string{"", "latin-1", "utf-16", "cp1253"} {
			f.Add([]byte(seed), charset)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, charset string) {
		form, err := django.ParseForm(body, charset)
		if err != nil {
			return
		}
		var pairs []string
		for _, name := range form.Names() {
			for _, field := range form.List(name) {
				pairs = append(pairs, url.QueryEscape(name)+"="+url.QueryEscape(field.Text))
			}
		}
		again, err := django.ParseForm([]byte(strings.Join(pairs, "&")), "")
		if err != nil || show(again) != show(form) {
			t.Errorf("ParseForm(%q, %q) = %q, then %q, %v", body, charset, show(form), show(again), err)
		}
	})
}
