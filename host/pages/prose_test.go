package pages_test

import (
	"reflect"
	"testing"

	"github.com/edgetoken/edgetoken/host/pages"
)

func TestProse(t *testing.T) {
	for _, c := range []struct {
		text string
		want []pages.Run
	}{
		{"", nil},
		{"words", []pages.Run{{Text: "words"}}},
		{"the `an_app.module` app", []pages.Run{{Text: "the "}, {Code: []string{"an_", "app.", "module"}}, {Text: " app"}}},
		{"`a``b`", []pages.Run{{Code: []string{"a"}}, {Code: []string{"b"}}}},
		{"one ` alone", []pages.Run{{Text: "one ` alone"}}},
		{"none `` between", []pages.Run{{Text: "none "}, {Text: " between"}}},
		{"`a` and ` alone", []pages.Run{{Code: []string{"a"}}, {Text: " and ` alone"}}},
	} {
		if got := pages.Prose(c.text); !reflect.DeepEqual(got, c.want) {
			t.Errorf("prose(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}
