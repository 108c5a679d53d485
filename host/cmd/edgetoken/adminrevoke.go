package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/explain"
	"github.com/edgetoken/edgetoken/store"
)

// revokeCall is the body of POST /revoke: a token, or a customer, or a family and its customer, or all.
type revokeCall struct {
	Token    string `json:"token,omitempty"`
	Family   string `json:"family,omitempty"`   // as a log record has it: hex digits
	Customer string `json:"customer,omitempty"` // id or e-mail address
	All      bool   `json:"all,omitempty"`      // every log-in of this node
}

// revocation answers POST /revoke.
type revocation struct {
	Revoked  string        `json:"revoked"`  // "login": one log-in and all that descends from it; "sessions": every log-in of a customer until now; "all": of all customers
	Family   *string       `json:"family"`   // which log-in; null for sessions and all
	Started  *time.Time    `json:"started"`  // when it was; null where that is not known
	Customer *customerView `json:"customer"` // null where the token names none that is here
	Notes    []string      `json:"notes"`    // what the revocation does not reach, or cannot know
}

// What a revocation says of its own bounds.
const (
	noteNoList  = "a node keeps no list of log-ins: this one is refused from now on, whether there was one or not; check the name if nothing ends"
	noteForeign = "only this token: it was not issued by edgetoken, so its other tokens are not known; use --customer"
	noteClock   = "the clock is not plausible: tokens that others than this node issued since the latest change of the store may not be reached; revoke again once it is right"
	noteExact   = "access tokens stay good until they expire (wire: exact)"
)

// errNoBlacklist refuses what would have no effect.
var errNoBlacklist = errors.New("blacklist_app is off: a single log-in cannot be revoked; use --customer")

// revoke ends a log-in, with all that descends from it, or all log-ins of a customer until now. It is durable when it
// is answered.
func (a *admin) revoke(r *http.Request) (revocation, error) {
	var call revokeCall
	if err := readJSON(r, &call); err != nil {
		return revocation{}, err
	}
	switch {
	case call == revokeCall{All: true}:
		return a.revokeAll(r.Context())
	case call.All:
		return revocation{}, errors.New("a revocation of all names nothing else")
	case call.Token != "" && call.Family == "" && call.Customer == "":
		return a.revokeToken(r.Context(), call.Token)
	case call.Token == "" && call.Family != "" && call.Customer != "":
		return a.revokeFamily(r.Context(), call.Family, call.Customer)
	case call.Token == "" && call.Family == "" && call.Customer != "":
		return a.revokeSessions(r.Context(), call.Customer)
	}
	return revocation{}, errors.New("a revocation has a token, or a customer, or a family and its customer, or is of all")
}

// revokeToken ends the log-in that a token descends from, be the token expired or not: others of the same log-in may
// be in use.
func (a *admin) revokeToken(ctx context.Context, token string) (revocation, error) {
	if !a.cfg.Settings.BlacklistApp {
		return revocation{}, errNoBlacklist
	}
	engine, keys, err := a.judge(ctx)
	if err != nil {
		return revocation{}, err
	}
	now := time.Now().UTC()
	opened, err := engine.Open(ctx, []byte(token))
	if err != nil {
		return revocation{}, err
	}
	if opened.Cause != core.OK {
		return revocation{}, fmt.Errorf("the token is none of ours, so that it is refused anyway: %s", explain.Unopened(opened.Cause, keys))
	}
	_, customer, err := a.load(ctx, opened, now)
	if err != nil {
		return revocation{}, err
	}
	family := opened.FamilyAt(now)
	if !family.Listed {
		return revocation{}, errors.New("the token has no id that could be revoked (JTI_CLAIM): end every session of its customer with --customer")
	}
	ever, err := a.store.Lifetimes(ctx)
	if err != nil {
		return revocation{}, err
	}
	exp, _ := opened.Expires()
	until := core.RevokedUntil(a.store.Time(), exp, family.Start, ever.Raised(&a.cfg.Settings).LogIn())
	if err := a.settle(ctx, core.Revocation(&a.cfg.Settings, family, opened.Issuer, customer.ID, until)); err != nil {
		return revocation{}, err
	}
	answer := revocation{Revoked: "login", Family: familyName(family.Bits)}
	if family.Ours {
		started := time.UnixMilli(family.Start).UTC()
		answer.Started = &started
	} else {
		answer.Notes = append(answer.Notes, noteForeign)
	}
	return a.didRevoke(ctx, answer, customer)
}

// revokeFamily ends a log-in by the name that log records have for it. Whether that is a log-in here or a token of
// another issuer's making does not show in the name, so both are ended.
func (a *admin) revokeFamily(ctx context.Context, name, customer string) (revocation, error) {
	if !a.cfg.Settings.BlacklistApp {
		return revocation{}, errNoBlacklist
	}
	bits, err := strconv.ParseUint(name, 16, 64)
	if err != nil || len(name) != familyDigits || bits>>47 != 0 {
		return revocation{}, fmt.Errorf("%q is no family: it has %d hex digits, as the log record of a request shows them", name, familyDigits)
	}
	c, err := a.find(ctx, customer)
	if err != nil {
		return revocation{}, err
	}
	ever, err := a.store.Lifetimes(ctx)
	if err != nil {
		return revocation{}, err
	}
	until := core.RevokedUntil(a.store.Time(), 0, 0, ever.Raised(&a.cfg.Settings).LogIn())
	if err := a.settle(ctx, []core.Effect{
		{Kind: core.RevokeFamily, Family: core.FamilyKey{Bits: bits}, Until: until},
		{Kind: core.RevokeFamily, Family: core.FamilyKey{Customer: c.ID, Bits: bits}, Until: until},
	}); err != nil {
		return revocation{}, err
	}
	return a.didRevoke(ctx, revocation{Revoked: "login", Family: familyName(bits), Notes: []string{noteNoList}}, c)
}

// settle makes revocations durable. What they rest on cannot change: dead is dead.
func (a *admin) settle(ctx context.Context, list []core.Effect) error {
	return a.store.Settle(ctx, core.Effects{Node: a.cfg.Settings.Node, Reads: core.Reads{CutOff: math.MaxInt64}, List: list})
}

// revokeSessions ends every log-in of a customer until now: log out everywhere.
func (a *admin) revokeSessions(ctx context.Context, customer string) (revocation, error) {
	c, err := a.find(ctx, customer)
	if err != nil {
		return revocation{}, err
	}
	if err := a.store.Revoke(ctx, c.ID); err != nil {
		return revocation{}, err
	}
	return a.didRevoke(ctx, revocation{Revoked: "sessions"}, c)
}

// revokeAll ends every log-in of this node until now.
func (a *admin) revokeAll(ctx context.Context) (revocation, error) {
	if err := a.store.RevokeAll(ctx); err != nil {
		return revocation{}, err
	}
	return a.didRevoke(ctx, revocation{Revoked: "all"}, store.Customer{})
}

// didRevoke completes the answer and leaves a record of it.
func (a *admin) didRevoke(ctx context.Context, answer revocation, c store.Customer) (revocation, error) {
	if a.cfg.Settings.Wire == core.Exact {
		answer.Notes = append(answer.Notes, noteExact)
	}
	if answer.Revoked != "login" && a.store.CheckClock() != nil {
		answer.Notes = append(answer.Notes, noteClock)
	}
	answer.Notes = list(answer.Notes)
	if !c.ID.IsZero() {
		v, err := a.viewRead(ctx, c)
		if err != nil {
			return answer, err
		}
		answer.Customer = &v
	}
	if a.log != nil {
		var of []any
		if !c.ID.IsZero() {
			of = append(of, "customer", c.ID.String())
		}
		if answer.Family != nil {
			of = append(of, "family", *answer.Family)
		}
		a.log.Info("admin: "+answer.Revoked+" revoked", of...)
	}
	return answer, nil
}

// familyDigits is how many hex digits the name of a family has: 47 bits.
const familyDigits = 12

func familyName(bits uint64) *string {
	name := fmt.Sprintf("%0*x", familyDigits, bits)
	return &name
}
