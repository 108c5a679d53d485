package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// maxToken bounds the tokens here, and large those of bounds, of which each weighs as much as fifty other cases.
const (
	maxToken = 70_000
	large    = 12_000
)

// readings makes cases of coretest.Readings: one of each token, or one of all tokens where they are variants of one
// idea.
func (g *generator) readings() {
	for _, r := range coretest.Readings() {
		group, _, together := strings.Cut(r.Name, "/")
		together = together && group != "judge" && group != "key_ends"
		name := r.Name
		if r.Settings.Wire == core.DefaultSettings().Wire && len(r.Keys) == 1 && group != "judge" {
			name = r.Keys[0].Info.Algorithm
		}
		start := g.configure(name, policy(&r.Settings, r.Keys, ""))
		steps := []step{start}
		for _, t := range r.Tokens {
			if len(t.Token) > maxToken || group == "bounds" && len(t.Token) > large && t.Cause != cause.TooLong {
				continue
			}
			want := t.Cause
			if want == cause.OK {
				want = r.Judged[t.Name]
			}
			s := verdict(t.Token, now, wanted(want))
			if together {
				s.Note = t.Name
				steps = append(steps, s)
			} else {
				g.add(r.Name+"/"+t.Name, start, s)
			}
		}
		if together {
			g.add(r.Name, steps...)
		}
	}
}

func wanted(c cause.Cause) string {
	if c == cause.OK {
		return good
	}
	return c.String()
}

// policy is the policy with the settings and keys, and perhaps more members, each with a comma before it.
func policy(s *core.Settings, keys []coretest.OneOf, more string) string {
	var set []string
	for _, k := range keys {
		set = append(set, k.JWK())
		if k.Info.Default && k.Info.ID != "" && len(keys) > 1 { // in a policy, that is a key without a kid
			k.Info.ID = ""
			set = append(set, k.JWK())
		}
	}
	var b strings.Builder
	b.WriteString(`{"jwks":{"keys":[` + strings.Join(set, ",") + `]}`)
	member := func(name string, value any) { fmt.Fprintf(&b, `,"%s":%s`, name, encode(value)) }
	usual := core.DefaultSettings()
	if s.Compat != usual.Compat {
		member("compat", s.Compat)
	}
	if s.Issuer != nil {
		member("issuer", *s.Issuer)
	}
	if s.AudienceList {
		member("audience", s.Audience)
	}
	if s.Leeway != 0 {
		member("leeway", int(s.Leeway/time.Second))
	}
	if len(s.AuthTokenClasses) != 1 {
		member("types", s.AuthTokenClasses)
	}
	for _, claim := range []struct{ name, value, usual string }{
		{"user_id_claim", s.UserIDClaim, usual.UserIDClaim},
		{"token_type_claim", s.TokenTypeClaim, usual.TokenTypeClaim}, {"jti_claim", s.IDClaim, usual.IDClaim},
	} {
		if claim.value == "" {
			member(claim.name, nil)
		} else if claim.value != claim.usual {
			member(claim.name, claim.value)
		}
	}
	return b.String() + more + "}"
}

// vectors are the published examples of testdata/vectors, each with its own key.
func (g *generator) vectors() {
	for _, file := range coretest.VectorFiles {
		vectors, err := coretest.ReadVectors(file)
		if err != nil {
			fail("%v", err)
		}
		for _, v := range vectors {
			jwk := map[string]any{"alg": v.Algorithm}
			if err := json.Unmarshal(v.Key, &jwk); err != nil {
				fail("%v", err)
			}
			if jwk["kty"] != "oct" { // the sources show private keys
				for _, private := range []string{"d", "p", "q", "dp", "dq", "qi"} {
					delete(jwk, private)
				}
			}
			name, want := file+" "+strings.TrimPrefix(v.Section, "§"), v.Cause
			if want == cause.OK.String() {
				want = cause.Expired.String() // in 2011
			}
			g.add("vectors/"+name, g.configure(name, `{"jwks":{"keys":[`+string(encode(jwk))+`]}}`),
				verdict(v.Token, now, want))
		}
	}
}
