package core_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// object is a text as encoding/json and a few plain loops read it, independently of core.
type object struct {
	strict  bool        // whether it is an object as RFC 8259 and RFC 8725 §3 want it; where it is none the rest means nothing
	members [][2]string // in their order: names without escapes, values as they stand
	depth   int         // levels of objects and arrays
	names   int         // of all objects in it
	twice   bool        // an object has a name twice
	digits  int         // of the longest integer
}

// strictly reports whether b is an object as core wants it, but for core's bounds.
func strictly(b []byte) bool { return readObject(string(b)).strict }

func readObject(text string) (o object) {
	if !utf8.ValidString(text) || !json.Valid([]byte(text)) || strings.TrimLeft(text, " \t\r\n")[0] != '{' || loneSurrogate(text) {
		return o
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	o.measure(d, 1)
	o.strict = !o.twice
	d = json.NewDecoder(strings.NewReader(text))
	d.Token()
	for d.More() {
		name, _ := d.Token()
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return object{}
		}
		o.members = append(o.members, [2]string{name.(string), string(value)})
	}
	return o
}

// measure reads one value, which stands at that depth.
func (o *object) measure(d *json.Decoder, depth int) {
	token, _ := d.Token()
	switch v := token.(type) {
	case json.Delim:
		o.depth = max(o.depth, depth)
		names := map[string]bool{}
		for d.More() {
			if v == '{' {
				name, _ := d.Token()
				o.names++
				o.twice = o.twice || names[name.(string)]
				names[name.(string)] = true
			}
			o.measure(d, depth+1)
		}
		d.Token()
	case json.Number:
		if n := strings.TrimPrefix(string(v), "-"); !strings.ContainsAny(n, ".eE") {
			o.digits = max(o.digits, len(n))
		}
	}
}

// loneSurrogate reports whether a string in valid JSON has half of a surrogate pair.
func loneSurrogate(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		i++
		if text[i] != 'u' {
			continue
		}
		v, _ := strconv.ParseUint(text[i+1:i+5], 16, 16)
		i += 4
		if v < 0xd800 || v > 0xdfff {
			continue
		}
		if v > 0xdbff || i+6 >= len(text) || text[i+1] != '\\' || text[i+2] != 'u' {
			return true
		}
		if low, _ := strconv.ParseUint(text[i+3:i+7], 16, 16); low < 0xdc00 || low > 0xdfff {
			return true
		}
		i += 6
	}
	return false
}

// value is the value of a member; none where there is no such member.
func (o *object) value(name string) (value string, found bool) {
	for _, m := range o.members {
		if m[0] == name {
			return m[1], true
		}
	}
	return "", false
}

// text is the value of a member that is a text.
func (o *object) text(name string) (text string, ok bool) {
	value, _ := o.value(name)
	return text, strings.HasPrefix(value, `"`) && json.Unmarshal([]byte(value), &text) == nil
}

// signed is a token of a header and claims whose signature is good, as an independent reader sees it.
type signed struct {
	size           int    // of the token, in bytes
	encoded        string // the header
	header, claims object
}

func newSigned(token, header, claims string) *signed {
	return &signed{len(token), header, readObject(header), readObject(claims)}
}

// refusals is the whole list of what core refuses in tokens that the one key of coretest.OneKey signed, in the order in which core looks: why, and an example that
// nothing before it on the list refuses.
var refusals = []struct {
	why            string
	header, claims string // the example
	cause          core.Cause
	holds          func(s *signed) bool
}{
	{"what a stranger's token costs is bounded before it is read", plainHeader, `{"x":"` + strings.Repeat("x", 48<<10) + `"}`, core.TooLong,
		func(s *signed) bool { return s.size > 64<<10 }},
	{"a token has a header (RFC 7515 §7.1)", "", `{}`, core.Malformed, func(s *signed) bool { return s.encoded == "" }},
	{"all readers must see one header: no name twice, no half of a character, nothing after it (RFC 7515 §4, RFC 8725 §2.4 and §3.7)",
		`{"alg":"none","alg":"HS256"}`, `{}`, core.BadHeader, func(s *signed) bool { return !s.header.strict }},
	{"a header is a stranger's word until the signature was checked, so that it has bounds of its own",
		`{"alg":"HS256","x":[` + strings.Repeat(`{"y":1},`, 31) + `1]}`, `{}`, core.BadHeader, func(s *signed) bool { return s.header.beyond(32) }},
	{"no extension is understood (RFC 7515 §4.1.11)", `{"alg":"HS256","crit":[]}`, `{}`, core.BadHeader,
		func(s *signed) bool { _, found := s.header.value("crit"); return found }},
	{"claims are encoded (RFC 7797 §7)", `{"alg":"HS256","b64":1}`, `{}`, core.BadHeader,
		func(s *signed) bool { b64, found := s.header.value("b64"); return found && b64 != "true" }},
	{"kid is a text (RFC 7515 §4.1.4)", `{"alg":"HS256","kid":7}`, `{}`, core.BadHeader, func(s *signed) bool {
		_, found := s.header.value("kid")
		_, text := s.header.text("kid")
		return found && !text
	}},
	{"the algorithm is that of the key (RFC 8725 §3.1)", `{"alg":"hs256"}`, `{}`, core.BadAlgorithm,
		func(s *signed) bool { alg, _ := s.header.text("alg"); return alg != "HS256" }},
	{"all readers must see one set of claims (RFC 7519 §4, RFC 8725 §2.4 and §3.7)", plainHeader, `{"a":{"exp":1,"\u0065xp":2}}`, core.BadClaims,
		func(s *signed) bool { return !s.claims.strict }},
	{"what claims cost is bounded, and Python reads no longer integers", plainHeader, `{"x":[` + strings.Repeat("9", 4301) + `]}`, core.BadClaims,
		func(s *signed) bool { return s.claims.beyond(1024) }},
	{"some readers take a name in another case for the same", plainHeader, `{"to\u212aen_type":"access"}`, core.BadClaims,
		func(s *signed) bool { return s.claims.otherCase() }},
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
			t.Errorf("header %.60q and claims %.60q are refused for %v, want %v: %s", r.header, r.claims, o.Cause, r.cause, r.why)
		}
	}
}

// beyond reports whether an object is deeper, has more names or longer integers than core reads.
func (o *object) beyond(names int) bool { return o.depth > 64 || o.names > names || o.digits > 4300 }

// otherCase reports whether claims have a name that is a known one but for its case.
func (o *object) otherCase() bool {
	for _, m := range o.members {
		for _, known := range knownNames {
			if m[0] != known && strings.EqualFold(m[0], known) {
				return true
			}
		}
	}
	return false
}

// knownNames are the claims that mean something under the default settings.
var knownNames = []string{"exp", "iat", "nbf", "iss", "aud", "sub", "jti", "refresh_exp", "token_type", "user_id", "hash_password"}

// wanted is why a token is to be refused, as the first reason on the list that holds says; core.OK where none does.
func (s *signed) wanted() (cause core.Cause, why string) {
	for _, r := range refusals {
		if r.holds(s) {
			return r.cause, r.why
		}
	}
	return core.OK, "no reason"
}
