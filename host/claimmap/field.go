package claimmap

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// attributes is the block of customers' own fields.
const attributes = "attributes"

// The fields that every customer has.
var fields = []string{
	"id", "email", "first_name", "last_name", "is_active", "is_staff", "is_superuser", "date_joined", "last_login", "groups", "permissions",
}

// The bounds of a field's path within the attributes: names, and bytes of each.
const (
	maxNames = 16
	maxName  = 255
)

// Field names one thing that is known of a customer. Its zero value is none.
type Field struct {
	name string
	path []string // within the attributes
}

// ParseField reads a field: one of
//
//	id email first_name last_name is_active is_staff is_superuser date_joined last_login
//	groups              the names of the customer's groups, sorted
//	permissions         what the customer may do, "app_label.codename", sorted: own permissions and those of the groups. A superuser may do
//	                    everything, and has no longer list for it
//	attributes.A.B      member B of member A of the attributes. A name that holds a dot cannot be named
func ParseField(text string) (Field, error) {
	if slices.Contains(fields, text) {
		return Field{name: text}, nil
	}
	path, isAttribute := strings.CutPrefix(text, attributes+".")
	if !isAttribute {
		return Field{}, fmt.Errorf("%q is no field of a customer: use %s or %s.NAME", text, strings.Join(fields, ", "), attributes)
	}
	names := strings.Split(path, ".")
	if len(names) > maxNames || !utf8.ValidString(path) {
		return Field{}, fmt.Errorf("%q is no attribute: it nests deeper than %d names, or is no UTF-8", text, maxNames)
	}
	for _, name := range names {
		if name == "" || len(name) > maxName {
			return Field{}, fmt.Errorf("%q is no attribute: each name between the dots has 1 to %d bytes", text, maxName)
		}
	}
	return Field{name: attributes, path: names}, nil
}

// String is the field as ParseField reads it.
func (f Field) String() string {
	if f.path == nil {
		return f.name
	}
	return f.name + "." + strings.Join(f.path, ".")
}

// NeedsRights reports whether the field is there only in a customer that was loaded with store.Query.Rights.
func (f Field) NeedsRights() bool { return f.name == "permissions" }
