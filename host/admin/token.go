package admin

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

// TokenRequest is the body of POST /token.
type TokenRequest struct {
	Token string `json:"token"`
	// As says what the token is to be good for: header, refresh, blacklist or verify. Empty: what its type is for.
	As string `json:"as"`
}

// Explanation answers POST /token.
type Explanation struct {
	explain.Explanation
	Family   *string   `json:"family"`   // of the log-in, as log records and revoke name it; null where none is known
	Customer *Customer `json:"customer"` // whom the token names; null where there is none
}

// explainToken judges a token as the end points do, but nothing of it is settled: the token is not used up.
func (s *server) explainToken(r *http.Request) (j Explanation, err error) {
	var call TokenRequest
	if err := readJSON(r, &call); err != nil {
		return j, err
	}
	if _, ok := explain.PurposeOf(call.As); !ok && call.As != "" {
		return j, errors.New("as must be header, refresh, blacklist or verify")
	}
	engine, _, err := s.cfg.Judge(r.Context())
	if err != nil {
		return j, err
	}
	found, err := explain.Token(r.Context(), explain.Config{Engine: engine, Settings: &s.cfg.Settings, Load: s.load, Now: time.Now()}, call.Token, call.As)
	if err != nil {
		return j, err
	}
	j.Explanation = found
	if found.Family.Listed {
		j.Family = familyName(found.Family.Bits)
	}
	if c := found.Customer; !c.ID.IsZero() {
		v, err := s.viewRead(r.Context(), c)
		if err != nil {
			return j, err
		}
		j.Customer = &v
	}
	return j, nil
}

// load reads what the store knows of a token, as the node does.
func (s *server) load(ctx context.Context, opened core.Opened, now time.Time) (core.State, store.Customer, error) {
	return node.Load(ctx, s.cfg.Store, s.cfg.UserIDField, opened, now)
}
