package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/cache"
	"github.com/edgetoken/edgetoken/host/keyring"
)

// language is a library of another language, called as its documentation shows. The folder peers has its program.
type language struct {
	name    string
	setup   string // arguments of peers/setup
	claims  string // argument of the program after the file of tokens
	cached  bool   // it remembers tokens; then so do we
	budgets map[int]float64
}

// languages have budgets by the index of the size.
var languages = []language{
	{"Rust jsonwebtoken, AWS-LC, struct", "jsonwebtoken aws_lc", "struct", false, map[int]float64{0: 0.99, 1: 0.99}},
	{"Rust jsonwebtoken, AWS-LC, Value", "jsonwebtoken aws_lc", "value", false, map[int]float64{2: 0.55, 3: 0.55}},
	{"Rust jsonwebtoken, RustCrypto, struct", "jsonwebtoken rust_crypto", "struct", false, nil},
	{"Rust jsonwebtoken, RustCrypto, Value", "jsonwebtoken rust_crypto", "value", false, nil},
	{"Node fast-jwt", "fast-jwt", "", false, nil},
	{"Node jose", "jose", "", false, nil},
	{"Python PyJWT", "pyjwt", "", false, nil},
	{"Node fast-jwt, its cache", "fast-jwt", "cached", true, nil},
}

// peerInput is the file that a peer reads: tokens, and what is needed to verify them.
type peerInput struct {
	Algorithm string   `json:"alg"`
	Secret    string   `json:"secret,omitempty"`
	PublicKey string   `json:"public_key,omitempty"` // in PEM
	Issuer    string   `json:"iss,omitempty"`
	Audience  string   `json:"aud,omitempty"`
	Tokens    []string `json:"tokens"`
}

// exchange is a set of tokens that all sides verify.
type exchange struct {
	peerInput
	name     string
	settings core.Settings
	keys     core.Keys
}

// exchanges are the sizes in HS256, and minimal tokens in ES256.
func exchanges() (all []exchange) {
	for i, size := range sizes() {
		e := exchange{peerInput{Algorithm: "HS256", Secret: coretest.Secret, Tokens: size.tokens},
			"HS256, " + size.name, verifySettings(i > 0), secretKeys()}
		if i > 0 {
			e.Issuer, e.Audience = issuer, audience
		}
		all = append(all, e)
	}
	key, err := keyring.GenerateKey("ES256", nil)
	check(err)
	private, err := key.Export("pem", true)
	check(err)
	public, err := key.Export("pem", false)
	check(err)
	keys, err := keyring.FromSettings("ES256", private, public, false)
	check(err)
	e := exchange{peerInput{Algorithm: "ES256", PublicKey: string(public)}, "", verifySettings(false), keys}
	native := core.NewNative(e.settings, keys)
	for i := range inTurn {
		e.Tokens = append(e.Tokens, issued(native, int64(i), time.Now())[1])
	}
	e.name = fmt.Sprintf("ES256, minimal, %d bytes", len(e.Tokens[0]))
	return append(all, e)
}

// longer is how many batches of a contest in one process make one against another process, whose garbage collector may
// come by less often than in each batch of 15 ms.
const longer = 4

// languageRows are verifications beside libraries of other languages, each a process that works when it is its turn.
func languageRows() (rows []row) {
	dir, err := os.MkdirTemp("", "bench")
	check(err)
	defer os.RemoveAll(dir)
	commands := installed()
	for i, x := range exchanges() {
		file := filepath.Join(dir, fmt.Sprintf("%d.json", i))
		b, err := json.Marshal(x.peerInput)
		check(err)
		check(os.WriteFile(file, b, 0o600))
		e := sandbox(x.settings, x.keys, 0)
		remembered, err := cache.New(16 << 20)
		check(err)
		for _, l := range languages {
			command := commands[l.setup]
			if command == nil {
				continue
			}
			var engine core.Engine = e
			r := row{Name: "verify " + x.name, Peer: l.name, Unit: "us", Budget: l.budgets[i]}
			if l.cached {
				engine, r.Name = remembered.Engine(e), "verify "+strings.Replace(x.name, ", ", ", "+seenBefore, 1)
			}
			ours := verifier(engine, x.settings, x.Tokens)
			for n := range inTurn {
				ours(n) // so that all are remembered
			}
			c := startChild(command, file, l.claims)
			r.Version = c.version
			accepts(c, x.Tokens)
			fmt.Printf("%s, %s: takes %d tokens, refuses a bad signature\n", x.name, l.name, len(x.Tokens))
			if i == 1 && !l.cached {
				r.Accepts = probed(c, x)
			}
			c.warm()
			r.Allocations = allocations(ours)
			r.Ours, r.Theirs, r.Ratio = alternate(longer, func(n int) float64 { return timed(1, n, ours) }, c.run)
			rows = append(rows, r.judged())
			c.stop()
		}
		check(e.Close(context.Background()))
	}
	return rows
}

// seenBefore is in the names of rows whose tokens both sides remember.
const seenBefore = "seen before, "

// installed are the commands of the languages, by what their set-up is called. It says what could not be had.
func installed() map[string][]string {
	commands := map[string][]string{}
	for _, l := range languages {
		if _, done := commands[l.setup]; done {
			continue
		}
		out, err := exec.Command("peers/setup", strings.Fields(l.setup)...).Output()
		said := strings.TrimSpace(string(out))
		if err != nil {
			fmt.Printf("left out %s: %s\n", l.setup, said)
			commands[l.setup] = nil
			continue
		}
		commands[l.setup] = strings.Split(said, "\n")
	}
	return commands
}

// accepts checks that a peer takes every token, and that not because it takes any.
func accepts(c *child, tokens []string) {
	for _, token := range tokens {
		if said := c.try(token); said != "yes" {
			check(fmt.Errorf("%s refuses a token: %s", c.version, said))
		}
	}
	if c.try(forged(tokens[0])) == "yes" {
		check(fmt.Errorf("%s takes a bad signature", c.version))
	}
}

// forged changes six bits of a token's signature.
func forged(token string) string {
	at := len(token) - 10
	other := byte('A')
	if token[at] == other {
		other = '_'
	}
	return token[:at] + string(other) + token[at+1:]
}

// probe is a token that is wrong in one way.
type probe struct{ name, token string }

// probes are signed with the key of the sizes, and meant for the issuer and the audience of those that have one.
func probes() []probe {
	const (
		header  = `{"alg":"HS256","typ":"JWT"}`
		future  = `"exp":4102444800`
		past    = `"exp":1577836801`
		now     = `"iat":1577836800`
		meant   = `"iss":"` + issuer + `","aud":"` + audience + `"`
		id      = `"jti":"00000000000000000000000000000001","token_type":"access","user_id":"1"`
		nesting = 1000
	)
	signed := func(name string, claims ...string) probe {
		all := "{" + strings.Join(append(claims, id), ",") + "}"
		return probe{name, coretest.Sign("HS256", coretest.Secret, header, all)}
	}
	good := "{" + strings.Join([]string{future, now, meant, id}, ",") + "}"
	with := func(name, header, algorithm string) probe {
		return probe{name, coretest.Sign(algorithm, coretest.Secret, header, good)}
	}
	return []probe{
		{"bad signature", forged(with("", header, "HS256").token)},
		with("HS512 instead", `{"alg":"HS512","typ":"JWT"}`, "HS512"),
		with("unknown `crit`", `{"alg":"HS256","typ":"JWT","crit":["x"],"x":1}`, "HS256"),
		signed("`exp` past", past, now, meant),
		signed("no `exp`", now, meant),
		signed("`exp` a string", `"exp":"4102444800"`, now, meant),
		signed("`iat` in the future", future, `"iat":4102444000`, meant),
		signed("another `iss`", future, now, `"iss":"https://other.example","aud":"`+audience+`"`),
		signed("another `aud`", future, now, `"iss":"`+issuer+`","aud":"another"`),
		signed("`exp` twice", past, future, now, meant),
		signed("another name twice", future, now, meant, `"plan":"a","plan":"b"`),
		signed("a name twice in a nested claim", future, now, meant, `"plan":{"a":1,"a":2}`),
		signed("a string that is not UTF-8", future, now, meant, "\"plan\":\"\xff\""),
		signed("the number NaN", future, now, meant, `"plan":NaN`),
		signed("1,000 nested arrays", future, now, meant,
			`"plan":`+strings.Repeat("[", nesting)+strings.Repeat("]", nesting)),
		signed("1 MB", future, now, meant, `"plan":"`+strings.Repeat("a", 1<<20)+`"`),
	}
}

// probed are the names of the probes that a peer takes. Ours takes none.
func probed(c *child, x exchange) []string {
	taken := []string{}
	native := core.NewNative(x.settings, x.keys)
	for _, p := range probes() {
		if c.try(p.token) == "yes" {
			taken = append(taken, p.name)
		}
		if takes(native, x.settings, p.token) {
			check(fmt.Errorf("ours takes a token with %s", p.name))
		}
	}
	return taken
}

// takes reports whether our engine finds a token valid.
func takes(e core.Engine, s core.Settings, token string) bool {
	var o core.Opened
	check(e.Open(context.Background(), []byte(token), &o))
	return o.Cause == cause.OK && core.Valid(&s, &o, core.AccessToken, time.Now()) == cause.OK
}
