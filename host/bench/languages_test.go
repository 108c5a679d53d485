package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
)

// Ours takes the tokens that all sides verify, in both algorithms, and none of the probes.
func TestExchanges(t *testing.T) {
	names := map[string]bool{}
	for _, x := range exchanges() {
		native := core.NewNative(x.settings, x.keys)
		for _, token := range x.Tokens {
			if !takes(native, x.settings, token) {
				t.Fatalf("%s: a token is refused", x.name)
			}
		}
		if takes(native, x.settings, forged(x.Tokens[0])) {
			t.Errorf("%s: a bad signature is taken", x.name)
		}
		if x.Issuer == "" {
			continue
		}
		for _, p := range probes() {
			names[p.name] = true
			if takes(native, x.settings, p.token) {
				t.Errorf("%s: the probe %q is taken", x.name, p.name)
			}
		}
	}
	if len(names) != len(probes()) {
		t.Errorf("%d probes have %d names", len(probes()), len(names))
	}
}

func TestPeerTables(t *testing.T) {
	const minimal, cached = "verify HS256, minimal, 231 bytes", "verify HS256, seen before, minimal, 231 bytes"
	table := peerTables([]row{
		{Part: "verify", Name: minimal, Peer: "golang-jwt", Ours: 9, Theirs: 9},
		{Part: "peers", Name: minimal, Peer: "A", Ours: 2.04, Theirs: 4, Ratio: 0.51, Measured: "2026-01-02",
			Version: "a 1", Accepts: []string{"1 MB"}},
		{Part: "peers", Name: minimal, Peer: "B", Ours: 2.04, Theirs: 120.4, Ratio: 0.02, Version: "b 2",
			Accepts: []string{}},
		{Part: "peers", Name: cached, Peer: "B, its cache", Ours: 0.2, Theirs: 1, Ratio: 0.2, Version: "b 2"},
	})
	lines := strings.Split(table, "\n")
	for _, want := range []string{
		"| verifier | HS256, minimal, 231 bytes |",
		"| edgetoken | 2.0 |",
		"| edgetoken, its cache | 0.2 |",
		"| A | 4.0 (0.51) |",
		"| B | 120 (0.02) |",
		"| B, its cache | 1.0 (0.20) |",
		"- a 1",
		"- b 2",
		"| token | A | B |",
		"| bad signature |  |  |",
		"| 1 MB | accepts |  |",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("the tables lack %q:\n%s", want, table)
		}
	}
}
