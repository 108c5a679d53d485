package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/password"
)

// maxAttributes bounds Customer.Attributes, in bytes.
const maxAttributes = 64 * 1024

// Customer is Django's user. Times are UTC with microseconds.
type Customer struct {
	ID core.CustomerID
	// Email is unique. It is compared code point by code point, as Django compares it: no folding of case, no
	// normalisation, no trimming.
	Email               string
	FirstName, LastName string
	IsActive            bool
	IsStaff             bool
	IsSuperuser         bool
	LastLogin           time.Time // zero: never
	DateJoined          time.Time
	Attributes          json.RawMessage // a JSON object of at most 64 KiB, or nil
	PasswordHash        string          // as Django encodes it
	// RevokeClaim is the value of REVOKE_TOKEN_CLAIM. It comes from the first hash of the password; a new hash of the
	// same password does not change it.
	RevokeClaim string
	// Permissions ("app_label.codename") are the customer's own, and Groups the names of its groups; both are sorted.
	Permissions, Groups []string
	// Version changes whenever a field above changes, except LastLogin. What a group may do does not count.
	Version uint64
	// Rights are the customer's own permissions and those of its groups, sorted. Only Query.Rights asks for them. An
	// inactive customer has none. What a superuser may do beyond them is not in the list.
	Rights []string
}

// NewCustomer is what Add stores. For zero values it takes the next integer id or a random UUID, now as the time of
// joining, and the revoke claim of PasswordHash. A customer is inactive unless IsActive says otherwise.
type NewCustomer struct {
	ID                             core.CustomerID
	Email, FirstName, LastName     string
	IsActive, IsStaff, IsSuperuser bool
	LastLogin, DateJoined          time.Time
	Attributes                     json.RawMessage
	PasswordHash                   string
	RevokeClaim                    string // set it only for a customer from another store
	Permissions                    []string
	// Groups are the customer's groups by name. A group that does not exist is made with these permissions. One that
	// exists must have exactly these; nil only asks that it exists. Where several entries are added together, each may
	// name some of the permissions of a new group.
	Groups map[string][]string
}

// check makes the customer to store, or says why it cannot be stored. The id may still be zero.
func (n NewCustomer) check(kind core.IDKind, now time.Time) (Customer, error) {
	if !n.ID.IsZero() && n.ID.Kind != kind {
		return Customer{}, fmt.Errorf("id %w: the store holds %s", ErrInvalid, kindName(kind))
	}
	if n.ID.Kind == core.TextID && n.ID.Text == "" {
		return Customer{}, fmt.Errorf("id %w: it is empty", ErrInvalid)
	}
	if n.Email == "" {
		return Customer{}, fmt.Errorf("e-mail address %w: it is empty", ErrInvalid)
	}
	texts := Customer{
		ID: n.ID, Email: n.Email, FirstName: n.FirstName, LastName: n.LastName, PasswordHash: n.PasswordHash,
		RevokeClaim: n.RevokeClaim,
	}
	if err := checkTexts(texts); err != nil {
		return Customer{}, err
	}
	attributes, err := checkAttributes(n.Attributes)
	if err != nil {
		return Customer{}, err
	}
	if n.DateJoined.IsZero() {
		n.DateJoined = now
	}
	for _, t := range []struct {
		field string
		value time.Time
	}{{"last login", n.LastLogin}, {"date joined", n.DateJoined}} {
		if y := t.value.UTC().Year(); y < 1 || y > 9999 {
			return Customer{}, fmt.Errorf("%s %w: its year is not 1 to 9999", t.field, ErrInvalid)
		}
	}
	if n.RevokeClaim == "" {
		n.RevokeClaim = password.RevokeClaim(n.PasswordHash)
	}
	permissions, err := checkPermissions(n.Permissions)
	if err != nil {
		return Customer{}, err
	}
	for name, permissions := range n.Groups {
		if err := checkGroupName(name); err != nil {
			return Customer{}, err
		}
		if _, err := checkPermissions(permissions); err != nil {
			return Customer{}, fmt.Errorf("group %q: %w", name, err)
		}
	}
	return Customer{
		ID: n.ID, Email: n.Email, FirstName: n.FirstName, LastName: n.LastName,
		IsActive: n.IsActive, IsStaff: n.IsStaff, IsSuperuser: n.IsSuperuser,
		LastLogin: inMicroseconds(n.LastLogin), DateJoined: inMicroseconds(n.DateJoined),
		Attributes: attributes, PasswordHash: n.PasswordHash, RevokeClaim: n.RevokeClaim,
		Permissions: permissions, Groups: slices.Sorted(maps.Keys(n.Groups)),
	}, nil
}

// checkTexts says which text of a customer cannot be stored.
func checkTexts(c Customer) error {
	for _, t := range []struct{ field, value string }{
		{"id", c.ID.Text}, {"e-mail address", c.Email}, {"first name", c.FirstName}, {"last name", c.LastName},
		{"password hash", c.PasswordHash}, {"revoke claim", c.RevokeClaim},
	} {
		if err := checkText(t.field, t.value); err != nil {
			return err
		}
	}
	return nil
}

// inMicroseconds is t as it comes back from the store.
func inMicroseconds(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMicro(t.UnixMicro()).UTC()
}

func kindName(kind core.IDKind) string {
	if kind == core.TextID {
		return "texts as ids"
	}
	return "integers as ids"
}

// checkAttributes returns the JSON object without white space; nil for none.
func checkAttributes(raw json.RawMessage) (json.RawMessage, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	if len(raw) > maxAttributes {
		return nil, fmt.Errorf("attributes %w: they have %d bytes, the most is %d", ErrInvalid, len(raw), maxAttributes)
	}
	var out bytes.Buffer
	if !utf8.Valid(raw) || json.Compact(&out, raw) != nil || out.Bytes()[0] != '{' {
		return nil, fmt.Errorf("attributes %w: they are no JSON object in UTF-8", ErrInvalid)
	}
	if name, twice := repeatedName(out.Bytes()); twice {
		return nil, fmt.Errorf("attributes %w: the name %q is in one object twice", ErrInvalid, name)
	}
	return out.Bytes(), nil
}

// repeatedName finds a name that an object of valid JSON has twice. encoding/json would silently take the last.
func repeatedName(raw []byte) (string, bool) {
	return nextRepeated(json.NewDecoder(bytes.NewReader(raw)))
}

// nextRepeated is repeatedName for the next value of a decoder.
func nextRepeated(d *json.Decoder) (name string, twice bool) {
	open, _ := d.Token()
	if open != json.Delim('{') && open != json.Delim('[') {
		return "", false
	}
	for names := map[string]bool{}; d.More(); {
		if open == json.Delim('{') {
			token, _ := d.Token()
			if name, _ = token.(string); names[name] {
				return name, true
			}
			names[name] = true
		}
		if name, twice = nextRepeated(d); twice {
			return name, true
		}
	}
	_, _ = d.Token()
	return "", false
}

// known is what core knows of c; userID is the value of USER_ID_FIELD.
func (c Customer) known(userID core.CustomerID) core.Customer {
	return core.Customer{ID: c.ID, UserID: userID, Active: c.IsActive, RevokeClaim: c.RevokeClaim, Version: c.Version}
}
