package main

import (
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// memoryCases are a good token among its likes: what a verifier remembers of it says nothing of another one, nor of
// another time.
func (g *generator) memoryCases() {
	s := core.DefaultSettings()
	for _, algorithm := range []string{"HS256", "RS256", "PS256", "ES256", "EdDSA"} {
		key, theirs := coretest.NewOneOf(algorithm, 0), coretest.NewOneOf(algorithm, 1)
		start := g.configure(algorithm, policy(&s, []coretest.OneOf{key}, ""))
		header := `{"alg":"` + algorithm + `","typ":"JWT"}`
		until := strings.Replace(access(""), "4102444800", "1780315300", 1)
		token, other := key.Issue(header, until), key.Issue(header, access(""))
		parts, others := strings.Split(token, "."), strings.Split(other, ".")
		steps := []step{start, verdict(token, now, good), verdict(token, now, good)}
		for _, c := range []struct{ note, token, want string }{
			{"with the signature of another", parts[0] + "." + parts[1] + "." + others[2], "bad_signature"},
			{"with the claims of another", parts[0] + "." + others[1] + "." + parts[2], "bad_signature"},
			{"signed by another key", theirs.Issue(header, until), "bad_signature"},
			{"without its signature", parts[0] + "." + parts[1] + ".", "bad_signature"},
			{"a character shorter", token[:len(token)-1], "malformed"},
			{"a character longer", token + "A", "bad_signature"},
			{"four parts", token + ".", "malformed"},
			{"cut in the claims", token[:len(parts[0])+9], "malformed"},
			{"another good one", other, good},
		} {
			s := verdict(c.token, now, c.want)
			s.Note = c.note
			steps = append(steps, s, verdict(token, now, good))
		}
		for _, c := range []struct {
			at   int64
			want string
		}{{1780315300, "expired"}, {0, "bad_clock"}, {1780315299, good}} {
			steps = append(steps, verdict(token, c.at, c.want), verdict(token, now, good))
		}
		g.add("memory/"+algorithm, steps...)
		g.add("memory/"+algorithm+", another policy", start, verdict(token, now, good),
			g.configure(algorithm+", theirs", policy(&s, []coretest.OneOf{theirs}, "")),
			verdict(token, now, "bad_signature"), start, verdict(token, now, good),
			g.configure(algorithm+", issuer", policy(&s, []coretest.OneOf{key}, `,"issuer":"x"`)),
			verdict(token, now, "wrong_issuer"), start, verdict(token, now, good))
	}
}
