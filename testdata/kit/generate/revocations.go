package main

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/bundle"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// revocationCases are families and cut-offs in bundles.
func (g *generator) revocationCases() {
	const began = coretest.FamilyStart
	foreign := func(id string) uint64 { // named by the first 47 bits of its SHA-256
		sum := sha256.Sum256([]byte(id))
		return bundle.Family(binary.BigEndian.Uint64(sum[:])>>17, 0, false)
	}
	families := func(names ...uint64) func(*bundle.Bundle) {
		return func(b *bundle.Bundle) { b.Families = names }
	}
	cutOff := func(id core.CustomerID, at int64) func(*bundle.Bundle) {
		return func(b *bundle.Bundle) { b.CutOffs = []bundle.CutOff{{Subject: bundle.Subject(id), At: at}} }
	}
	emails := func(f func(*bundle.Bundle)) func(*bundle.Bundle) {
		return func(b *bundle.Bundle) { b.Users = core.TextID; f(b) }
	}
	number := func(n uint16, at, since int64) func(*bundle.Bundle) {
		return func(b *bundle.Bundle) {
			b.Numbers, b.NumbersSince = []bundle.NumberCutOff{{Number: 1, At: 1}, {Number: n, At: at}}, since
		}
	}
	const node = coretest.FamilyName >> 33 // that began the family of ours
	user := func(value string) string { return strings.Replace(ours(""), `"user_id":"7"`, `"user_id":`+value, 1) }
	both := func(fs ...func(*bundle.Bundle)) func(*bundle.Bundle) {
		return func(b *bundle.Bundle) {
			for _, f := range fs {
				f(b)
			}
		}
	}
	sliding := func(b *bundle.Bundle) { b.Settings.AuthTokenClasses = []core.TokenType{core.SlidingToken} }
	slides := strings.NewReplacer(`"access"`, `"sliding"`, coretest.AccessID, coretest.SlidingID).Replace(ours(""))
	issued := func(at string) string { return access(`,"iat":` + at) }
	ana := core.Text("ana@example.com")
	for _, c := range []struct {
		name   string
		bundle func(*bundle.Bundle)
		claims string
		want   string
	}{
		{"family", dead, ours(""), "blacklisted"},
		{"family of a sliding token", both(dead, sliding), slides, "blacklisted"},
		{"family of the same bits, another start",
			families(bundle.Family(coretest.FamilyName, began+1, true)), ours(""), good},
		{"family of other bits, the same start",
			families(bundle.Family(coretest.FamilyName+1, began, true)), ours(""), good},
		{"family without a start", families(bundle.Family(coretest.FamilyName, 0, false)), ours(""), "blacklisted"},
		{"foreign id", families(foreign("x1")), access(""), "blacklisted"},
		{"foreign id, another's", families(foreign("x2")), access(""), good},
		{"foreign id with a start", families(bundle.Family(0x7618b417ef2b, began, true)), access(`,"iat":1780311600`),
			good},
		{"foreign id, escaped", families(foreign("x1")), strings.Replace(access(""), "x1", `x\u0031`, 1),
			"blacklisted"},
		{"foreign id in capitals", families(foreign("x1")), strings.Replace(access(""), "x1", "X1", 1), good},
		{"no list of tokens", both(dead, func(b *bundle.Bundle) { b.Settings.BlacklistApp = false }), ours(""), good},
		{"exact wire", both(dead, func(b *bundle.Bundle) { b.Settings.Wire = core.Exact }), ours(""), good},
		{"expired first", dead, strings.Replace(ours(""), "4102444800", "1", 1), "expired"},
		{"another type first", dead, strings.Replace(ours(""), `"access"`, `"refresh"`, 1), "wrong_type"},

		{"customer, at the start", cutOff(core.Integer(7), began), ours(""), "cut_off"},
		{"customer, before the start", cutOff(core.Integer(7), began-1), ours(""), good},
		{"customer, later", cutOff(core.Integer(7), began+1), ours(""), "cut_off"},
		{"another customer", cutOff(core.Integer(8), began), ours(""), good},
		{"customer, a number", cutOff(core.Integer(7), began), user("7"), "cut_off"},
		{"customer, with spaces", cutOff(core.Integer(7), began), user(`" 7 "`), "cut_off"},
		{"customer, a fraction", cutOff(core.Integer(7), began), user("7.5"), "cut_off"},
		{"customer, no integer", cutOff(core.Integer(7), began), user(`"seven"`), good},
		{"customer, negative", cutOff(core.Integer(-7), began), user(`"-7"`), "cut_off"},
		{"customer, beyond int64", cutOff(core.Integer(7), began), user("18446744073709551623"), good},
		{"e-mail", emails(cutOff(ana, began)), user(`"ana@example.com"`), "cut_off"},
		{"e-mail, escaped", emails(cutOff(ana, began)), user(`"ana\u0040example.com"`), "cut_off"},
		{"e-mail in capitals", emails(cutOff(ana, began)), user(`"Ana@example.com"`), good},
		{"e-mail, a number", emails(cutOff(core.Text("7"), began)), user("7"), "cut_off"},
		{"e-mail of another", emails(cutOff(ana, began)), user(`"eva@example.com"`), good},
		{"node, at the start", func(b *bundle.Bundle) { b.All = began }, ours(""), "cut_off"},
		{"node, before the start", func(b *bundle.Bundle) { b.All = began - 1 }, ours(""), good},
		{"node, foreign id", func(b *bundle.Bundle) { b.All = began }, issued("1780311600"), "cut_off"},
		{"node, foreign id a second later", func(b *bundle.Bundle) { b.All = began }, issued("1780311601"), good},
		{"node, foreign id without iat", func(b *bundle.Bundle) { b.All = began }, access(""), "cut_off"},
		{"node, foreign id within leeway", func(b *bundle.Bundle) { b.All, b.Settings.Leeway = began, 10e9 },
			issued("1780311610"), "cut_off"},
		{"gap", func(b *bundle.Bundle) { b.GapAfter, b.GapUntil = began-1, began+1 }, ours(""), "cut_off"},
		{"gap, its first millisecond", func(b *bundle.Bundle) { b.GapAfter, b.GapUntil = began, began+1 }, ours(""),
			good},
		{"gap, its last", func(b *bundle.Bundle) { b.GapAfter, b.GapUntil = began-1, began }, ours(""), "cut_off"},
		{"before the gap", func(b *bundle.Bundle) { b.GapAfter, b.GapUntil = began+5, began+9 }, ours(""), good},
		{"after the gap", func(b *bundle.Bundle) { b.GapAfter, b.GapUntil = began-9, began-1 }, ours(""), good},
		{"number of a node, at the start", number(node, began, 0), ours(""), "cut_off"},
		{"number of a node, later", number(node, began+1, began-1), ours(""), "cut_off"},
		{"number of a node, before the start", number(node, began-1, 0), ours(""), good},
		{"number of a node, on a sliding token", both(number(node, began, 0), sliding), slides, "cut_off"},
		{"number of another node", number(node+1, began, 0), ours(""), good},
		{"number of a node, begun before bits had one", number(node, began, began), ours(""), good},
		{"number of a node, foreign id", number(0x7618b417ef2b>>33, began+1e6, 0), issued("1780311600"), good},
		{"number of a node on the exact wire", both(number(node, began, 0),
			func(b *bundle.Bundle) { b.Settings.Wire = core.Exact }), ours(""), good},
		{"cut off on the exact wire", both(func(b *bundle.Bundle) { b.All = began },
			func(b *bundle.Bundle) { b.Settings.Wire = core.Exact }), ours(""), good},
	} {
		g.add("revoked/"+c.name, g.configure("root", pinned("")),
			g.update("revoked: "+c.name, whole(nth(0, c.bundle)), "ok"),
			verdict(es.Issue(esHeader, c.claims), now, c.want))
	}
}
