package admin

import (
	"encoding/json"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admin/customerjson"
	"github.com/edgetoken/edgetoken/store"
)

// Row is a whole customer as it moves in and out, with the hash of its password.
type Row struct {
	ID           ID              `json:"id"` // null: the customer with the e-mail address, or a new one
	Email        string          `json:"email"`
	FirstName    string          `json:"first_name"`
	LastName     string          `json:"last_name"`
	IsActive     bool            `json:"is_active"`
	IsStaff      bool            `json:"is_staff"`
	IsSuperuser  bool            `json:"is_superuser"`
	LastLogin    time.Time       `json:"last_login,omitzero"`  // left out: never
	DateJoined   time.Time       `json:"date_joined,omitzero"` // left out: when it is imported
	Attributes   json.RawMessage `json:"attributes,omitempty"`
	PasswordHash string          `json:"password_hash"`
	Password     *string         `json:"password,omitempty"` // of an import: in clear, to be hashed
	Permissions  []string        `json:"permissions"`
	Groups       []string        `json:"groups"` // names of groups that are there
	// Kept is what the source says of the customer and nothing here can say. It grants nothing.
	Kept json.RawMessage `json:"kept,omitempty"`
	// Unsaid are the members that the source says nothing of: an import leaves them as they are here.
	Unsaid []string `json:"unsaid,omitempty"`
}

// unusable is the hash of a customer that has no password. Django adds random characters to it, by which each import of
// one file would say something else.
const unusable = "!"

// fileRow is a customer of a file as ImportCustomers takes it.
func fileRow(c customerjson.Customer, kept json.RawMessage) Row {
	r := Row{
		ID: ID(c.ID), Email: c.Email, FirstName: c.FirstName, LastName: c.LastName,
		IsActive: c.IsActive, IsStaff: c.IsStaff, IsSuperuser: c.IsSuperuser,
		LastLogin: c.LastLogin, DateJoined: c.DateJoined, Attributes: c.Attributes,
		PasswordHash: c.PasswordHash, Password: c.Password, Permissions: list(c.Permissions), Groups: []string{},
		Kept: kept, Unsaid: c.Unsaid,
	}
	if c.Unusable {
		r.PasswordHash = unusable
	}
	for name := range c.Groups {
		r.Groups = append(r.Groups, name)
	}
	return r
}

// exportedRow is a customer of the store as ExportCustomers sends it.
func exportedRow(c store.Exported) Row {
	return Row{
		ID: ID(c.ID), Email: c.Email, FirstName: c.FirstName, LastName: c.LastName,
		IsActive: c.IsActive, IsStaff: c.IsStaff, IsSuperuser: c.IsSuperuser,
		LastLogin: c.LastLogin, DateJoined: c.DateJoined, Attributes: c.Attributes,
		PasswordHash: c.PasswordHash, Permissions: list(c.Permissions), Groups: list(c.Groups), Kept: c.Kept,
	}
}

// Exported is the customer that a row of ExportCustomers holds.
func (r Row) Exported() store.Exported {
	return store.Exported{
		Customer: store.Customer{
			ID: core.CustomerID(r.ID), Email: r.Email, FirstName: r.FirstName, LastName: r.LastName,
			IsActive: r.IsActive, IsStaff: r.IsStaff, IsSuperuser: r.IsSuperuser,
			LastLogin: r.LastLogin, DateJoined: r.DateJoined, Attributes: r.Attributes,
			PasswordHash: r.PasswordHash, Permissions: r.Permissions, Groups: r.Groups,
		},
		Kept: r.Kept,
	}
}
