package admin

import (
	"context"
	"errors"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/explain"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// TokenRequest is a token to be judged.
type TokenRequest struct {
	Token string `json:"token"`
	// As says what the token is to be good for: header, refresh, blacklist or verify. Empty: what its type is for.
	As string `json:"as"`
}

// Explanation answers ExplainToken.
type Explanation struct {
	explain.Explanation
	Family   *string   `json:"family"`   // of the log-in, as log records and Revoke name it; null where none is known
	Customer *Customer `json:"customer"` // whom the token names; null where there is none
}

// explainToken judges a token as the endpoints do. It settles nothing, so the token is not used up.
func (s *server) explainToken(ctx context.Context, _ None, call TokenRequest) (answer Explanation, err error) {
	if _, ok := explain.PurposeOf(call.As); !ok && call.As != "" {
		return answer, errors.New("as must be header, refresh, blacklist or verify")
	}
	engine, err := s.cfg.Engine(ctx)
	if err != nil {
		return answer, err
	}
	cfg := explain.Config{Engine: engine, Settings: &s.cfg.Settings, Load: s.loadNamed, Now: time.Now()}
	if answer.Explanation, err = explain.Token(ctx, cfg, call.Token, call.As); err != nil {
		return answer, err
	}
	found := &answer.Explanation
	if found.Family.Listed {
		answer.Family = familyName(found.Family.Bits)
	}
	if c := found.Customer; !c.ID.IsZero() {
		answer.Customer, err = s.viewRead(ctx, c)
	}
	return answer, err
}

// loadNamed reads what the store knows of a token, as a node does.
func (s *server) loadNamed(ctx context.Context, opened core.Opened, now time.Time) (core.State, store.Customer, error) {
	return node.Load(ctx, s.cfg.Store, s.cfg.UserIDField, opened, now)
}
