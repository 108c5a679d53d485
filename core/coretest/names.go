package coretest

import (
	"maps"
	"slices"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/jws"
)

// names are what the header of a token may call an algorithm, when a key has it.
func names(algorithm string) []string {
	both := []string{"EdDSA", "Ed25519"}
	if slices.Contains(both, algorithm) {
		return both
	}
	return []string{algorithm}
}

// testNames: a key takes each name of its own algorithm, and no other, whether or not the header was read before.
func testNames(t *testing.T, newEngine NewEngine) {
	for _, algorithm := range jws.Algorithms() {
		r := newVictim(algorithm).namesReading()
		t.Run(algorithm, func(t *testing.T) { r.run(t, newEngine) })
	}
}

func (v *victim) namesReading() Reading {
	written := map[string]string{ // what the header has, and what that means
		`\u0045dDSA`: "EdDSA", `\u0045d25519`: "Ed25519", `Ed25519\u0000`: "", "EdDSA ": "", "ed25519": "",
		"Ed2551": "", "Ed255199": "", "Ed448": "", "Ed": "",
	}
	for _, algorithm := range jws.Algorithms() {
		written[algorithm] = algorithm
	}
	r := Reading{Name: "names/" + v.algorithm, Settings: core.DefaultSettings(), Keys: []OneOf{v.key}}
	for _, alg := range slices.Sorted(maps.Keys(written)) {
		header, want := `{"alg":"`+alg+`"}`, cause.BadAlgorithm
		if slices.Contains(names(v.algorithm), written[alg]) {
			want = cause.OK
			r.Tokens = append(r.Tokens, Token{alg + " of another key", v.forge(header, good), cause.BadSignature})
		}
		token := v.issue(header, good)
		r.Tokens = append(r.Tokens, Token{alg, token, want}, Token{alg + " again", token, want})
	}
	return r
}
