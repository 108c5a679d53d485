package main

import (
	"slices"
	"testing"

	"github.com/edgetoken/edgetoken/core/bundle"
	"github.com/edgetoken/edgetoken/wasm/gateway"
)

var source = gateway.Source{
	URL: "https://tokens.example:8443/.well-known/edgetoken-bundle", Cluster: "edgetoken", Poll: 10,
}

func TestPollerRequests(t *testing.T) {
	p, err := newPoller(source)
	if err != nil {
		t.Fatal(err)
	}
	if p.period <= 9000 || p.period > 10000 {
		t.Errorf("the period is %d ms, want 9 to 10 s", p.period)
	}
	fixed := []pair{{":method", "GET"}, {":scheme", "https"}, {":authority", "tokens.example:8443"}}
	path := "/.well-known/edgetoken-bundle"
	for _, tt := range []struct {
		name  string
		epoch uint64
		etag  string
		whole bool
		want  []pair
	}{
		{"the first", 0, "", false, []pair{{":path", path}}},
		{"a delta", 17, `"a"`, false, []pair{{":path", path + "?since=17"}, {"if-none-match", `"a"`}}},
		{"whole, after a delta that did not fit", 17, `"a"`, true, []pair{{":path", path}}},
	} {
		p.etag, p.whole = tt.etag, tt.whole
		if got, want := p.request(tt.epoch), slices.Concat(fixed, tt.want); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", tt.name, got, want)
		}
	}
}

func TestPollerAnswers(t *testing.T) {
	p, err := newPoller(source)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		list  []pair
		size  uint32
		etag  string
		fresh bool
		err   string
	}{
		{"a bundle", []pair{{":status", "200"}, {"etag", `"b"`}}, 100, `"b"`, true, ""},
		{"nothing new", []pair{{":status", "304"}}, 0, "", false, ""},
		{"nobody there", nil, 0, "", false, "the cluster edgetoken did not answer"},
		{"no bundle there", []pair{{":status", "404"}}, 9, "", false,
			"the cluster edgetoken answered with status 404: does it have bundle.publish, and a key pair?"},
		{"trouble there", []pair{{":status", "500"}}, 9, "", false, "the cluster edgetoken answered with status 500"},
		{"too long", []pair{{":status", "200"}}, bundle.MaxBytes + 1, "", false, "the bundle is longer than any"},
	} {
		etag, fresh, err := p.answered(tt.list, tt.size)
		said := ""
		if err != nil {
			said = err.Error()
		}
		if etag != tt.etag || fresh != tt.fresh || said != tt.err {
			t.Errorf("%s: %q, %t, %q, want %q, %t, %q", tt.name, etag, fresh, said, tt.etag, tt.fresh, tt.err)
		}
	}
}

func TestPollerPeriods(t *testing.T) {
	p, err := newPoller(source)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		epoch   uint64
		period  uint32
		changed bool
	}{{0, unknownPoll, true}, {0, unknownPoll, false}, {17, p.period, true}, {18, p.period, false}} {
		if period, changed := p.next(tt.epoch); period != tt.period || changed != tt.changed {
			t.Errorf("with epoch %d: %d ms, %t, want %d, %t", tt.epoch, period, changed, tt.period, tt.changed)
		}
	}
}

func TestPollerSources(t *testing.T) {
	const notURL = "bundle.url: it must be http://HOST/PATH or https://HOST/PATH"
	for _, tt := range []struct {
		source gateway.Source
		err    string
	}{
		{gateway.Source{URL: "tokens.example/x", Cluster: "c"}, notURL},
		{gateway.Source{URL: "ftp://tokens.example/x", Cluster: "c"}, notURL},
		{gateway.Source{URL: "https:///x", Cluster: "c"}, notURL},
		{gateway.Source{URL: "https://tokens.example/x?y", Cluster: "c"}, "bundle.url: it must have neither ? nor #"},
		{gateway.Source{URL: "https://tokens.example/x"},
			"bundle.cluster: it is missing; name the cluster of Envoy that serves the url"},
	} {
		tt.source.Poll = 10
		if _, err := newPoller(tt.source); err == nil || err.Error() != tt.err {
			t.Errorf("%+v: %v, want %s", tt.source, err, tt.err)
		}
	}
}
