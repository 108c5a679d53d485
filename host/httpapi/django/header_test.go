package django_test

import (
	"errors"
	"maps"
	"testing"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

var (
	newRules = django.Rules{EmailHeaders: true, StrictParts: true, StrictURLs: true}
	oldRules = django.Rules{}
)

func TestParseHeader(t *testing.T) {
	type params = map[string]string
	tests := []struct {
		name, line string
		rules      django.Rules
		value      string
		want       params
	}{
		{"no parameters", " Application/JSON ", newRules, "application/json", params{}},
		{"no parameters, old", " Application/JSON ", oldRules, "application/json", params{}},
		{"empty", "", newRules, "", params{}},
		{"empty, old", "", oldRules, "", params{}},
		{"parameters", `Text/Plain; Charset = "UTF-8" ;q=1`, newRules, "text/plain",
			params{"charset": "UTF-8", "q": "1"}},
		{"parameters, old", `Text/Plain; Charset = "UTF-8" ;q=1`, oldRules, "text/plain",
			params{"charset": "UTF-8", "q": "1"}},
		{"without value", "a/b; x", newRules, "a/b", params{"x": ""}},
		{"without value, old", "a/b; x", oldRules, "a/b", params{}},
		{"semicolon in quotes", `a; b="c;d"; e=f`, newRules, "a", params{"b": "c;d", "e": "f"}},
		{"semicolon in quotes, old", `a; b="c;d"; e=f`, oldRules, "a", params{"b": "c;d", "e": "f"}},
		{"escaped quote", `a; b="c\";d"`, newRules, "a", params{"b": `c";d`}},
		{"escaped quote, old", `a; b="c\";d"`, oldRules, "a", params{"b": `c\`}},
		{"angle brackets", "a; b=<c>", newRules, "a", params{"b": "c"}},
		{"angle brackets, old", "a; b=<c>", oldRules, "a", params{"b": "<c>"}},
		{"the last of equal names", "a; b=1; b=2", newRules, "a", params{"b": "2"}},
		{"encoded", "a; f*=utf-8'en'%C3%A9", newRules, "a", params{"f": "é"}},
		{"encoded, old", "a; f*=utf-8'en'%C3%A9", oldRules, "a", params{"f": "é"}},
		{"encoded in Latin-1", "a; f*=latin-1''%e9", newRules, "a", params{"f": "é"}},
		{"continued", "a; f*1=c; f*0=b", newRules, "a", params{"f": "bc"}},
		{"continued and encoded", "a; f*0*=utf-8''%C3; f*1*=%A9", newRules, "a", params{"f": "é"}},
		{"encoded without charset", "a; f*=%C3x", newRules, "a", params{"f": "\ufffdx"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := django.ParseHeader(test.line, test.rules)
			if err != nil || got.Value != test.value || !maps.Equal(got.Params, test.want) {
				t.Errorf("ParseHeader(%q) = %q %q, %v, want %q %q", test.line, got.Value, got.Params, err, test.value,
					test.want)
			}
		})
	}
}

func TestParseHeaderErrors(t *testing.T) {
	for line, rules := range map[string]django.Rules{
		"a; f*=nonsense''%C3%A9": newRules,
		"a; f*=rot13''%C3%A9":    newRules,
		"a; f*=x; f*0=y":         newRules,
		"a; f*=nonsense''%C3":    oldRules,
		"a; é=b":                 oldRules,
		"é; a=b":                 oldRules,
	} {
		if got, err := django.ParseHeader(line, rules); !errors.Is(err, django.ErrHeader) {
			t.Errorf("ParseHeader(%q) = %v, %v, want %v", line, got, err, django.ErrHeader)
		}
	}
}

func TestLatin1(t *testing.T) {
	if got := django.Latin1("a\xc3\xa9"); got != "aÃ©" {
		t.Errorf("Latin1 = %q, want aÃ©", got)
	}
}

// FuzzParseHeader checks that plain parameters read the same when they are quoted anew.
func FuzzParseHeader(f *testing.F) {
	for _, seed := range []string{
		`a/b; c="d;e\"f"; g*=utf-8''%C3%A9`, "a; b*0=x; b*1*=%20", "a; b*=latin-1'", `;;"";=`, "é; b=<é>",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, line string, email bool) {
		rules := django.Rules{EmailHeaders: email}
		header, err := django.ParseHeader(line, rules)
		if err != nil {
			return
		}
		for name, value := range header.Params {
			if !plain(name) || !plain(value) {
				continue
			}
			again, err := django.ParseHeader(`a; `+name+`="`+value+`"`, rules)
			if err != nil || again.Params[name] != value {
				t.Errorf("ParseHeader(%q) has %q %q, then %q, %v", line, name, value, again.Params, err)
			}
		}
	})
}

// plain says that a text means the same in quotes under both rules.
func plain(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
