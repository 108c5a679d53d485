package main

import (
	"fmt"
	"strings"

	"github.com/edgetoken/edgetoken/core/coretest"
)

// inTurn is how many different tokens are verified in turn, so that no branch predictor and no cache learns one by
// heart.
const inTurn = 512

// size is a kind of token.
type size struct {
	name   string
	tokens []string
}

// sizes are HS256 access tokens of the shapes that are met: a minimal one, one with kid, iss and aud, and two that
// carry what shops put into them.
func sizes() []size {
	const minimal, header = `{"alg":"HS256","typ":"JWT"}`, `{"alg":"HS256","typ":"JWT","kid":"2026-11"}`
	registered := func(i int) string {
		return fmt.Sprintf(`{"token_type":"access","exp":4102444800,"iat":1577836800,"jti":"%032x","user_id":"%d"`, i,
			i)
	}
	named := func(i int) string { return registered(i) + `,"aud":"shop","iss":"https://auth.example"` }
	more := func(bytes int) string {
		var b strings.Builder
		for i := 0; b.Len() < bytes; i++ {
			fmt.Fprintf(&b, `,"attribute_%d":{"plan":"gold","since":%d,"tags":["a","b\u00e9",true,null,1.5]}`, i,
				1577836800+i)
		}
		return b.String()
	}
	make := func(name, header string, claims func(int) string) size {
		s := size{name: name}
		for i := range inTurn {
			s.tokens = append(s.tokens, coretest.Sign("HS256", coretest.Secret, header, claims(i)+"}"))
		}
		s.name = fmt.Sprintf("%s, %d bytes", name, len(s.tokens[0]))
		return s
	}
	return []size{
		make("minimal", minimal, registered),
		make("kid, iss, aud", header, named),
		make("2 KB", header, func(i int) string { return named(i) + more(1_200) }),
		make("8 KB", header, func(i int) string { return named(i) + more(5_700) }),
	}
}
