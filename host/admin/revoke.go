package admin

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/explain"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// RevokeRequest names what Revoke ends: a token, a customer, a family and its customer, or all.
type RevokeRequest struct {
	Token    string `json:"token,omitempty"`
	Family   string `json:"family,omitempty"`   // as a log record has it: hex digits
	Customer string `json:"customer,omitempty"` // id or e-mail address
	All      bool   `json:"all,omitempty"`      // every log-in of this node, or of the fleet whose hub it is
}

// Revocation answers Revoke.
type Revocation struct {
	// Revoked is "login" for one log-in and all that descends from it, "sessions" for every log-in of a customer until
	// now, "all" for those of all customers.
	Revoked  string     `json:"revoked"`
	Family   *string    `json:"family"`   // which log-in; null for sessions and all
	Started  *time.Time `json:"started"`  // when it was; null where that is not known
	Customer *Customer  `json:"customer"` // null where the token names none that is here
	Notes    []string   `json:"notes"`    // what the revocation does not reach, or cannot know
}

// What a revocation says of its own limits.
const (
	noteNoList = "a node keeps no list of log-ins: this one is refused from now on, whether there was one or not; " +
		"check the name if nothing ends"
	noteForeign = "only this token: it was not issued by edgetoken, so its other tokens are not known; use --customer"
	noteClock   = "the clock is not plausible: tokens that others than this node issued since the latest change " +
		"of the store may not be reached; revoke again once it is right"
	noteExact = "access tokens stay good until they expire (wire: exact)"
)

// errNoBlacklist refuses what would have no effect.
var errNoBlacklist = errors.New("blacklist_app is off: a single log-in cannot be revoked; use --customer")

// revoke ends log-ins, with all that descends from them. That is durable when it answers.
func (s *server) revoke(ctx context.Context, _ None, call RevokeRequest) (Revocation, error) {
	switch {
	case call == RevokeRequest{All: true}:
		return s.revokeAll(ctx)
	case call.All:
		return Revocation{}, errors.New("a revocation of all names nothing else")
	case call.Token != "" && call.Family == "" && call.Customer == "":
		return s.revokeToken(ctx, call.Token)
	case call.Token == "" && call.Family != "" && call.Customer != "":
		return s.revokeFamily(ctx, call.Family, call.Customer)
	case call.Token == "" && call.Family == "" && call.Customer != "":
		return s.revokeSessions(ctx, call.Customer)
	}
	return Revocation{}, errors.New("a revocation has a token, or a customer, or a family and its customer, " +
		"or is of all")
}

// revokeToken ends the log-in that a token descends from. The token may have expired: others of the same log-in may be
// in use.
func (s *server) revokeToken(ctx context.Context, token string) (Revocation, error) {
	if !s.cfg.Settings.BlacklistApp {
		return Revocation{}, errNoBlacklist
	}
	engine, err := s.cfg.Engine(ctx)
	if err != nil {
		return Revocation{}, err
	}
	now := time.Now().UTC()
	var opened core.Opened
	if err := engine.Open(ctx, []byte(token), &opened); err != nil {
		return Revocation{}, err
	}
	if opened.Cause != cause.OK {
		return Revocation{}, fmt.Errorf("the token is none of ours, so that it is refused anyway: %s",
			explain.Unopened(opened.Cause, engine.KeySet()))
	}
	query := node.Query(opened, now, s.cfg.UserIDField, s.cfg.Store.IDs())
	outcome, customer, err := s.revokeFound(ctx, query, opened)
	if err != nil {
		return Revocation{}, err
	}
	if outcome.Refused() {
		return Revocation{}, errors.New("the token has no id that could be revoked (JTI_CLAIM): " +
			"end every session of its customer with --customer")
	}
	family := opened.FamilyAt(now)
	answer := Revocation{Revoked: "login", Family: familyName(family.Bits)}
	if family.Ours {
		started := time.UnixMilli(family.Start).UTC()
		answer.Started = &started
	} else {
		answer.Notes = append(answer.Notes, noteForeign)
	}
	return s.didRevoke(ctx, answer, customer)
}

// revokeFamily ends a log-in by its name in log records. The name does not tell a log-in here from a token that another
// issuer made, so both end.
func (s *server) revokeFamily(ctx context.Context, name, customer string) (Revocation, error) {
	if !s.cfg.Settings.BlacklistApp {
		return Revocation{}, errNoBlacklist
	}
	bits, err := strconv.ParseUint(name, 16, 64)
	if err != nil || len(name) != familyDigits || bits>>47 != 0 {
		return Revocation{}, fmt.Errorf("%q is no family: it has %d hex digits, "+
			"as the log record of a request shows them", name, familyDigits)
	}
	c, err := s.find(ctx, customer)
	if err != nil {
		return Revocation{}, err
	}
	family := core.Family{Listed: true, Bits: bits}
	query := store.Query{UserID: c.ID, HasUser: true, Family: family, HasFamily: true}
	var opened core.Opened
	opened.SetFamily(family)
	if _, c, err = s.revokeFound(ctx, query, opened); err != nil {
		return Revocation{}, err
	}
	return s.didRevoke(ctx, Revocation{Revoked: "login", Family: familyName(bits), Notes: []string{noteNoList}}, c)
}

// revokeFound revokes a family of the customer whom a query finds.
func (s *server) revokeFound(
	ctx context.Context, query store.Query, opened core.Opened,
) (core.Outcome, store.Customer, error) {
	request := core.Request{Op: core.Revoke, Opened: opened}
	return node.Revoke(ctx, s.cfg.Store, &s.cfg.Settings, query, request)
}

// revokeSessions ends every log-in of a customer until now: log out everywhere.
func (s *server) revokeSessions(ctx context.Context, customer string) (Revocation, error) {
	c, err := s.find(ctx, customer)
	if err != nil {
		return Revocation{}, err
	}
	if err := s.cfg.Store.Revoke(ctx, c.ID); err != nil {
		return Revocation{}, err
	}
	return s.didRevoke(ctx, Revocation{Revoked: "sessions"}, c)
}

// revokeAll ends every log-in of this node until now, and at the hub of a fleet those of all nodes.
func (s *server) revokeAll(ctx context.Context) (Revocation, error) {
	role := s.cfg.Store.Membership().Role
	if role == store.Edge {
		return Revocation{}, store.ErrHub
	}
	err := s.cfg.Store.RevokeAll(ctx)
	if err == nil && role == store.Hub {
		err = s.revokeFleet(ctx)
	}
	if err != nil {
		return Revocation{}, err
	}
	return s.didRevoke(ctx, Revocation{Revoked: "all"}, store.Customer{})
}

// didRevoke completes the answer and logs it. c is the customer whose log-ins ended; its zero value is none.
func (s *server) didRevoke(ctx context.Context, answer Revocation, c store.Customer) (Revocation, error) {
	if s.cfg.Settings.Wire == core.Exact {
		answer.Notes = append(answer.Notes, noteExact)
	}
	if answer.Revoked != "login" && s.cfg.Store.CheckClock() != nil {
		answer.Notes = append(answer.Notes, noteClock)
	}
	answer.Notes = list(answer.Notes)
	if !c.ID.IsZero() {
		var err error
		if answer.Customer, err = s.viewRead(ctx, c); err != nil {
			return answer, err
		}
	}
	var of []any
	if !c.ID.IsZero() {
		of = append(of, "customer", c.ID.String())
	}
	if answer.Family != nil {
		of = append(of, "family", *answer.Family)
	}
	s.cfg.Log.Info("admin: "+answer.Revoked+" revoked", of...)
	return answer, nil
}

// familyDigits is how many hex digits the name of a family has, for its 47 bits.
const familyDigits = 12

func familyName(bits uint64) *string {
	name := fmt.Sprintf("%0*x", familyDigits, bits)
	return &name
}
