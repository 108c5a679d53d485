package main

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/edgetoken/edgetoken/store"
)

// customerSettings are what PATCH /customer changes; nil: not.
type customerSettings struct {
	Email       *string         `json:"email,omitempty"`
	FirstName   *string         `json:"first_name,omitempty"`
	LastName    *string         `json:"last_name,omitempty"`
	IsStaff     *bool           `json:"is_staff,omitempty"`
	IsSuperuser *bool           `json:"is_superuser,omitempty"`
	Attributes  json.RawMessage `json:"attributes,omitempty"` // an object, or null for none
}

func (a *admin) setCustomer(r *http.Request) (v customerView, err error) {
	var call customerSettings
	if err := readJSON(r, &call); err != nil {
		return v, err
	}
	if call.Email != nil {
		if err := checkEnds(*call.Email); err != nil {
			return v, fmt.Errorf("email %w", err)
		}
		if err := checkAt(r, *call.Email); err != nil {
			return v, err
		}
	}
	if err := checkAttributes(call.Attributes); err != nil {
		return v, fmt.Errorf("attributes %w", err)
	}
	c, err := a.find(r.Context(), r.URL.Query().Get("key"))
	if err != nil {
		return v, err
	}
	if err := a.checkChange(r.Context(), c.ID, call); err != nil {
		return v, err
	}
	if c, err = a.store.Set(r.Context(), c.ID, store.Change(call), a.tokensLive()); err != nil {
		return v, err
	}
	a.did("customer changed", c.ID)
	return a.view(r.Context(), c.ID)
}
