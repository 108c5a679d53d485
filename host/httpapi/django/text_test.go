package django_test

import (
	"testing"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

func TestValueStr(t *testing.T) {
	tests := []struct {
		value      django.Value
		text, kind string
		ok         bool
	}{
		{django.Null(), "None", "NoneType", true},
		{django.Bool(true), "True", "bool", true},
		{django.Bool(false), "False", "bool", true},
		{django.Int(-5), "-5", "int", true},
		{django.Float(1e3), "1000.0", "float", true},
		{django.String(" x "), " x ", "str", true},
		{django.List(), "", "list", false},
		{django.Object(), "", "dict", false},
	}
	for _, test := range tests {
		if text, ok := test.value.Str(); text != test.text || ok != test.ok {
			t.Errorf("Str of %s = %q, %v, want %q, %v", test.kind, text, ok, test.text, test.ok)
		}
		if kind := test.value.TypeName(); kind != test.kind {
			t.Errorf("TypeName = %q, want %q", kind, test.kind)
		}
	}
}
