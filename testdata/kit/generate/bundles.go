package main

import (
	"slices"
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/bundle"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/core/jwk"
)

// Roots: the one that is pinned, its successors, and a stranger's.
var (
	rootA    = root("ES256", 1, "a")
	rootB    = root("EdDSA", 1, "b")
	rootC    = root("PS256", 1, "c")
	stranger = root("ES384", 1, "a")
)

func root(algorithm string, n int, kid string) coretest.OneOf {
	k := coretest.NewOneOf(algorithm, n)
	k.Info.ID = kid
	return k
}

// Times of bundles: each is one second younger than the one before.
var (
	epoch     = uint64(now) * 1000
	notBefore = now - 60
	notAfter  = now + 3600
)

// nth is the nth bundle, with the key of ES256 and what f says of it.
func nth(n int, f func(*bundle.Bundle)) *bundle.Bundle {
	b := &bundle.Bundle{Epoch: epoch + uint64(n)*1000, NotBefore: notBefore + int64(n), NotAfter: notAfter + int64(n),
		Head: bundle.Head{Settings: core.DefaultSettings(), Users: core.IntegerID}}
	b.Keys = []bundle.Key{bundleKey(es, "k1", core.KeyInfo{Default: true})}
	if f != nil {
		f(b)
	}
	b.Sort()
	return b
}

// bundleKey is a public key with a kid and what info says of it.
func bundleKey(k coretest.OneOf, kid string, info core.KeyInfo) bundle.Key {
	public, err := jwk.Read([]byte(k.JWK()))
	if err != nil {
		fail("%v", err)
	}
	info.ID, info.Algorithm = kid, public.Algorithm
	return bundle.Key{KeyInfo: info, Material: public.Material}
}

// signed is a payload signed by a root, which the chain leads to.
func signed(payload []byte, by coretest.OneOf, chain ...string) string {
	text, err := bundle.Sign(payload, by.Info.ID, by.Info.Algorithm, chain, signer(by))
	if err != nil {
		fail("%v", err)
	}
	return text
}

// signer gives the same signatures in each run.
func signer(k coretest.OneOf) bundle.Signer {
	entropy := []byte("0123456789abcdefghijklmnopqrstuv")
	return func(input []byte) ([]byte, error) { return k.Key.Sign(input, entropy) }
}

func whole(b *bundle.Bundle) string { return signed(b.Append(nil), rootA) }

func delta(base, b *bundle.Bundle) string { return signed(b.AppendDelta(nil, base), rootA) }

// pinned is a policy with the root, and more members.
func pinned(more string) string { return `{"root":` + rootA.JWK() + more + `}` }

const esHeader = `{"alg":"ES256","kid":"k1","typ":"JWT"}`

// ours are the claims of an access token of ours.
func ours(more string) string {
	return strings.Replace(access(more), `"x1"`, `"`+coretest.AccessID+`"`, 1)
}

// dead revokes the family of ours.
func dead(b *bundle.Bundle) {
	b.Families = append(b.Families, bundle.Family(coretest.FamilyName, coretest.FamilyStart, true))
}

// stolen ends the families that two nodes began by the start of ours: 1 and n, or n alone where that is 0.
func stolen(n uint16) func(*bundle.Bundle) {
	return func(b *bundle.Bundle) {
		b.Numbers = []bundle.NumberCutOff{{Number: n, At: coretest.FamilyStart}}
		if n != 0 {
			b.Numbers = append(b.Numbers, bundle.NumberCutOff{Number: 1, At: coretest.FamilyStart})
		}
	}
}

// swapped is a bundle whose numbers are not in order.
func swapped(b *bundle.Bundle) *bundle.Bundle {
	slices.Reverse(b.Numbers)
	return b
}

// without is a payload without its last bytes.
func without(payload []byte, n int) []byte { return payload[:len(payload)-n] }

// bundleCases are bundles in time and out of it, in order and out of it, whole, damaged, and deltas.
func (g *generator) bundleCases() {
	token := es.Issue(esHeader, ours(""))
	start, open := g.configure("root", pinned("")), g.configure("root, open", pinned(`,"fail_closed":false`))
	b0, b1, b2 := nth(0, nil), nth(1, dead), nth(2, func(b *bundle.Bundle) { b.All = coretest.FamilyStart })
	first, second := g.update("first", whole(b0), "ok"), g.update("second", whole(b1), "ok")
	third := g.update("third", whole(b2), "ok")
	again := func(s step, want string) step { return step{s.Step, want} }
	live, ended := verdict(token, now, good), verdict(token, now, "blacklisted")

	g.add("bundle/none", start, verdict(token, now, "no_bundle"), verdict("", now, "no_bundle"))
	g.add("bundle/new", start, first, live)
	g.add("bundle/in the policy", g.configure("root and bundle", pinned(`,"bundle":"`+whole(b0)+`"`)), live, second,
		ended)
	g.add("bundle/newer", start, first, live, second, ended)
	g.add("bundle/older", start, second, ended, again(first, "bundle_older"), ended)
	g.add("bundle/the same again", start, first, again(first, "bundle_older"), live)
	g.add("bundle/older after another policy", start, second, start, verdict(token, now, "no_bundle"), first, live)
	g.add("bundle/revoked no more", start, second, ended, g.update("fourth", whole(nth(3, nil)), "ok"), live)
	g.add("bundle/unwanted", g.configure("HS256", secretPolicy("")), again(first, "bundle_unwanted"),
		verdict(hs.Issue(hsHeader, access("")), now, good))
	least := g.configure("root, min_epoch", pinned(`,"min_epoch":1780315201000`))
	g.add("bundle/before min_epoch", least, again(first, "bundle_older"), verdict(token, now, "no_bundle"), second,
		ended)
	g.add("bundle/before min_epoch, in the policy", g.refused("bundle before min_epoch",
		pinned(`,"min_epoch":1780315201000,"bundle":"`+whole(b0)+`"`), "bundle_older"))

	for _, c := range []struct {
		name string
		at   int64
		want string
		open string // under fail_closed: false
	}{
		{"a second before", notBefore - 1, "bundle_not_yet_valid", "bundle_not_yet_valid"},
		{"first second", notBefore, good, good}, {"last second", notAfter - 1, good, good},
		{"a second after", notAfter, "bundle_expired", good},
		{"a year after", notAfter + 31536000, "bundle_expired", good},
		{"no clock", 0, "bad_clock", "bad_clock"},
	} {
		g.add("bundle_times/"+c.name, start, first, verdict(token, c.at, c.want))
		g.add("bundle_times/"+c.name+", open", open, first, verdict(token, c.at, c.open))
	}
	g.add("bundle_times/expired, then newer", start, first, verdict(token, notAfter, "bundle_expired"), third,
		verdict(token, notAfter, "cut_off"))
	g.add("bundle_times/expired, open, revoked", open, second, verdict(token, notAfter+60, "blacklisted"))
	g.add("bundle_times/expired before a bad signature", start, first,
		verdict(root("ES256", 1, "k1").Issue(esHeader, ours("")), notAfter, "bundle_expired"))
	g.add("bundle_times/expired before malformed", start, first, verdict("", notAfter, "bundle_expired"))

	before := g.update("before the first", whole(nth(-1, nil)), "ok")
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "bundle_malformed"}, {"no bundle", "x.y.z", "bundle_malformed"},
		{"a token", rootA.Issue(`{"alg":"ES256","kid":"a","typ":"JWT"}`, access("")), "bundle_malformed"},
		{"no typ", rootA.Issue(`{"alg":"ES256","kid":"a"}`, string(b0.Append(nil))), "bundle_malformed"},
		{"crit", rootA.Issue(`{"alg":"ES256","kid":"a","typ":"edgetoken-bundle+jwt","crit":["x"]}`,
			string(b0.Append(nil))), "bundle_malformed"},
		{"typ twice", rootA.Issue(`{"alg":"ES256","kid":"a","typ":"JWT","typ":"edgetoken-bundle+jwt"}`,
			string(b0.Append(nil))), "bundle_malformed"},
		{"four parts", whole(b0) + ".x", "bundle_malformed"},
		{"padded", whole(b0) + "=", "bundle_malformed"},
		{"white space", " " + whole(b0), "bundle_malformed"},
		{"line end", whole(b0) + "\n", "bundle_malformed"},
		{"empty payload", signed(nil, rootA), "bundle_malformed"},
		{"unknown kind", signed([]byte{9}, rootA), "bundle_malformed"},
		{"cut", signed(b0.Append(nil)[:100], rootA), "bundle_malformed"},
		{"a byte more", signed(append(b0.Append(nil), 0), rootA), "bundle_malformed"},
		{"numbers, none", signed(append(b0.Append(nil), make([]byte, 10)...), rootA), "bundle_malformed"},
		{"numbers, cut", signed(without(nth(0, stolen(2)).Append(nil), 1), rootA), "bundle_malformed"},
		{"numbers, a byte more", signed(append(nth(0, stolen(2)).Append(nil), 0), rootA), "bundle_malformed"},
		{"numbers, not in order", whole(swapped(nth(0, stolen(2)))), "bundle_malformed"},
		{"numbers, that of no node", whole(nth(0, stolen(0))), "bundle_malformed"},
		{"not after before not before", whole(nth(0, func(b *bundle.Bundle) { b.NotAfter = b.NotBefore })),
			"bundle_malformed"},
		{"a secret for a key", whole(nth(0, func(b *bundle.Bundle) {
			material, _ := hs.Material(0)
			b.Keys[0] = bundle.Key{KeyInfo: core.KeyInfo{ID: "k1", Algorithm: "HS256"}, Material: material}
		})), "bundle_malformed"},
		{"a private key", whole(nth(0, func(b *bundle.Bundle) { b.Keys[0].Material, _ = es.Material(0) })),
			"bundle_malformed"},
		{"two keys of a kid", whole(nth(0, func(b *bundle.Bundle) { b.Keys = append(b.Keys, b.Keys[0]) })),
			"bundle_malformed"},
		{"an unknown algorithm", whole(nth(0, func(b *bundle.Bundle) { b.Keys[0].Algorithm = "ES257" })),
			"bundle_malformed"},
		{"by a stranger", signed(b0.Append(nil), stranger), "bundle_forged"},
		{"by a stranger, said to be the root", signedAs(b0.Append(nil), "ES256", "a", root("ES256", 0, "a")),
			"bundle_forged"},
		{"by the key for tokens", signed(b0.Append(nil), root("ES256", 0, "k1")), "bundle_forged"},
		{"by the public root as a secret", signedAs(b0.Append(nil), "HS256", "a", hs), "bundle_forged"},
		{"alg none", signedAs(b0.Append(nil), "none", "a", rootA), "bundle_forged"},
		{"another kid", signedAs(b0.Append(nil), "ES256", "b", rootA), "bundle_forged"},
		{"no signature", whole(b0)[:strings.LastIndexByte(whole(b0), '.')+1], "bundle_forged"},
		{"one bit changed", flipped(whole(b0)), "bundle_forged"},
		{"another's signature", mixed(whole(b1), whole(b0)), "bundle_forged"},
	} {
		bad := g.update(c.name, c.text, c.want)
		g.add("bundle_bad/"+c.name, start, bad, verdict(token, now, "no_bundle"))
		g.add("bundle_bad/"+c.name+", after a good one", start, before, bad, live)
		if c.text != "" { // which is none
			g.add("bundle_bad/"+c.name+", in the policy",
				g.refused("bundle: "+c.name, pinned(`,"bundle":`+string(encode(c.text))), c.want))
		}
	}
	g.add("bundle/as a token", start, first, verdict(whole(b0), now, "bad_header"))
	g.add("bundle/as a token, signed by the key", start, first,
		verdict(es.Issue(`{"alg":"ES256","kid":"k1","typ":"edgetoken-bundle+jwt"}`, ours("")), now, "bad_header"))

	to1, to2 := g.update("first to second", delta(b0, b1), "ok"), g.update("second to third", delta(b1, b2), "ok")
	g.add("delta/one", start, first, live, to1, ended)
	g.add("delta/two", start, first, to1, to2, verdict(token, now, "cut_off"))
	g.add("delta/on the bundle of the policy", g.configure("root and bundle", pinned(`,"bundle":"`+whole(b0)+`"`)),
		live, to1, ended)
	g.add("delta/without a base", start, again(to1, "bundle_base"), verdict(token, now, "no_bundle"))
	g.add("delta/of another base", start, first, again(to2, "bundle_base"), live)
	g.add("delta/of a base that is past", start, first, to1, again(to1, "bundle_base"), ended)
	g.add("delta/of another base of its epoch", start, g.update("first, otherwise",
		whole(nth(0, func(b *bundle.Bundle) { b.All = 1 })), "ok"), again(to1, "bundle_base"))
	wrong := b1.AppendDelta(nil, b0)
	wrong[25+8+16] ^= 1 // the first byte of the result's hash
	g.add("delta/to another result", start, first, g.update("to another result", signed(wrong, rootA), "bundle_base"),
		live)
	g.add("delta/to an older epoch", start, second, g.update("second to first", delta(b1, b0), "bundle_older"), ended)
	g.add("delta/forged", start, first, g.update("delta by a stranger", signed(b1.AppendDelta(nil, b0), stranger),
		"bundle_forged"), live)
	g.add("delta/cut", start, first, g.update("delta, cut", signed(b1.AppendDelta(nil, b0)[:80], rootA),
		"bundle_base"), live)
	g.add("delta/other keys", start, first, live, g.update("delta to another key", delta(b0, nth(1,
		func(b *bundle.Bundle) { b.Keys[0].ID = "k2" })), "ok"), verdict(token, now, "unknown_kid"))
	g.add("delta/expires as it says", start, first, to1, verdict(token, notAfter, "blacklisted"),
		verdict(token, notAfter+1, "bundle_expired"))
	b5, b6 := nth(5, stolen(2)), nth(6, stolen(coretest.FamilyName>>33))
	g.add("delta/to numbers", start, first, g.update("to numbers", delta(b0, b5), "ok"), live,
		g.update("to other numbers", delta(b5, b6), "ok"), verdict(token, now, "cut_off"),
		g.update("to no numbers", delta(b6, nth(7, nil)), "ok"), live)
	g.add("delta/numbers, cut", start, first, g.update("to numbers, cut", signed(without(b5.AppendDelta(nil, b0), 1),
		rootA), "bundle_base"), live)
	many := slices.Repeat([]uint64{0}, 2000)
	for i := range many {
		many[i] = bundle.Family(uint64(i), int64(i), true)
	}
	b3 := nth(3, func(b *bundle.Bundle) { b.Families = slices.Clone(many); dead(b) })
	b4 := nth(4, func(b *bundle.Bundle) { b.Families = slices.Clone(many[500:]) })
	g.add("delta/among 2,000 families", start, g.update("2,000 families", whole(b3), "ok"), ended,
		g.update("less 501", delta(b3, b4), "ok"), live)
}

// signedAs is a payload with another algorithm or kid in its header.
func signedAs(payload []byte, algorithm, kid string, by coretest.OneOf) string {
	text, err := bundle.Sign(payload, kid, algorithm, nil, signer(by))
	if err != nil {
		fail("%v", err)
	}
	return text
}

// flipped is a bundle whose payload has another bit.
func flipped(text string) string {
	i := strings.IndexByte(text, '.') + 60
	c := byte('A')
	if text[i] == c {
		c = 'B'
	}
	return text[:i] + string(c) + text[i+1:]
}

// mixed is the content of one bundle with the signature of another.
func mixed(content, signature string) string {
	return content[:strings.LastIndexByte(content, '.')] + signature[strings.LastIndexByte(signature, '.'):]
}
