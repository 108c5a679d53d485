package django_test

import (
	"slices"
	"testing"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

func TestValidateJSON(t *testing.T) {
	tests := []struct {
		name, body string
		texts      []string
		errors     string
	}{
		{"good", `{"password":"p","email":"a@example.com","x":1}`, []string{"a@example.com", "p"}, ""},
		{"trimmed", `{"email":"  a \t\n","password":"\u001c\u3000p\u0085"}`, []string{"a", "p"}, ""},
		{"numbers", `{"email":42,"password":1e3}`, []string{"42", "1000.0"}, ""},
		{"large number", `{"email":123456789012345678901234567890,"password":1e400}`,
			[]string{"123456789012345678901234567890", "inf"}, ""},
		{"missing", `{}`, nil, `{"email":["This field is required."],"password":["This field is required."]}`},
		{"one missing", `{"password":"x"}`, nil, `{"email":["This field is required."]}`},
		{"null", `{"email":null,"password":"x"}`, nil, `{"email":["This field may not be null."]}`},
		{"blank", `{"email":"","password":" \u00a0"}`, nil,
			`{"email":["This field may not be blank."],"password":["This field may not be blank."]}`},
		{"booleans", `{"email":true,"password":false}`, nil,
			`{"email":["Not a valid string."],"password":["Not a valid string."]}`},
		{"list and object", `{"email":[],"password":{}}`, nil,
			`{"email":["Not a valid string."],"password":["Not a valid string."]}`},
		{"NUL", `{"email":"a\u0000","password":"x"}`, nil, `{"email":["Null characters are not allowed."]}`},
		{"lone surrogate", `{"email":"a","password":"\udfff\ud800"}`, nil,
			`{"password":["Surrogate characters are not allowed: U+DFFF."]}`},
		{"both", `{"email":"\ud800\u0000","password":"x"}`, nil,
			`{"email":["Null characters are not allowed.","Surrogate characters are not allowed: U+D800."]}`},
		{"body is null", `null`, nil, `{"non_field_errors":["No data provided"]}`},
		{"body is a list", `[]`, nil, `{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}`},
		{"body is a text", `"text"`, nil, `{"non_field_errors":["Invalid data. Expected a dictionary, but got str."]}`},
		{"body is an integer", `5`, nil, `{"non_field_errors":["Invalid data. Expected a dictionary, but got int."]}`},
		{"body is a float", `5.0`, nil, `{"non_field_errors":["Invalid data. Expected a dictionary, but got float."]}`},
		{"body is true", `true`, nil, `{"non_field_errors":["Invalid data. Expected a dictionary, but got bool."]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			value, err := django.ParseJSON([]byte(test.body), "")
			if err != nil {
				t.Fatal(err)
			}
			validate(t, django.Body{JSON: value}, test.texts, test.errors)
		})
	}
}

func TestValidateForm(t *testing.T) {
	file := func(name string) string {
		return "Content-Disposition: form-data; name=\"email\"; filename=\"" + name + "\"\r\n\r\nx"
	}
	password := "Content-Disposition: form-data; name=password\r\n\r\np"
	tests := []struct {
		name, contentType, body string
		texts                   []string
		errors                  string
	}{
		{"good", "", "email=+a+&password=p", []string{"a", "p"}, ""},
		{"the last wins", "", "email=x&email=a&password=p", []string{"a", "p"}, ""},
		{"empty", "", "", nil, `{"email":["This field is required."],"password":["This field is required."]}`},
		{"blank", "", "email=&password=%20", nil,
			`{"email":["This field may not be blank."],"password":["This field may not be blank."]}`},
		{"NUL", "", "email=%00&password=p", nil, `{"email":["Null characters are not allowed."]}`},
		{"file", formType, parts(file("e.txt"), password), nil, `{"email":["Not a valid string."]}`},
		{"file with a blank name", formType, parts(file(" "), password), nil,
			`{"email":["This field may not be blank."]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			form, err := django.ParseForm([]byte(test.body), "")
			if test.contentType != "" {
				form, err = django.ParseMultipart(test.contentType, []byte(test.body), "", newRules)
			}
			if err != nil {
				t.Fatal(err)
			}
			validate(t, django.Body{Form: form}, test.texts, test.errors)
		})
	}
}

func validate(t *testing.T, body django.Body, texts []string, refusal string) {
	t.Helper()
	got, errors, ok := django.Validate(body, django.CharField{Name: "email"}, django.CharField{Name: "password"})
	text, err := django.Render(errors, 0)
	if ok != (refusal == "") || !slices.Equal(got, texts) || string(text) != refusal || err != nil {
		t.Errorf("Validate = %q, %s, %v, want %q, %s", got, text, ok, texts, refusal)
	}
}
