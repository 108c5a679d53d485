package coretest

import (
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
	written := map[string]string{ // what the header has, and what that means
		`\u0045dDSA`: "EdDSA", `\u0045d25519`: "Ed25519", `Ed25519\u0000`: "", "EdDSA ": "", "ed25519": "",
		"Ed2551": "", "Ed255199": "", "Ed448": "", "Ed": "",
	}
	for _, algorithm := range jws.Algorithms() {
		written[algorithm] = algorithm
	}
	for _, algorithm := range jws.Algorithms() {
		t.Run(algorithm, func(t *testing.T) {
			v := newVictim(t, algorithm)
			e := newEngine(t, core.DefaultSettings(), v.key)
			for alg, means := range written {
				header, want := `{"alg":"`+alg+`"}`, cause.BadAlgorithm
				if slices.Contains(names(algorithm), means) {
					want = cause.OK
					if o := open(t, e, v.forge(header, good)); o.Cause != cause.BadSignature {
						t.Errorf("a token of another key with alg %s: %v, want %v", alg, o.Cause, cause.BadSignature)
					}
				}
				token := v.issue(header, good)
				for range 2 { // the second time the header is remembered
					if o := open(t, e, token); o.Cause != want {
						t.Errorf("a token with alg %s is refused for %v, want %v", alg, o.Cause, want)
					}
				}
			}
		})
	}
}
