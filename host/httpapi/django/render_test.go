package django_test

import (
	"errors"
	"math"
	"testing"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

func TestRender(t *testing.T) {
	errorBody := django.Object(django.Texts("email", "This field is required."), django.Texts("b"))
	nested := django.Object(django.Pair("a", django.List(django.Int(1), django.Object())), django.Text("b", "c"))
	tests := []struct {
		name   string
		value  django.Value
		indent int
		want   string
	}{
		{"null is an empty body", django.Null(), 0, ""},
		{"null inside", django.List(django.Null()), 0, "[null]"},
		{"detail", django.Object(django.Text("detail", `Method "GET" not allowed.`)), 0,
			`{"detail":"Method \"GET\" not allowed."}`},
		{"field errors", errorBody, 0, `{"email":["This field is required."],"b":[]}`},
		{"order is kept", django.Object(django.Text("z", ""), django.Text("a", "")), 0, `{"z":"","a":""}`},
		{"control characters", django.String("\x00\b\t\n\f\r\x1f\x7f"), 0, "\"\\u0000\\b\\t\\n\\f\\r\\u001f\x7f\""},
		{"line separators", django.String("\u2027\u2028\u2029\u202a"), 0, "\"\u2027\\u2028\\u2029\u202a\""},
		{"texts between escapes", django.String("a\"bc\u2028é\u2027d\\e"), 0, "\"a\\\"bc\\u2028é\u2027d\\\\e\""},
		{"no escapes for HTML", django.String("<é/&🔑>"), 0, `"<é/&🔑>"`},
		{"numbers", django.List(django.Int(math.MinInt64), django.Float(1e22), django.Float(0.5)), 0,
			"[-9223372036854775808,1e+22,0.5]"},
		{"indented", nested, 2, "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": \"c\"\n}"},
		{"indented, empty", django.List(), 4, "[]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := django.Render(test.value, test.indent)
			if err != nil || string(got) != test.want {
				t.Errorf("Render = %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestRenderErrors(t *testing.T) {
	deep := django.List(django.Int(1), django.Int(1), django.Int(1))
	for range 900 {
		deep = django.List(deep, django.Int(1), django.Int(1))
	}
	tests := []struct {
		name   string
		value  django.Value
		indent int
		want   error
	}{
		{"lone surrogate", django.String("a\xed\xbf\xbf"), 0, django.ErrLoneSurrogate},
		{"lone surrogate after what begins like one", django.String("\xed\x9f\xbf\xed\xa0\x80"), 0,
			django.ErrLoneSurrogate},
		{"lone surrogate in a name", django.Object(django.Text("\xed\xa0\x80", "")), 0, django.ErrLoneSurrogate},
		{"infinity", django.List(django.Float(math.Inf(-1))), 0, django.ErrNotFinite},
		{"not a number", django.Float(math.NaN()), 2, django.ErrNotFinite},
		{"indentation that explodes", django.List(deep, deep, deep), 8, django.ErrAnswerTooLarge},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got, err := django.Render(test.value, test.indent); !errors.Is(err, test.want) {
				t.Errorf("Render = %.40q, %v, want %v", got, err, test.want)
			}
		})
	}
}

func TestIndent(t *testing.T) {
	for parameter, want := range map[string]int{
		"4": 4, " 2 ": 2, "0": 0, "-3": 0, "9": 8, "100000000000000000000": 8, "٣": 3, "": 0, "x": 0, "4.0": 0,
	} {
		if got := django.Indent(parameter); got != want {
			t.Errorf("Indent(%q) = %d, want %d", parameter, got, want)
		}
	}
}
