// Package explain says why a token is accepted or refused: what is in it, and each check that it goes through, in the order in which they
// are made, up to the one that refuses it.
//
// Token judges as the end points do, with an engine and the state of a store, and settles nothing: the token is not used up. Members says
// of the parts of a token what they mean. The signature appears in nothing that this package gives.
package explain

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/strictjson"
	"github.com/edgetoken/edgetoken/store"
)

// Config is what a token is judged with. All of it but Public is required.
type Config struct {
	Engine   core.Engine
	Settings *core.Settings
	// Load gives what is known of an opened token at a time: its customer, the zero one where there is none, and the state to decide by. It is
	// not called for a token whose signature is not good, which is nobody's word.
	Load func(ctx context.Context, opened core.Opened, now time.Time) (core.State, store.Customer, error)
	Now  time.Time
	// Public leaves out what only those may know who look after the node: which keys there are, the customer's e-mail address, and whether there is
	// such a customer where no check asks for it.
	Public bool
}

// Explanation is what was found.
type Explanation struct {
	Accepted bool   `json:"accepted"`
	As       string `json:"as"`     // what the token was judged for: header, refresh, blacklist or verify
	Cause    string `json:"cause"`  // exactly why it was refused, as far as Config.Public lets it; "ok" where it was not
	Status   int    `json:"status"` // what a client is answered with there; 200 where the token was accepted
	Code     string `json:"code"`   // the same; empty where the token was accepted
	Detail   string `json:"detail"` // the same
	// Signed says whether the signature is that of a key of ours. Header and Claims are anybody's word where it is not.
	Signed bool            `json:"signed"`
	Header json.RawMessage `json:"header"` // null where it is no JSON
	Claims json.RawMessage `json:"claims"` // null where they are no JSON
	Steps  []Step          `json:"steps"`

	Customer store.Customer `json:"-"` // whom the token names; zero where there is none
	Family   core.Family    `json:"-"` // of the log-in; Listed is false where none is known
}

// Step is one check.
type Step struct {
	Name   string `json:"name"`
	Result string `json:"result"` // ok, refused, or not reached
	Detail string `json:"detail"`
}

// The results of a step.
const (
	OK         = "ok"
	Refused    = "refused"
	NotReached = "not reached"
)

// Purpose is what a token may be judged for.
type Purpose struct {
	As   string // header, refresh, blacklist or verify
	Text string // in words, as in "a token for …"
	op   core.Op
}

// Purposes are all of them.
func Purposes() []Purpose {
	return []Purpose{
		{"header", "the Authorization header", core.Authenticate},
		{"refresh", "a refresh", core.Refresh},
		{"blacklist", "the blacklist", core.Blacklist},
		{"verify", "verification", core.Verify},
	}
}

// PurposeOf is the purpose with a name; ok is false where there is none.
func PurposeOf(as string) (p Purpose, ok bool) {
	for _, p := range Purposes() {
		if p.As == as {
			return p, true
		}
	}
	return Purpose{}, false
}

// Token judges a token. as is the name of a purpose; any other: what the type of the token is for. The error says that engine or
// store failed.
func Token(ctx context.Context, cfg Config, token, as string) (Explanation, error) {
	t := trial{Config: cfg, keys: cfg.Engine.KeySet()}
	t.now = cfg.Now.UTC()
	if err := cfg.Engine.Open(ctx, []byte(token), &t.opened); err != nil {
		return Explanation{}, err
	}
	if cfg.Public && (t.opened.KeyEnded(t.now) || t.badClaimsOfEndedKey()) {
		t.opened = core.Opened{Cause: core.BadSignature} // that there was such a key is not told either
	}
	var named bool
	if t.purpose, named = PurposeOf(as); !named {
		t.purpose, _ = PurposeOf(t.usual())
	}
	if t.opened.Cause == core.OK {
		var err error
		if t.state, t.customer, err = cfg.Load(ctx, t.opened, t.now); err != nil {
			return Explanation{}, err
		}
	}
	// The tokens that a refresh would issue are thrown away, so their entropy may be anything.
	outcome, err := cfg.Engine.Decide(ctx, core.Request{
		Op: t.purpose.op, Opened: t.opened, State: t.state, Now: t.now, Entropy: make([]byte, core.EntropyBytes),
	})
	if err != nil {
		return Explanation{}, err
	}
	j := t.explanation(outcome)
	j.Header, j.Claims = part(token, 0), part(token, 1)
	return j, nil
}

// part decodes one part of a token without any check; null where it is no JSON in base64url.
func part(token string, index int) json.RawMessage {
	parts := strings.Split(token, ".")
	if index < len(parts) {
		b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[index], "="))
		if err == nil && json.Valid(b) {
			return b
		}
	}
	return json.RawMessage("null")
}

// trial is one token under judgement.
type trial struct {
	Config
	keys     core.KeySet // of Engine
	now      time.Time   // Now in UTC
	purpose  Purpose
	opened   core.Opened
	state    core.State
	customer store.Customer
}

// usual is what the type of the token is for.
func (t *trial) usual() string {
	switch core.TokenType(t.text(t.opened.Type)) {
	case core.RefreshToken:
		return "refresh"
	case core.AccessToken, core.SlidingToken:
		return "header"
	}
	return "verify"
}

// text is the value of a claim as the token has it; empty where it is absent.
func (t *trial) text(c strictjson.Value) string {
	if c.Form == strictjson.Absent {
		return ""
	}
	return string(t.opened.Claims[c.Start:c.End])
}

// badClaimsOfEndedKey: a refused token does not carry the end of the key that signed it.
func (t *trial) badClaimsOfEndedKey() bool {
	keys := t.keys.Keys
	return t.opened.Cause == core.BadClaims && t.opened.Key < len(keys) && keys[t.opened.Key].Ended(t.now)
}

func (t *trial) explanation(outcome core.Outcome) Explanation {
	refused := t.relevant(outcome.Refusals)
	j := Explanation{
		Accepted: !outcome.Refused(), As: t.purpose.As, Cause: t.cause(refused.Cause),
		Signed: t.opened.Cause == core.OK || t.opened.Cause == core.BadClaims,
		Steps:  t.steps(refused), Customer: t.customer, Status: http.StatusOK,
	}
	if !j.Accepted {
		j.Status, j.Code, j.Detail = t.told(refused.Cause)
	}
	if t.opened.Cause == core.OK {
		j.Family = t.opened.FamilyAt(t.now)
	}
	return j
}

// cause is the name of a cause.
func (t *trial) cause(c core.Cause) string {
	if t.Public && slices.Contains(keyCauses, c) {
		c = core.BadSignature
	}
	return c.String()
}

// told is what a client is answered with where it shows the token.
func (t *trial) told(cause core.Cause) (status int, code, detail string) {
	c, detail, _ := t.Settings.Told(t.purpose.op, cause)
	if c == core.Invalid {
		return http.StatusBadRequest, string(c), detail
	}
	return http.StatusUnauthorized, string(c), detail
}

// relevant is the refusal to show: a header is refused once by each class of AUTH_TOKEN_CLASSES, and that of the token's own type knows best.
func (t *trial) relevant(refusals []core.Refusal) core.Refusal {
	for _, r := range refusals {
		if string(r.Class) == t.text(t.opened.Type) {
			return r
		}
	}
	if len(refusals) > 0 {
		return refusals[0]
	}
	return core.Refusal{}
}
