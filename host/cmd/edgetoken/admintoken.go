package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// tokenCall is the body of POST /token.
type tokenCall struct {
	Token string `json:"token"`
	// As says what the token is to be good for: header, refresh, blacklist or verify. Empty: what its type is for.
	As string `json:"as"`
}

// judgement answers POST /token.
type judgement struct {
	Accepted bool   `json:"accepted"`
	As       string `json:"as"`
	Cause    string `json:"cause"`  // exactly why it was refused; "ok" where it was not
	Status   int    `json:"status"` // what a client is answered with there; 200 where the token was accepted
	Code     string `json:"code"`   // the same; empty where the token was accepted
	Detail   string `json:"detail"` // the same
	// Signed says whether the signature is that of a key of ours. Header and Claims are anybody's word where it is not.
	Signed   bool            `json:"signed"`
	Header   json.RawMessage `json:"header"` // null where it is no JSON
	Claims   json.RawMessage `json:"claims"` // null where they are no JSON
	Steps    []checked       `json:"steps"`
	Family   *string         `json:"family"`   // of the log-in, as log records and revoke name it; null where none is known
	Customer *customerView   `json:"customer"` // whom the token names; null where there is none
}

// checked is one step of the judgement.
type checked struct {
	Name   string `json:"name"`
	Result string `json:"result"` // ok, refused, or not reached
	Detail string `json:"detail"`
}

// ops are what a token may be judged for.
var ops = map[string]core.Op{"header": core.Authenticate, "refresh": core.Refresh, "blacklist": core.Blacklist, "verify": core.Verify}

// judgeToken judges a token as the end points do, but nothing of it is settled: the token is not used up.
func (a *admin) judgeToken(r *http.Request) (any, error) {
	var call tokenCall
	if err := readJSON(r, &call); err != nil {
		return nil, err
	}
	if _, ok := ops[call.As]; !ok && call.As != "" {
		return nil, errors.New("as must be header, refresh, blacklist or verify")
	}
	engine, keys, err := a.judge(r.Context())
	if err != nil {
		return nil, err
	}
	t := trial{settings: &a.cfg.Settings, keys: keys, now: time.Now().UTC(), as: call.As}
	if t.opened, err = engine.Open(r.Context(), []byte(call.Token)); err != nil {
		return nil, err
	}
	if t.as == "" {
		t.as = t.purpose()
	}
	if err := a.load(r.Context(), &t); err != nil {
		return nil, err
	}
	// The tokens that a refresh would issue are thrown away, so their entropy may be anything.
	outcome, err := engine.Decide(r.Context(), core.Request{
		Op: ops[t.as], Opened: t.opened, State: t.state, Now: t.now, Entropy: make([]byte, core.EntropyBytes),
	})
	if err != nil {
		return nil, err
	}
	j := t.judgement(outcome)
	j.Header, j.Claims = part(call.Token, 0), part(call.Token, 1)
	return j, nil
}

// load reads what the store knows of a token, as the node does: nothing for one that is nobody's word.
func (a *admin) load(ctx context.Context, t *trial) (err error) {
	if t.opened.Cause != core.OK {
		return nil
	}
	q := node.Query(t.opened, t.now, userIDField(a.cfg), a.store.IDs())
	t.state, t.customer, err = a.store.Load(ctx, q)
	return err
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
	settings *core.Settings
	keys     core.KeySet
	now      time.Time
	as       string
	opened   core.Opened
	state    core.State
	customer store.Customer
}

// purpose is what the type of the token is for.
func (t *trial) purpose() string {
	switch core.TokenType(t.text(t.opened.Type)) {
	case core.RefreshToken:
		return "refresh"
	case core.AccessToken, core.SlidingToken:
		return "header"
	}
	return "verify"
}

// text is the value of a claim as the token has it; empty where it is absent.
func (t *trial) text(c core.Claim) string {
	if c.Form == core.Absent {
		return ""
	}
	return string(t.opened.Claims[c.Start:c.End])
}

func (t *trial) judgement(outcome core.Outcome) judgement {
	refused := t.relevant(outcome.Refusals)
	j := judgement{
		Accepted: !outcome.Refused(), As: t.as, Cause: refused.Cause.String(),
		Signed: t.opened.Cause == core.OK || t.opened.Cause == core.BadClaims,
		Steps:  t.steps(refused), Status: http.StatusOK,
	}
	if !j.Accepted {
		j.Status, j.Code, j.Detail = t.told(refused.Cause)
	}
	if family := t.opened.FamilyAt(t.now); t.opened.Cause == core.OK && family.Listed {
		j.Family = familyName(family.Bits)
	}
	if !t.customer.ID.IsZero() {
		v := viewOf(t.customer)
		j.Customer = &v
	}
	return j
}

// told is what a client is answered with where it shows the token: verify has an answer of its own for what is revoked, and the Authorization header
// an outer text for what is no good token in any class.
func (t *trial) told(cause core.Cause) (status int, code, detail string) {
	c, detail, _ := t.settings.Describe(cause)
	switch {
	case t.as == "verify" && (cause == core.Blacklisted || cause == core.CutOff):
		return http.StatusBadRequest, string(core.Invalid), detail
	case t.as == "header" && c == core.TokenNotValid && cause != core.NoCustomerClaim:
		detail = "Given token not valid for any token type"
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

// time is a claim that is a time, from the year 1 to 9999; ok is false where it is nothing such.
func (t *trial) time(c core.Claim) (at time.Time, ok bool) {
	var seconds float64
	if json.Unmarshal([]byte(t.text(c)), &seconds) != nil || seconds < -62135596800 || seconds > 253402300799 {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0).UTC(), true
}

// moment is a claim that is a time, in words.
func (t *trial) moment(c core.Claim) string {
	if c.Form == core.Absent {
		return "absent"
	}
	at, ok := t.time(c)
	if !ok {
		return t.text(c)
	}
	return fmt.Sprintf("%s, %s", at.Format("2006-01-02 15:04:05 UTC"), distance(at, t.now.Truncate(time.Second)))
}
