package admin

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// Customer is a customer as it is shown. There is no hash in it.
type Customer struct {
	ID          ID              `json:"id"`
	Email       string          `json:"email"`
	FirstName   string          `json:"first_name"`
	LastName    string          `json:"last_name"`
	IsActive    bool            `json:"is_active"`
	IsStaff     bool            `json:"is_staff"`
	IsSuperuser bool            `json:"is_superuser"`
	LastLogin   *time.Time      `json:"last_login"`
	DateJoined  time.Time       `json:"date_joined"`
	Attributes  json.RawMessage `json:"attributes"` // null where there are none
	// Permissions are the customer's own, and Groups the names of its groups, both sorted.
	Permissions []string `json:"permissions"`
	Groups      []string `json:"groups"`
	// Rights are all permissions that it has, those of its groups too, sorted; none where it is not active.
	Rights []string `json:"rights"`
	// PasswordKind says how the password is kept: "argon2id", another format of Django's, "unusable" or "unknown".
	PasswordKind string `json:"password_kind"`
	// PasswordProblem says why no log-in can check the hash; empty where one can, and where the customer has no
	// password.
	PasswordProblem string `json:"password_problem,omitempty"`
}

// viewOf shows a customer that was loaded with its rights (store.Query.Rights).
func viewOf(c store.Customer) Customer {
	v := Customer{
		ID: ID(c.ID), Email: c.Email, FirstName: c.FirstName, LastName: c.LastName,
		IsActive: c.IsActive, IsStaff: c.IsStaff, IsSuperuser: c.IsSuperuser, DateJoined: c.DateJoined,
		Attributes: c.Attributes, PasswordKind: passwordKind(c.PasswordHash),
		Permissions: list(c.Permissions), Groups: list(c.Groups), Rights: list(c.Rights),
	}
	if _, err := password.CostOf(c.PasswordHash); err != nil && password.IsUsable(c.PasswordHash) {
		v.PasswordProblem = err.Error()
	}
	if !c.LastLogin.IsZero() {
		v.LastLogin = &c.LastLogin
	}
	if len(v.Attributes) == 0 {
		v.Attributes = json.RawMessage("null")
	}
	return v
}

// passwordKind says how a password is kept. It shows no part of a hash.
func passwordKind(hash string) string {
	if !password.IsUsable(hash) {
		return "unusable"
	}
	return cmp.Or(password.Format(hash), "unknown")
}

// load is a customer with its rights.
func (s *server) load(ctx context.Context, id core.CustomerID) (store.Customer, error) {
	_, c, err := s.cfg.Store.Load(ctx, store.Query{UserID: id, HasUser: true, Rights: true})
	if err == nil && c.ID.IsZero() {
		err = fmt.Errorf("customer %q: %w", id, store.ErrNotFound)
	}
	return c, err
}

// view shows a customer as the store has it now.
func (s *server) view(ctx context.Context, id core.CustomerID) (Customer, error) {
	c, err := s.load(ctx, id)
	if err != nil {
		return Customer{}, err
	}
	return viewOf(c), nil
}

// views shows customers that were read without their rights.
func (s *server) views(ctx context.Context, customers ...store.Customer) ([]Customer, error) {
	views := []Customer{}
	var groups map[string][]string
	for _, c := range customers {
		if c.Rights = nil; c.IsActive {
			if groups == nil && len(c.Groups) > 0 {
				var err error
				if groups, err = s.groupPermissions(ctx); err != nil {
					return nil, err
				}
			}
			c.Rights = effective(c.Permissions, c.Groups, groups)
		}
		views = append(views, viewOf(c))
	}
	return views, nil
}

// viewRead shows one customer that was read without its rights.
func (s *server) viewRead(ctx context.Context, c store.Customer) (*Customer, error) {
	views, err := s.views(ctx, c)
	if err != nil {
		return nil, err
	}
	return &views[0], nil
}

// effective are a customer's own permissions and those of its groups, sorted, each once, as store.Customer.Rights has
// them. groups are the permissions of all groups by name.
func effective(own, names []string, groups map[string][]string) []string {
	all := slices.Clone(own)
	for _, name := range names {
		all = append(all, groups[name]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
