package main

import (
	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/bundle"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// succeeds is the statement by which a root names the next one.
func succeeds(root, next coretest.OneOf) string {
	text, err := bundle.SignSuccessor(next.JWK(), root.Info.ID, root.Info.Algorithm, signer(root))
	if err != nil {
		fail("%v", err)
	}
	return text
}

// rootCases are bundles of a root's successors.
func (g *generator) rootCases() {
	token := es.Issue(esHeader, ours(""))
	start, live, none := g.configure("root", pinned("")), verdict(token, now, good), verdict(token, now, "no_bundle")
	payload := func(n int) []byte { return nth(n, nil).Append(nil) }
	ab, bc := succeeds(rootA, rootB), succeeds(rootB, rootC)
	first := g.update("first", signed(payload(0), rootA), "ok")
	byB := g.update("by the successor", signed(payload(1), rootB, ab), "ok")
	bare := signed(payload(2), rootB)

	g.add("root/successor", start, byB, live)
	g.add("root/successor after the root", start, first, byB, live)
	g.add("root/successor without its statement", start, g.update("by b alone", bare, "bundle_forged"), none)
	g.add("root/successor that is known", start, byB, g.update("by b alone", bare, "ok"), live)
	g.add("root/the root after its successor", start, byB, g.update("by a again", signed(payload(2), rootA),
		"bundle_forged"), live)
	g.add("root/two successions", start, g.update("by c", signed(payload(1), rootC, ab, bc), "ok"), live)
	g.add("root/two successions, one after the other", start, byB,
		g.update("by c, from b", signed(payload(2), rootC, bc), "ok"), live)
	g.add("root/two successions, one bundle missed", start, byB,
		g.update("by c, newer", signed(payload(2), rootC, ab, bc), "ok"), live)
	g.add("root/two successions in the wrong order", start,
		g.update("by c, backwards", signed(payload(1), rootC, bc, ab), "bundle_forged"), none)
	g.add("root/half of the succession", start, g.update("by c, from b", signed(payload(2), rootC, bc),
		"bundle_forged"), none)
	g.add("root/succession by a stranger", start, g.update("by b, a stranger's",
		signed(payload(1), rootB, succeeds(stranger, rootB)), "bundle_forged"), none)
	g.add("root/succession by itself", start, g.update("by b, its own",
		signed(payload(1), rootB, succeeds(rootB, rootB)), "bundle_forged"), none)
	g.add("root/succession to another", start, g.update("by c, a names b", signed(payload(1), rootC, ab),
		"bundle_forged"), none)
	g.add("root/a statement as a bundle", start, g.update("a statement", ab, "bundle_malformed"), none)
	g.add("root/a bundle as a statement", start, g.update("a bundle as a statement",
		signed(payload(1), rootB, signed(payload(0), rootA)), "bundle_forged"), none)
	g.add("root/delta of a successor", start, byB, g.update("delta by b",
		signed(nth(2, dead).AppendDelta(nil, nth(1, nil)), rootB), "ok"), verdict(token, now, "blacklisted"))
	g.add("root/delta of the root after its successor", start, byB, g.update("delta by a",
		signed(nth(2, dead).AppendDelta(nil, nth(1, nil)), rootA), "bundle_forged"), live)

	two := g.configure("two roots", `{"root":{"keys":[`+rootA.JWK()+","+rootB.JWK()+`]}}`)
	g.add("root/one of two", two, first, live, g.update("by b alone", bare, "ok"), live)
	g.add("root/neither of two", two, g.update("by a stranger", signed(nth(0, nil).Append(nil), stranger),
		"bundle_forged"), none)
}

// headCases are what a bundle says of keys and settings.
func (g *generator) headCases() {
	start := g.configure("root", pinned(""))
	rs, ed := coretest.NewOneOf("RS256", 0), coretest.NewOneOf("EdDSA", 0)
	keys := g.update("several keys", whole(nth(0, func(b *bundle.Bundle) {
		b.Keys = append(b.Keys, bundleKey(rs, "ends", core.KeyInfo{NotAfter: now + 1}),
			bundleKey(ed, "refresh", core.KeyInfo{RefreshOnly: true}))
	})), "ok")
	header := func(alg, kid string) string { return `{"alg":"` + alg + `","kid":"` + kid + `"}` }
	g.add("bundle_keys/by kid", start, keys, verdict(es.Issue(esHeader, access("")), now, good))
	g.add("bundle_keys/without kid", start, keys, verdict(es.Issue(`{"alg":"ES256"}`, access("")), now, good))
	g.add("bundle_keys/unknown kid", start, keys,
		verdict(es.Issue(header("ES256", "k9"), access("")), now, "unknown_kid"))
	g.add("bundle_keys/kid of another", start, keys,
		verdict(es.Issue(header("RS256", "ends"), access("")), now, "bad_signature"))
	ending := rs.Issue(header("RS256", "ends"), access(""))
	g.add("bundle_keys/that ends", start, keys, verdict(ending, now, good), verdict(ending, now+1, "key_ended"),
		verdict(ending, now, good))
	g.add("bundle_keys/for refresh tokens", start, keys,
		verdict(ed.Issue(header("EdDSA", "refresh"), access("")), now, "key_for_refresh"))
	g.add("bundle_keys/a secret made of one", start, keys,
		verdict(hs.Issue(header("HS256", "k1"), access("")), now, "bad_algorithm"))
	any := g.update("any kid", whole(nth(0, func(b *bundle.Bundle) { b.Keys[0].AnyID = true })), "ok")
	g.add("bundle_keys/any kid", start, any, verdict(es.Issue(header("ES256", "k9"), access("")), now, good))
	g.add("bundle_keys/none", start, g.update("no keys", whole(nth(0, func(b *bundle.Bundle) { b.Keys = nil })), "ok"),
		verdict(es.Issue(esHeader, access("")), now, "no_bundle"))
	g.add("bundle_keys/gone", start, keys, verdict(es.Issue(esHeader, access("")), now, good),
		g.update("k2 alone", whole(nth(1, func(b *bundle.Bundle) { b.Keys[0].ID = "k2" })), "ok"),
		verdict(es.Issue(esHeader, access("")), now, "unknown_kid"))
	g.add("bundle_keys/another of its kid", start, keys, verdict(es.Issue(esHeader, access("")), now, good),
		g.update("k1 anew", whole(nth(1, func(b *bundle.Bundle) {
			b.Keys[0] = bundleKey(coretest.NewOneOf("ES256", 1), "k1", core.KeyInfo{Default: true})
		})), "ok"), verdict(es.Issue(esHeader, access("")), now, "bad_signature"))

	issuer := "https://auth.example"
	settings := g.update("settings", whole(nth(0, func(b *bundle.Bundle) {
		b.Settings.Issuer, b.Settings.Audience, b.Settings.AudienceList = &issuer, []string{"shop"}, true
		b.Settings.Leeway = 5e9
		b.Settings.AuthTokenClasses = []core.TokenType{core.SlidingToken}
		b.Settings.UserIDClaim, b.Settings.TokenTypeClaim, b.Settings.IDClaim = "sub", "typ", "tid"
	})), "ok")
	claims := func(typ, iss, aud string) string {
		return es.Issue(esHeader, `{"typ":"`+typ+`","exp":1780315200,"tid":"x","sub":"7","iss":"`+iss+
			`","aud":"`+aud+`"}`)
	}
	for _, c := range []struct{ name, policy, token, want string }{
		{"as the bundle has them", "", claims("sliding", issuer, "shop"), good},
		{"another issuer", "", claims("sliding", "x", "shop"), "wrong_issuer"},
		{"another audience", "", claims("sliding", issuer, "x"), "wrong_audience"},
		{"another type", "", claims("access", issuer, "shop"), "wrong_type"},
		{"the policy's issuer", `,"issuer":"x"`, claims("sliding", "x", "shop"), good},
		{"the policy's issuer, the bundle's", `,"issuer":"x"`, claims("sliding", issuer, "shop"), "wrong_issuer"},
		{"the policy's audience", `,"audience":["x"]`, claims("sliding", issuer, "x"), good},
		{"the policy's leeway", `,"leeway":0`, claims("sliding", issuer, "shop"), "expired"},
		{"the policy's types", `,"types":["access"]`, claims("access", issuer, "shop"), good},
		{"the policy's required", `,"required":["email"]`, claims("sliding", issuer, "shop"), "missing_claim"},
	} {
		policy := start
		if c.policy != "" {
			policy = g.configure("root"+c.policy, pinned(c.policy))
		}
		g.add("bundle_settings/"+c.name, policy, settings, verdict(c.token, now+2, c.want))
	}
	number := es.Issue(esHeader, access(`,"sub":5`))
	g.add("bundle_settings/compat 5.5", start, keys, verdict(number, now, "bad_sub"))
	g.add("bundle_settings/compat 5.2", start, g.update("compat 5.2", whole(nth(0,
		func(b *bundle.Bundle) { b.Settings.Compat = core.V52 })), "ok"), verdict(number, now, good))
}
