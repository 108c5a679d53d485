package core_test

import (
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// signed is a token of a header and claims whose signature is good, as an independent reader sees it.
type signed struct {
	size           int    // of the token, in bytes
	encoded        string // the header
	header, claims coretest.Object
}

func newSigned(token, header, claims string) *signed {
	return &signed{len(token), header, coretest.ReadObject(header), coretest.ReadObject(claims)}
}

// refusals is the whole list of what core refuses in tokens that the one key of coretest.OneKey signed, in the order
// in which core looks: why, and an example that nothing before it on the list refuses.
var refusals = []struct {
	why            string
	header, claims string // the example
	cause          cause.Cause
	holds          func(s *signed) bool
}{
	{"what a stranger's token costs is bounded before it is read", plainHeader, `{"x":"` + strings.Repeat("x", 48<<10) +
		`"}`, cause.TooLong,
		func(s *signed) bool { return s.size > 64<<10 }},
	{"a token has a header (RFC 7515 §7.1)", "", `{}`, cause.Malformed,
		func(s *signed) bool { return s.encoded == "" }},
	{"all readers must see one header: no name twice, no half of a character, nothing after it (RFC 7515 §4, RFC " +
		"8725 §2.4 and §3.7)",
		`{"alg":"none","alg":"HS256"}`, `{}`, cause.BadHeader, func(s *signed) bool { return !s.header.Strict }},
	{"a header is unauthenticated until the signature was checked, so that it has bounds of its own",
		`{"alg":"HS256","x":[` + strings.Repeat(`{"y":1},`, 31) + `1]}`, `{}`, cause.BadHeader,
		func(s *signed) bool { return beyond(&s.header, 32) }},
	{"no extension is understood (RFC 7515 §4.1.11)", `{"alg":"HS256","crit":[]}`, `{}`, cause.BadHeader,
		func(s *signed) bool { _, found := s.header.Value("crit"); return found }},
	{"claims are encoded (RFC 7797 §7)", `{"alg":"HS256","b64":1}`, `{}`, cause.BadHeader,
		func(s *signed) bool { b64, found := s.header.Value("b64"); return found && b64 != "true" }},
	{"kid is a text (RFC 7515 §4.1.4)", `{"alg":"HS256","kid":7}`, `{}`, cause.BadHeader, func(s *signed) bool {
		_, found := s.header.Value("kid")
		_, text := s.header.Text("kid")
		return found && !text
	}},
	{"a trust bundle is no token (RFC 8725 §3.11)", `{"alg":"HS256","typ":"Application/Edgetoken-Bundle+JWT"}`, `{}`,
		cause.BadHeader, func(s *signed) bool {
			typ, _ := s.header.Text("typ")
			return strings.EqualFold(typ, core.BundleType) || strings.EqualFold(typ, "application/"+core.BundleType)
		}},
	{"the algorithm is that of the key (RFC 8725 §3.1)", `{"alg":"hs256"}`, `{}`, cause.BadAlgorithm,
		func(s *signed) bool { alg, _ := s.header.Text("alg"); return alg != "HS256" }},
	{"all readers must see one set of claims (RFC 7519 §4, RFC 8725 §2.4 and §3.7)", plainHeader,
		`{"a":{"exp":1,"\u0065xp":2}}`, cause.BadClaims,
		func(s *signed) bool { return !s.claims.Strict }},
	{"what claims cost is bounded, and Python reads no longer integers", plainHeader, `{"x":[` +
		strings.Repeat("9", 4301) + `]}`, cause.BadClaims,
		func(s *signed) bool { return beyond(&s.claims, 1024) }},
	{"some readers take a name in another case for the same", plainHeader, `{"to\u212aen_type":"access"}`,
		cause.BadClaims,
		func(s *signed) bool { return otherCase(&s.claims) }},
}

const plainHeader = `{"alg":"HS256"}`

// TestRefusals: each reason on the list has an example, which core refuses for it and for no other.
func TestRefusals(t *testing.T) {
	e := core.NewNative(core.DefaultSettings(), coretest.OneKey())
	for _, r := range refusals {
		token := coretest.Sign("HS256", coretest.Secret, r.header, r.claims)
		if cause, why := newSigned(token, r.header, r.claims).wanted(); cause != r.cause || why != r.why {
			t.Errorf("the example of %q is to be refused for %v: %q", r.why, cause, why)
		}
		if o := open(t, e, token); o.Cause != r.cause {
			t.Errorf("header %.60q and claims %.60q are refused for %v, want %v: %s", r.header, r.claims, o.Cause,
				r.cause, r.why)
		}
	}
}

// beyond reports whether an object is deeper, has more names or longer integers than core reads.
func beyond(o *coretest.Object, names int) bool {
	return o.Depth > 64 || o.Names > names || o.Digits > 4300
}

// otherCase reports whether claims have a name that is a known one but for its case.
func otherCase(o *coretest.Object) bool {
	for _, m := range o.Members {
		for _, known := range knownNames {
			if m[0] != known && strings.EqualFold(m[0], known) {
				return true
			}
		}
	}
	return false
}

// knownNames are the claims that mean something under the default settings.
var knownNames = []string{"exp", "iat", "nbf", "iss", "aud", "sub", "jti", "refresh_exp", "token_type", "user_id",
	"hash_password"}

// wanted is why a token is to be refused, as the first reason on the list that holds says; cause.OK where none does.
func (s *signed) wanted() (c cause.Cause, why string) {
	for _, r := range refusals {
		if r.holds(s) {
			return r.cause, r.why
		}
	}
	return cause.OK, "no reason"
}
