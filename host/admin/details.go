package admin

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/edgetoken/edgetoken/host/admin/customerjson"
	"github.com/edgetoken/edgetoken/store"
)

// Details are what SetDetails changes; nil: not.
type Details struct {
	Email       *string         `json:"email,omitempty"`
	FirstName   *string         `json:"first_name,omitempty"`
	LastName    *string         `json:"last_name,omitempty"`
	IsStaff     *bool           `json:"is_staff,omitempty"`
	IsSuperuser *bool           `json:"is_superuser,omitempty"`
	Attributes  json.RawMessage `json:"attributes,omitempty"` // an object, or null for none
}

func (s *server) setDetails(ctx context.Context, q CustomerQuery, change Details) (v Customer, err error) {
	if change.Email != nil {
		if err := customerjson.CheckEnds(*change.Email); err != nil {
			return v, fmt.Errorf("email %w", err)
		}
		if err := checkAt(*change.Email, q.Force); err != nil {
			return v, err
		}
	}
	if err := customerjson.CheckAttributes(change.Attributes); err != nil {
		return v, fmt.Errorf("attributes %w", err)
	}
	c, err := s.find(ctx, q.Key)
	if err != nil {
		return v, err
	}
	if err := s.checkChange(ctx, c.ID, change); err != nil {
		return v, err
	}
	if c, err = s.cfg.Store.Set(ctx, c.ID, store.Change(change), s.tokensLive()); err != nil {
		return v, err
	}
	s.did("customer changed", c.ID)
	return s.view(ctx, c.ID)
}
