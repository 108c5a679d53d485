package django_test

import (
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

func TestParseAccept(t *testing.T) {
	limited := django.Rules{EmailHeaders: true, LimitHeaders: true}
	for _, c := range []struct {
		header string
		rules  django.Rules
		want   string // the ranges, each with its precedence
	}{
		{"", limited, ""},
		{"application/json", limited, "application/json 2"},
		{"text/html, text/*;q=0.8,*/*", limited, "text/html 2 text/* 1 */* 0"},
		{"application/json; indent=4", limited, "application/json 3"},
		{"application/json; q=0.1", limited, "application/json 2"},
		{" , ,text/html", limited, "text/html 2"},
		{"nonsense", limited, "nonsense/ 2"},
		{strings.Repeat("x", 257) + ",a/b", limited, "a/b 2"},
		{strings.Repeat("a/b,", 8192/4) + "c/d", limited, strings.TrimSpace(strings.Repeat("a/b 2 ", 64))},
		{strings.Repeat(" ", 8192) + ",a/b", limited, ""},
		{strings.Repeat(" ", 8192) + ",a/b", django.Rules{}, "a/b 2"},
	} {
		var got []string
		for _, m := range django.ParseAccept(c.header, c.rules) {
			got = append(got, m.String(), string(rune('0'+m.Precedence())))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("ParseAccept(%.40q) = %q, want %q", c.header, strings.Join(got, " "), c.want)
		}
	}
}

// TestParseMediaType: what nearly every program sends is read like the same with a space.
func TestParseMediaType(t *testing.T) {
	for _, rules := range []django.Rules{{}, {EmailHeaders: true, LimitHeaders: true}} {
		short := django.ParseMediaType("application/json", rules)
		long := django.ParseMediaType(" application/json", rules)
		if short.String() != long.String() || len(short.Params)+len(long.Params) > 0 {
			t.Errorf("%+v with a space is %+v", short, long)
		}
	}
}

func TestMediaTypeMatches(t *testing.T) {
	html := django.MediaType{Main: "text", Sub: "html"}
	for accepted, want := range map[string]bool{
		"text/html": true, "text/*": true, "*/*": true, "TEXT/HTML;level=1": true, "text/plain": false,
		"application/*": false, "": false,
	} {
		if got := html.Matches(django.ParseMediaType(accepted, django.Rules{})); got != want {
			t.Errorf("text/html matches %q: %v", accepted, got)
		}
	}
}
