package admin

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/edgetoken/edgetoken/store"
)

// Details are what PATCH /customer changes; nil: not.
type Details struct {
	Email       *string         `json:"email,omitempty"`
	FirstName   *string         `json:"first_name,omitempty"`
	LastName    *string         `json:"last_name,omitempty"`
	IsStaff     *bool           `json:"is_staff,omitempty"`
	IsSuperuser *bool           `json:"is_superuser,omitempty"`
	Attributes  json.RawMessage `json:"attributes,omitempty"` // an object, or null for none
}

func (s *server) setCustomer(r *http.Request) (v Customer, err error) {
	var call Details
	if err := readJSON(r, &call); err != nil {
		return v, err
	}
	if call.Email != nil {
		if err := CheckEnds(*call.Email); err != nil {
			return v, fmt.Errorf("email %w", err)
		}
		if err := checkAt(r, *call.Email); err != nil {
			return v, err
		}
	}
	if err := CheckAttributes(call.Attributes); err != nil {
		return v, fmt.Errorf("attributes %w", err)
	}
	c, err := s.find(r.Context(), r.URL.Query().Get("key"))
	if err != nil {
		return v, err
	}
	if err := s.checkChange(r.Context(), c.ID, call); err != nil {
		return v, err
	}
	if c, err = s.cfg.Store.Set(r.Context(), c.ID, store.Change(call), s.tokensLive()); err != nil {
		return v, err
	}
	s.did("customer changed", c.ID)
	return s.view(r.Context(), c.ID)
}
