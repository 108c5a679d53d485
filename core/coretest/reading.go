package coretest

import (
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/jws"
)

// Reading is tokens for whoever only reads them: an engine, or a verifier in another host. All are read at Now.
type Reading struct {
	Name     string
	Settings core.Settings
	Keys     []OneOf
	Tokens   []Token
	// Judged has the tokens that open and are no good access tokens, by name, with the cause.
	Judged map[string]cause.Cause
}

// Token is a token with the cause for which it doesn't open, or cause.OK.
type Token struct {
	Name, Token string
	Cause       cause.Cause
}

// Readings are all that only need a token to be read.
func Readings() []Reading {
	all := []Reading{openReading()}
	all = append(all, decideReadings()...)
	all = append(all, keyEndReadings()...)
	for _, algorithm := range jws.Algorithms() {
		v := newVictim(algorithm)
		all = append(all, v.algorithmReading(), v.namesReading())
	}
	for _, algorithm := range attacked {
		all = append(all, newVictim(algorithm).attackReadings()...)
	}
	return append(all, severalReading(), boundsReading())
}

// run opens and judges each token, as a test of its own.
func (r Reading) run(t *testing.T, newEngine NewEngine) {
	t.Helper()
	r.runOn(t, newEngine(t, r.Settings, several(r.Keys)))
}

func (r Reading) runOn(t *testing.T, e core.Engine) {
	t.Helper()
	for _, c := range r.Tokens {
		t.Run(c.Name, func(t *testing.T) {
			o := open(t, e, c.Token)
			if o.Cause != c.Cause {
				t.Fatalf("Open(%.80q) is refused for %v, want %v", c.Token, o.Cause, c.Cause)
			}
			if c.Cause != cause.OK {
				if len(o.Claims) > 0 {
					t.Errorf("Open(%.80q) gives claims of a refused token: %.80q", c.Token, o.Claims)
				}
				return
			}
			if string(o.Claims) != claimsOf(t, c.Token) {
				t.Errorf("Open(%.80q) gives claims %.80q, want %.80q", c.Token, o.Claims, claimsOf(t, c.Token))
			}
			req := request(core.Authenticate)
			req.Opened = o
			if got := firstCause(decide(t, e, req)); got != r.Judged[c.Name] {
				t.Errorf("%.80q is judged %v, want %v", o.Claims, got, r.Judged[c.Name])
			}
		})
	}
}

// decideReadings are the decisions on access tokens that depend on the token alone.
func decideReadings() (readings []Reading) {
	index := map[string]int{}
	for _, c := range decideCases() {
		if c.op != core.Authenticate || c.state != nil || c.want == cause.RevokeClaim {
			continue
		}
		i, ok := index[c.settings]
		if !ok {
			i = len(readings)
			index[c.settings] = i
			readings = append(readings, Reading{Name: "judge/" + c.settings, Settings: variants[c.settings],
				Keys: []OneOf{NewOneOf("HS256", 0)}, Judged: map[string]cause.Cause{}})
		}
		r := &readings[i]
		r.Tokens = append(r.Tokens, Token{c.name, token("{" + change(c.claims, c.changes) + "}"), cause.OK})
		r.Judged[c.name] = c.want
	}
	return readings
}
