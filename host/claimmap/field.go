package claimmap

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// attributes is the field that holds what a shop keeps of its customers besides.
const attributes = "attributes"

// The fields that every customer has.
var fields = []string{
	"id", "email", "first_name", "last_name", "is_active", "is_staff", "is_superuser",
	"date_joined", "last_login", "groups", "permissions",
}

// The bounds of a path in the attributes: its names, and the bytes of each.
const (
	maxNames = 16
	maxName  = 255
)

// Field names one thing that is known of a customer. The zero value is no field.
type Field struct {
	name string
	path []string // within the attributes
}

// ParseField reads a field: one of
//
//	id email first_name last_name is_active is_staff is_superuser date_joined last_login
//	groups              the names of the customer's groups, sorted
//	permissions         the customer's own permissions and those of its groups, "app_label.codename", sorted. For a
//	                    superuser, who may do everything, no others are added
//	attributes.A.B      member B of member A of the attributes. A name with a dot in it cannot be written
func ParseField(text string) (Field, error) {
	if slices.Contains(fields, text) {
		return Field{name: text}, nil
	}
	path, isAttribute := strings.CutPrefix(text, attributes+".")
	if !isAttribute {
		all := strings.Join(fields, ", ")
		return Field{}, fmt.Errorf("%q is no field of a customer: use %s or %s.NAME", text, all, attributes)
	}
	names := strings.Split(path, ".")
	if len(names) > maxNames || !utf8.ValidString(path) {
		return Field{}, fmt.Errorf("%q is no attribute: it nests deeper than %d names, or is no UTF-8", text, maxNames)
	}
	for _, name := range names {
		if name == "" || len(name) > maxName {
			return Field{}, fmt.Errorf("%q is no attribute: each name between the dots has 1 to %d bytes", text,
				maxName)
		}
	}
	return Field{name: attributes, path: names}, nil
}

// String writes the field as ParseField reads it.
func (f Field) String() string {
	if f.path == nil {
		return f.name
	}
	return f.name + "." + strings.Join(f.path, ".")
}

// NeedsRights reports whether only a customer loaded with store.Query.Rights has the field.
func (f Field) NeedsRights() bool { return f.name == "permissions" }
