package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// Customer is a customer as commands show it. There is no hash in it.
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
	// Permissions are the customer's own, and Groups the names of the groups, both sorted.
	Permissions []string `json:"permissions"`
	Groups      []string `json:"groups"`
	// Rights are all that the customer may do, by groups too, sorted; none where not active.
	Rights []string `json:"rights"`
	// PasswordKind says how the password is kept: "argon2id", another format of Django's, "unusable" or "unknown".
	PasswordKind string `json:"password_kind"`
}

// viewOf shows a customer that was loaded with store.Query.Rights.
func viewOf(c store.Customer) Customer {
	v := Customer{
		ID: ID(c.ID), Email: c.Email, FirstName: c.FirstName, LastName: c.LastName, IsActive: c.IsActive, IsStaff: c.IsStaff,
		IsSuperuser: c.IsSuperuser, DateJoined: c.DateJoined, Attributes: c.Attributes, PasswordKind: passwordFormat(c.PasswordHash),
		Permissions: list(c.Permissions), Groups: list(c.Groups), Rights: list(c.Rights),
	}
	if !c.LastLogin.IsZero() {
		v.LastLogin = &c.LastLogin
	}
	if len(v.Attributes) == 0 {
		v.Attributes = json.RawMessage("null")
	}
	return v
}

// list is a list that JSON shows as one even where it is empty.
func list(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}

// djangoFormats are the first words of the hashes that Django 1.4 to 5.2 writes. Any other first word may be part of
// a hash and is not shown.
var djangoFormats = []string{"pbkdf2_sha256", "pbkdf2_sha1", "argon2", "bcrypt_sha256", "bcrypt", "scrypt", "sha1", "md5", "unsalted_sha1", "unsalted_md5", "crypt"}

func passwordFormat(hash string) string {
	if !password.IsUsable(hash) {
		return "unusable"
	}
	word, rest, _ := strings.Cut(hash, "$")
	if variant, _, _ := strings.Cut(rest, "$"); word == "argon2" && slices.Contains(argon2Variants, variant) {
		return variant
	}
	if slices.Contains(djangoFormats, word) {
		return word
	}
	return "unknown"
}

// argon2Variants are the second words of Django's argon2 hashes.
var argon2Variants = []string{"argon2id", "argon2i", "argon2d"}

// view shows a customer as the store has it.
func (s *server) view(ctx context.Context, id core.CustomerID) (Customer, error) {
	_, c, err := s.cfg.Store.Load(ctx, store.Query{UserID: id, HasUser: true, Rights: true})
	if err == nil && c.ID.IsZero() {
		err = fmt.Errorf("customer %q: %w", id, store.ErrNotFound)
	}
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

// groupPermissions are the permissions of all groups, by name.
func (s *server) groupPermissions(ctx context.Context) (map[string][]string, error) {
	all, err := s.cfg.Store.Groups(ctx)
	if err != nil {
		return nil, err
	}
	groups := map[string][]string{}
	for _, g := range all {
		groups[g.Name] = g.Permissions
	}
	return groups, nil
}

// effective are a customer's own permissions and those of its groups, sorted and each once, as store.Customer.Rights
// has them.
func effective(own, names []string, groups map[string][]string) []string {
	all := slices.Clone(own)
	for _, name := range names {
		all = append(all, groups[name]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// viewRead shows one customer that was read without its rights.
func (s *server) viewRead(ctx context.Context, c store.Customer) (Customer, error) {
	views, err := s.views(ctx, c)
	if err != nil {
		return Customer{}, err
	}
	return views[0], nil
}
