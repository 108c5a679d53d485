// Package explain says why a token is accepted or refused: what it contains, and each check up to the one that refuses
// it, in the order of core.
//
// Token makes the same decision as an endpoint, with an engine and the state of a store, but settles nothing: a token
// that it explains is not used up. HeaderMembers and ClaimMembers say what the members of a token mean. Nothing that
// this package returns contains the signature.
package explain

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/strictjson"
	"github.com/edgetoken/edgetoken/store"
)

// Config is what Token needs. All of it but Public and Keys is required.
type Config struct {
	Engine   core.Engine
	Settings *core.Settings
	// Load returns the state that decides about an opened token at a time, and its customer, zero if there is none. It
	// is not called for a token whose signature is bad, since its claims are unauthenticated.
	Load func(ctx context.Context, opened core.Opened, now time.Time) (core.State, store.Customer, error)
	Now  time.Time
	// Public leaves out what only an operator may know: which keys there are, the e-mail address of the customer, and
	// whether it exists where no check depends on that.
	Public bool
	// Keys says of the keys what Public leaves out.
	Keys bool
}

// Explanation is the result of Token.
type Explanation struct {
	Accepted bool   `json:"accepted"`
	As       string `json:"as"`     // what the token was checked for: header, refresh, blacklist or verify
	Cause    string `json:"cause"`  // why it was refused, as exactly as Config.Public allows; "ok" if it was not
	Status   int    `json:"status"` // of the answer to a client; 200 if the token was accepted
	Code     string `json:"code"`   // in that answer; empty if the token was accepted
	Detail   string `json:"detail"` // in that answer; empty if the token was accepted
	// Signed reports whether one of the node's keys made the signature. If not, Header and Claims are unauthenticated.
	Signed bool            `json:"signed"`
	Header json.RawMessage `json:"header"` // null if it is no JSON
	Claims json.RawMessage `json:"claims"` // null if they are no JSON
	Steps  []Step          `json:"steps"`
	// Rotation is left out for a token that does not rotate.
	Rotation *Rotation `json:"rotation,omitempty"`

	Customer store.Customer `json:"-"` // named by the token; zero if there is none
	Family   core.Family    `json:"-"` // of the log-in; Listed is false if none is known
}

// Rotation is how a refresh token stands in its family, and how long its session can go on. It tells nobody who merely
// holds the token of an open window: a thief who has the present token could watch for it.
type Rotation struct {
	Generation uint32 `json:"generation"` // that of the token
	Present    uint32 `json:"present"`    // the one that is good
	// WindowSeconds is for how much longer the token counts as the present one although it is spent; 0: it does not.
	WindowSeconds int64      `json:"window_seconds"`
	SessionEnds   *time.Time `json:"session_ends"` // by refresh.max_session; null: it has no end
	IdleEnds      *time.Time `json:"idle_ends"`    // when it must have been used, by refresh.idle; null: by exp
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

// Purpose is what a token may be checked for.
type Purpose struct {
	As   string // header, refresh, blacklist or verify
	Text string // in words that follow "a token for"
	op   core.Op
}

// Purposes returns all of them.
func Purposes() []Purpose {
	return []Purpose{
		{"header", "the Authorization header", core.Authenticate},
		{"refresh", "a refresh", core.Refresh},
		{"blacklist", "the blacklist", core.Blacklist},
		{"verify", "verification", core.Verify},
	}
}

// PurposeOf returns the purpose with a name.
func PurposeOf(as string) (p Purpose, ok bool) {
	for _, p := range Purposes() {
		if p.As == as {
			return p, true
		}
	}
	return Purpose{}, false
}

// Token explains a token for the purpose named as; any other name stands for the usual purpose of its type. The error
// says that the engine or the store failed.
func Token(ctx context.Context, cfg Config, token, as string) (Explanation, error) {
	t := trial{Config: cfg, keys: cfg.Engine.KeySet()}
	t.now = cfg.Now.UTC()
	if err := cfg.Engine.Open(ctx, []byte(token), &t.opened); err != nil {
		return Explanation{}, err
	}
	if t.hidesKeys() && (t.opened.KeyEnded(t.now) || t.refusedOfEndedKey()) {
		t.opened = core.Opened{Cause: cause.BadSignature} // nor may the public know that there was such a key
	}
	var named bool
	if t.purpose, named = PurposeOf(as); !named {
		t.purpose, _ = PurposeOf(t.usual())
	}
	if t.purpose.op == core.Refresh && core.TokenType(t.text(t.opened.Type)) == core.SlidingToken {
		t.purpose.op = core.SlidingRefresh // it has an endpoint of its own
	}
	if t.opened.Cause == cause.OK {
		var err error
		if t.state, t.customer, err = cfg.Load(ctx, t.opened, t.now); err != nil {
			return Explanation{}, err
		}
	}
	entropy := make([]byte, core.EntropyBytes)
	rand.Read(entropy) // for the tokens that a refresh issues here, which are thrown away
	request := core.Request{Op: t.purpose.op, Opened: t.opened, State: t.state, Now: t.now, Entropy: entropy}
	// The endpoint would fail where the engine does. What it decides, core.Checks says check by check.
	if _, err := cfg.Engine.Decide(ctx, request); err != nil {
		return Explanation{}, err
	}
	if r, rotates := core.RotationOf(t.Settings, request); rotates {
		t.rotation = t.shown(r)
	}
	e := t.explanation(core.Checks(t.Settings, request))
	e.Header, e.Claims = part(token, 0), part(token, 1)
	return e, nil
}

// part decodes one part of a token without checking it; null if it is no JSON in base64url.
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

// trial is one token on its way through the checks.
type trial struct {
	Config
	keys     core.KeySet // of Engine
	now      time.Time   // Now in UTC
	purpose  Purpose
	opened   core.Opened
	state    core.State
	customer store.Customer
	rotation *Rotation // nil: the token does not rotate
}

// usual is the purpose of the type of the token.
func (t *trial) usual() string {
	switch core.TokenType(t.text(t.opened.Type)) {
	case core.RefreshToken:
		return "refresh"
	case core.AccessToken, core.SlidingToken:
		return "header"
	}
	return "verify"
}

// text is the value of a claim as it stands in the token; empty if it is absent.
func (t *trial) text(c strictjson.Value) string {
	if c.Form == strictjson.Absent {
		return ""
	}
	return string(t.opened.Claims[c.Start:c.End])
}

// signed reports whether the signature is good, whatever the claims are.
func (t *trial) signed() bool {
	c := t.opened.Cause
	return c == cause.OK || c == cause.BadClaims || c == cause.KeyForRefresh
}

// refusedOfEndedKey reports whether a key that is gone signed claims that are refused. Such a token does not carry the
// end of its key.
func (t *trial) refusedOfEndedKey() bool {
	return t.opened.Cause != cause.OK && t.signed() && t.opened.Key < len(t.keys.Keys) &&
		t.keys.State(t.opened.Key, t.now) == core.KeyGone
}

func (t *trial) explanation(checks []core.Check, end int, refused cause.Cause) Explanation {
	e := Explanation{
		Accepted: refused == cause.OK, As: t.purpose.As, Cause: t.cause(refused),
		Signed: t.signed(),
		Steps:  t.steps(checks, end, refused), Rotation: t.rotation, Customer: t.customer, Status: http.StatusOK,
	}
	if !e.Accepted {
		e.Status, e.Code, e.Detail = t.told(refused)
	}
	if t.opened.Cause == cause.OK {
		e.Family = t.opened.FamilyAt(t.now)
	}
	return e
}

// cause is the name of a cause.
func (t *trial) cause(c cause.Cause) string {
	if t.hidesKeys() && slices.Contains(keyCauses, c) {
		c = cause.BadSignature
	}
	return c.String()
}

// told is the answer to a client that sends the token.
func (t *trial) told(c cause.Cause) (status int, code, detail string) {
	told, detail, _ := t.Settings.Told(t.purpose.op, c)
	if told == core.Invalid {
		return http.StatusBadRequest, string(told), detail
	}
	return http.StatusUnauthorized, string(told), detail
}
