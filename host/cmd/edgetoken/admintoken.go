package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/explain"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// tokenCall is the body of POST /token.
type tokenCall struct {
	Token string `json:"token"`
	// As says what the token is to be good for: header, refresh, blacklist or verify. Empty: what its type is for.
	As string `json:"as"`
}

// explanation answers POST /token.
type explanation struct {
	explain.Explanation
	Family   *string       `json:"family"`   // of the log-in, as log records and revoke name it; null where none is known
	Customer *customerView `json:"customer"` // whom the token names; null where there is none
}

// explainToken judges a token as the end points do, but nothing of it is settled: the token is not used up.
func (a *admin) explainToken(r *http.Request) (j explanation, err error) {
	var call tokenCall
	if err := readJSON(r, &call); err != nil {
		return j, err
	}
	if _, ok := explain.PurposeOf(call.As); !ok && call.As != "" {
		return j, errors.New("as must be header, refresh, blacklist or verify")
	}
	engine, keys, err := a.judge(r.Context())
	if err != nil {
		return j, err
	}
	found, err := explain.Token(r.Context(), explain.Config{Engine: engine, Keys: keys, Settings: &a.cfg.Settings, Load: a.load, Now: time.Now()}, call.Token, call.As)
	if err != nil {
		return j, err
	}
	j.Explanation = found
	if found.Family.Listed {
		j.Family = familyName(found.Family.Bits)
	}
	if c := found.Customer; !c.ID.IsZero() {
		v, err := a.viewRead(r.Context(), c)
		if err != nil {
			return j, err
		}
		j.Customer = &v
	}
	return j, nil
}

// load reads what the store knows of a token, as the node does.
func (a *admin) load(ctx context.Context, opened core.Opened, now time.Time) (core.State, store.Customer, error) {
	return node.Load(ctx, a.store, userIDField(a.cfg), opened, now)
}
