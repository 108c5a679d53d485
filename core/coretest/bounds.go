package coretest

import (
	"context"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
)

// Bound is a token at a bound, or beyond it: as large, deep or long as a token may be, or more. The test counts what it
// costs instead of timing it.
type Bound struct {
	Name  string
	Token string
	Cause cause.Cause
	// Checks is how many signatures may be checked for it. A check is the most work that a stranger's token can cause:
	// no claim is decoded before it.
	Checks int
}

// Bounds are tokens at their bounds, some forged and some signed with the key.
func Bounds() []Bound {
	many := strings.Repeat
	forged := func(header, claims string) string { return Sign("HS256", OtherSecret, header, claims) }
	const plain = `{"alg":"HS256"}`
	digits := many("9", 10_000)
	deep := func(levels int) string { return `{"x":` + many("[", levels-1) + many("]", levels-1) + `}` }
	hostile := [][2]string{
		{"an integer of 10,000 digits", `{"exp":` + digits + `}`},
		{"a negative one within a list", `{"x":[-` + digits + `]}`},
		{"20,000 levels", deep(20_000)},
		{"20,000 open lists", `{"x":` + many("[", 20_000)},
		{"1,025 names", manyNames(1025)},
		{"5,000 names that are one", `{` + many(`"x":1,`, 5000) + `"x":1}`},
		{"a text without end", `{"x":"` + many("x", 40_000)},
		{"a text of halves of characters", `{"x":"` + many(`\ud83d`, 5000) + `"}`},
		{"nothing but spaces", many(" ", 40_000)},
		{"nothing but quotes", many(`"`, 40_000)},
		{"nothing but backslashes", `{"x":"` + many(`\`, 40_000)},
		{"no UTF-8", many("\xff", 40_000)},
	}
	bounds := []Bound{
		{"as long as may be", sized(core.MaxTokenBytes), cause.OK, 1},
		{"one byte longer", sized(core.MaxTokenBytes + 1), cause.TooLong, 0},
		{"a million dots", many(".", 1_000_000), cause.TooLong, 0},
		{"sixteen megabytes", many("a", 16<<20), cause.TooLong, 0},
		{"as many dots as fit", many(".", core.MaxTokenBytes), cause.Malformed, 0},
		{"dots after a header", encode(plain) + many(".", core.MaxTokenBytes-20), cause.Malformed, 0},
		{"a header without an end", many("a", core.MaxTokenBytes), cause.Malformed, 0},
		{"a header and nothing else", many("a", core.MaxTokenBytes-1) + ".", cause.Malformed, 0},
		{"claims without an end", encode(plain) + "." + many("a", core.MaxTokenBytes-21), cause.Malformed, 0},
		{"a signature that fills the token", encode(plain) + ".e30." + many("A", core.MaxTokenBytes-25),
			cause.BadSignature, 1},
		{"a kid that fills the token", forged(`{"alg":"HS256","kid":"`+many("k", 48_000)+`"}`, `{}`),
			cause.BadSignature, 1},
		{"a kid of escapes", forged(`{"alg":"HS256","kid":"`+many(`\u006b`, 8000)+`"}`, `{}`), cause.BadSignature, 1},
		{"an alg of escapes", forged(`{"alg":"`+many(`\u0048`, 8000)+`"}`, `{}`), cause.BadAlgorithm, 0},
		{"a header of 32 names", forged(strings.Replace(manyNames(31), "{", `{"alg":"HS256",`, 1), `{}`),
			cause.BadSignature, 1},
		{"a header of 33 names", forged(strings.Replace(manyNames(32), "{", `{"alg":"HS256",`, 1), `{}`),
			cause.BadHeader, 0},
		{"a header of 3,000 names", forged(strings.Replace(manyNames(3000), "{", `{"alg":"HS256",`, 1), `{}`),
			cause.BadHeader, 0},
		{"a header 64 levels deep", forged(strings.Replace(deep(64), "{", `{"alg":"HS256",`, 1), `{}`),
			cause.BadSignature, 1},
		{"a header 65 levels deep", forged(strings.Replace(deep(65), "{", `{"alg":"HS256",`, 1), `{}`), cause.BadHeader,
			0},
		{"a header with 10,000 digits", forged(`{"alg":"HS256","x":`+digits+`}`, `{}`), cause.BadHeader, 0},
		{"an integer of 4,300 digits", token(`{"exp":` + many("9", 4300) + `,"user_id":-` + many("9", 4300) +
			`,"jti":` + many("9", 4300) + `}`), cause.OK, 1},
		{"an integer of 4,301 digits", token(`{"exp":` + many("9", 4301) + `}`), cause.BadClaims, 1},
		{"fractions of 10,000 digits", token(`{"exp":0.` + digits + `,"user_id":1.` + digits + `,"jti":9.` + digits +
			`}`), cause.OK, 1},
		{"exponents of 10,000 digits", token(`{"exp":1e` + digits + `,"user_id":1e-` + digits + `,"jti":1E+` + digits +
			`}`), cause.OK, 1},
		{"texts of 10,000 digits", token(`{"exp":"` + digits + `","user_id":"` + digits + `","jti":"` + digits + `"}`),
			cause.OK, 1},
		{"64 levels", token(deep(64)), cause.OK, 1},
		{"65 levels", token(deep(65)), cause.BadClaims, 1},
		{"1,024 names", token(manyNames(1024)), cause.OK, 1},
		{"a name that fills the token", token(`{"` + many("x", 48_000) + `":1}`), cause.OK, 1},
		{"a name of escapes", token(`{"` + many(`\u0078`, 8000) + `":1}`), cause.OK, 1},
		{"a list that fills the token", token(`{"aud":[` + many(`"a",`, 12_000) + `"a"]}`), cause.OK, 1},
	}
	for _, h := range hostile {
		bounds = append(bounds, Bound{h[0] + ", forged", forged(plain, h[1]), cause.BadSignature, 1},
			Bound{h[0] + ", signed", token(h[1]), cause.BadClaims, 1})
	}
	return bounds
}

// boundsReading are the bounds that a text can carry.
func boundsReading() Reading {
	r := Reading{Name: "bounds", Settings: core.DefaultSettings(), Keys: []OneOf{NewOneOf("HS256", 0)},
		Judged: map[string]cause.Cause{"an integer of 4,300 digits": cause.BadID,
			"fractions of 10,000 digits": cause.Expired, "exponents of 10,000 digits": cause.BadExpiresAt,
			"texts of 10,000 digits": cause.BadExpiresAt}}
	for _, name := range []string{"as long as may be", "64 levels", "1,024 names", "a name that fills the token",
		"a name of escapes", "a list that fills the token"} {
		r.Judged[name] = cause.NoExpiresAt
	}
	for _, b := range Bounds() {
		r.Tokens = append(r.Tokens, Token{b.Name, b.Token, b.Cause})
	}
	return r
}

// sized makes a good token of so many bytes. base64url cannot give every length, so spaces in the header fill the gaps.
func sized(bytes int) string {
	for spaces := range 4 {
		header := `{"alg":"HS256"` + strings.Repeat(" ", spaces) + `}`
		empty := len(Sign("HS256", Secret, header, `{"x":""}`))
		for more := (bytes-empty)*3/4 - 3; more < (bytes-empty)*3/4+3; more++ {
			if t := Sign("HS256", Secret, header, `{"x":"`+strings.Repeat("x", max(more, 0))+`"}`); len(t) == bytes {
				return t
			}
		}
	}
	panic("coretest: no token has that length")
}

// testBounds: each token has the cause that it should, after no more checks of signatures than its bound allows.
func testBounds(t *testing.T, newEngine NewEngine) {
	keys := &countedKeys{HMACKeys: OneKey()}
	e := newEngine(t, core.DefaultSettings(), keys)
	judged := boundsReading().Judged
	for _, b := range Bounds() {
		t.Run(b.Name, func(t *testing.T) {
			keys.checks = 0
			o := open(t, e, b.Token)
			if o.Cause != b.Cause || keys.checks > b.Checks {
				t.Errorf("Open of a token of %d bytes is refused for %v after %d checks of signatures, want %v after "+
					"%d at most", len(b.Token), o.Cause, keys.checks, b.Cause, b.Checks)
			}
			for _, op := range []core.Op{core.Authenticate, core.Verify, core.Blacklist} {
				req := request(op)
				req.Opened = o
				if got := firstCause(decide(t, e, req)); op == core.Authenticate && b.Cause == cause.OK &&
					got != judged[b.Name] {
					t.Errorf("judged %v, want %v", got, judged[b.Name])
				}
			}
		})
	}
}

// countedKeys count the checks that they are asked for.
type countedKeys struct {
	*HMACKeys
	checks int
}

func (k *countedKeys) Check(ctx context.Context, key int, input, signature []byte) (bool, error) {
	k.checks++
	return k.HMACKeys.Check(ctx, key, input, signature)
}
