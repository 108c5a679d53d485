package django_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

func TestParseCookies(t *testing.T) {
	for header, want := range map[string]map[string]string{
		"":                                {},
		"; ;":                             {},
		"a=b":                             {"a": "b"},
		" a = b ;c=d":                     {"a": "b", "c": "d"},
		"a=1; a=2":                        {"a": "2"},
		"a=b=c":                           {"a": "b=c"},
		"alone":                           {"": "alone"},
		"=x":                              {"": "x"},
		"a=":                              {"a": ""},
		`a="b c"`:                         {"a": "b c"},
		`a="x\054y\"z\\"`:                 {"a": `x,y"z\`},
		`a="`:                             {"a": `"`},
		`a="\377\400"`:                    {"a": "ÿ400"},
		"sessionid=x,sessionid=y; b=\x1f": {"sessionid": "x,sessionid=y", "b": ""},
	} {
		if got := django.ParseCookies(header); !reflect.DeepEqual(got, want) {
			t.Errorf("ParseCookies(%q) = %q, want %q", header, got, want)
		}
	}
}

func FuzzParseCookies(f *testing.F) {
	for _, seed := range []string{"a=b; c", `a="\054\"`, `"\`, "=;", "\xff=\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		for name := range django.ParseCookies(header) {
			if name != python.Strip(name) {
				t.Errorf("ParseCookies(%q) has the name %q, which has space around it", header, name)
			}
		}
	})
}

func TestCountCookies(t *testing.T) {
	for header, want := range map[string]int{
		"": 0, "a=1": 1, "a=1; a=2": 2, "a=1;a=2; b=3; A=4": 2, " a =1; b=a=2": 1, "a": 0, "aa=1; b=a": 0,
		`a="1; a=2"`: 2, "a=; a=": 2,
	} {
		if got := django.CountCookies(header, "a"); got != want {
			t.Errorf("CountCookies(%q, a) = %d, want %d", header, got, want)
		}
		if _, sent := django.ParseCookies(header)["a"]; sent != (want > 0) {
			t.Errorf("ParseCookies(%q) has a: %v, want %v", header, sent, want > 0)
		}
	}
}

func TestCookieHeader(t *testing.T) {
	now := time.Date(2030, 1, 1, 12, 0, 0, 5e8, time.FixedZone("", 3600))
	for want, c := range map[string]django.Cookie{
		"csrftoken=x; expires=Tue, 01 Jan 2030 11:01:00 GMT; Max-Age=60; Path=/; SameSite=Lax": {
			Name: "csrftoken", Value: "x", MaxAge: time.Minute, Path: "/", SameSite: "Lax"},
		"s=x; Domain=.a.example; expires=Tue, 01 Jan 2030 11:01:00 GMT; HttpOnly; Max-Age=60; Path=/a; " +
			"SameSite=None; Secure": {
			Name: "s", Value: "x", MaxAge: time.Minute, Domain: ".a.example", Path: "/a", SameSite: "None",
			Secure: true, HTTPOnly: true},
		`s=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/`: {Name: "s", Path: "/"},
	} {
		if got := c.Header(now); got != want {
			t.Errorf("Header of %+v = %q, want %q", c, got, want)
		}
	}
}
