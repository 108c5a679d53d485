package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/edgetoken/edgetoken/host/admin/customerjson"
)

// Access changes how a customer logs in, and ends its sessions unless it is enabled. Exactly one member is there.
type Access struct {
	IsActive *bool           `json:"is_active,omitempty"`
	Password json.RawMessage `json:"password,omitempty"` // a text, or null for unusable
}

func (s *server) setAccess(ctx context.Context, q CustomerQuery, change Access) (v Customer, err error) {
	c, err := s.find(ctx, q.Key)
	if err != nil {
		return v, err
	}
	var did string
	switch {
	case change.IsActive != nil && change.Password == nil:
		did = map[bool]string{true: "customer enabled", false: "customer disabled"}[*change.IsActive]
		err = s.cfg.Store.SetActive(ctx, c.ID, *change.IsActive)
	case change.Password != nil && change.IsActive == nil:
		did = "password set"
		var hash string
		if hash, err = s.newPassword(ctx, change.Password, q.Force); err == nil {
			err = s.cfg.Store.SetPassword(ctx, c.ID, hash)
		}
	default:
		err = errors.New("a change has is_active or password")
	}
	if err != nil {
		return v, err
	}
	s.did(did, c.ID)
	return s.view(ctx, c.ID)
}

// newPassword is the hash of a password that is given as JSON.
func (s *server) newPassword(ctx context.Context, raw json.RawMessage, force bool) (hash string, err error) {
	var c customerjson.Customer
	if err := c.ReadPassword(raw); err != nil {
		return "", fmt.Errorf("password %w", err)
	}
	if err := s.checkLength(c, force); err != nil {
		return "", err
	}
	n, err := s.withHash(ctx, c)
	return n.PasswordHash, err
}
