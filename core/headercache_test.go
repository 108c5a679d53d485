package core_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// Whatever headers a reader remembers, it says of each what a reader says that remembers none: also of those that
// differ from one by a character, after more headers than it has room for, and after a stranger's.
func TestHeadsRemembered(t *testing.T) {
	s := core.DefaultSettings()
	_, keys := shortcuts()
	full := core.NewReader(&s, keys)
	var headers []string
	for i := range 300 {
		headers = append(headers, fmt.Sprintf(`{"alg":"HS512","kid":"%d"}`, i),
			fmt.Sprintf(`{"alg":"HS256","kid":"%d"}`, i), fmt.Sprintf(`{"alg":"HS256","kid":"one","x":"%0*d"}`, i, i))
	}
	headers = append(headers, `{"alg":"HS256"}`, `{"alg":"HS256"} `, `{"alg":"ES256","kid":"two"}`,
		`{"alg":"ES256","kid":"twp"}`, `{"alg":"HS256","kid":"two"}`, `{"alg":"HS256","alg":"HS256"}`,
		`{"alg":"HS256","kid":"`+strings.Repeat("k", 600)+`"}`)
	for round := range 3 {
		for i, header := range headers {
			token := []byte(coretest.Sign("HS256", coretest.Secret, header, `{"exp":1}`))
			got, want := full.Inspect(token), core.NewReader(&s, keys).Inspect(token)
			if got != want {
				t.Fatalf("Inspect(%s) = %+v with what is remembered, %+v without", header, got, want)
			}
			if got.Cause == cause.OK && (i+round)%2 == 0 { // the others are a stranger's, whose signatures are bad
				full.Accept()
			}
			changed := []byte(string(token))
			changed[i%len(header)] ^= 1
			if got, want := full.Inspect(changed), core.NewReader(&s, keys).Inspect(changed); got != want {
				t.Fatalf("Inspect(%s) = %+v with what is remembered, %+v without", changed, got, want)
			}
		}
	}
}

// Headers are remembered once a signature was good, and only then.
func TestHeadsAreLearnedFromGoodTokens(t *testing.T) {
	s := core.DefaultSettings()
	r := core.NewReader(&s, coretest.OneKey().Set())
	token := []byte(coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256","x":"y"}`, `{"exp":1}`))
	r.Inspect(token)
	r.Inspect(token)
	if r.Remembers(token) {
		t.Error("the header of a token is remembered whose signature nobody has checked")
	}
	r.Accept()
	if !r.Remembers(token) {
		t.Error("the header of a good token is not remembered")
	}
}
