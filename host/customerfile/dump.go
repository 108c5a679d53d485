package customerfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/host/admin/customerjson"
	"github.com/edgetoken/edgetoken/host/exactjson"
	"github.com/edgetoken/edgetoken/store"
)

// dumpReader reads the customers of a dump:
//
//	{"model": "customers.customer", "pk": 7, "fields": {"password": "argon2$…", "email": "ana@example.com", …}}
type dumpReader struct {
	model, email string // the label, and the field with the e-mail address
	keys         *keys
}

// isDump reports whether an object is one of a dump.
func isDump(raw []byte) (is bool) {
	var o struct{ Model, Fields json.RawMessage }
	return json.Unmarshal(raw, &o) == nil && o.Model != nil && o.Fields != nil
}

// read reads one object of a dump; it gives false for what is no customer.
func (d *dumpReader) read(raw []byte, row *Row) bool {
	var o struct{ Model, PK, Fields json.RawMessage }
	if err := json.Unmarshal(raw, &o); err != nil || string(o.Model) != `"`+d.model+`"` {
		return false
	}
	row.Customer = customerjson.Customer{NewCustomer: store.NewCustomer{IsActive: true}}
	var faults faults
	if len(o.PK) > 0 && string(o.PK) != "null" {
		faults.add(row.ReadMember("id", o.PK))
	}
	faults.add(d.fields(o.Fields, row, &faults))
	row.Err = faults.err
	return true
}

// fields reads the fields of a customer. Those that are none of ours become attributes.
func (d *dumpReader) fields(raw []byte, row *Row, faults *faults) error {
	if err := exactjson.Texts(raw); err != nil {
		return err
	}
	var attributes []byte
	var kept keptKeys
	seen := map[string]bool{}
	for name, value := range exactjson.Members(raw) {
		if seen[name] {
			faults.add(fmt.Errorf("%s is there twice", name))
		}
		seen[name] = true
		switch name {
		case d.email:
			faults.add(row.ReadMember("email", value))
		case "password":
			if err := row.ReadHash(value); err != nil {
				faults.add(fmt.Errorf("password %w", err))
			}
		case "first_name", "last_name":
			if string(value) != "null" {
				faults.add(row.ReadMember(name, value))
			}
		case "is_active", "is_staff", "is_superuser":
			faults.add(row.ReadMember(name, value))
		case "last_login":
			faults.add(readTime(row, name, value, &row.LastLogin))
		case "date_joined":
			faults.add(readTime(row, name, value, &row.DateJoined))
		case "groups":
			faults.add(d.groups(value, row, &kept))
		case "user_permissions":
			faults.add(d.permissions(value, row, &kept))
		default:
			attributes = appendMember(attributes, name, value)
		}
	}
	if attributes != nil {
		row.Attributes = append(attributes, '}')
		if err := customerjson.CheckAttributes(row.Attributes); err != nil {
			faults.add(fmt.Errorf("attributes: a field %w", err))
		}
	}
	if !seen[d.email] {
		faults.add(fmt.Errorf("%s is missing", d.email))
	}
	row.Kept = kept.json()
	return nil
}

// appendMember appends a member to an object, which begins with it where it is nil.
func appendMember(object []byte, name string, value []byte) []byte {
	if object == nil {
		object = append(object, '{')
	} else {
		object = append(object, ',')
	}
	quoted, _ := json.Marshal(name)
	return append(append(append(object, quoted...), ':'), value...)
}

func (d *dumpReader) groups(value []byte, row *Row, kept *keptKeys) error {
	list, ok := readKeys(value, 1)
	if !ok {
		return errors.New(`groups must be a list of primary keys, or of natural keys such as ["editors"]`)
	}
	row.Groups = map[string][]string{}
	for _, k := range list {
		if name, ok := d.keys.group(k); ok {
			row.Groups[name] = nil
		} else {
			kept.Groups = append(kept.Groups, k.pk)
		}
	}
	return nil
}

func (d *dumpReader) permissions(value []byte, row *Row, kept *keptKeys) error {
	list, ok := readKeys(value, 3)
	if !ok {
		return errors.New("user_permissions must be a list of primary keys, or of natural keys such as " +
			`["add_customer", "customers", "customer"]`)
	}
	for _, k := range list {
		if name, ok := d.keys.permission(k); ok {
			row.Permissions = append(row.Permissions, name)
		} else {
			kept.Permissions = append(kept.Permissions, k.pk)
		}
	}
	return nil
}

// readTime reads a time of a dump, which has milliseconds: Django cuts off the rest. It writes no fraction of a whole
// second, so .000 is of 1 to 999 microseconds: taken as 1, it is written as it came.
func readTime(row *Row, name string, value []byte, t *time.Time) error {
	if string(value) == "null" {
		return nil
	}
	if naive.Match(value) {
		return fmt.Errorf("%s has no zone, as dumpdata writes it where USE_TZ is False: "+
			"docs/operations.md says how to dump with zones", name)
	}
	if err := row.ReadMember(name, value); err != nil {
		return err
	}
	if strings.Contains(string(value), ".000Z") || strings.Contains(string(value), ".000+") {
		*t = t.Add(time.Microsecond)
	}
	return nil
}

// naive is a time without a zone.
var naive = regexp.MustCompile(`^"\d{4}-\d\d-\d\dT[0-9:.]+"$`)

// keptKeys are keys that nothing explains.
type keptKeys struct {
	Groups      []int64 `json:"groups,omitempty"`
	Permissions []int64 `json:"user_permissions,omitempty"`
}

func (k keptKeys) json() json.RawMessage {
	if k.Groups == nil && k.Permissions == nil {
		return nil
	}
	raw, _ := json.Marshal(k)
	return raw
}

// faults are all that is wrong with a row.
type faults struct{ err error }

func (f *faults) add(err error) {
	switch {
	case err == nil:
	case f.err == nil:
		f.err = err
	default:
		f.err = fmt.Errorf("%w; %w", f.err, err)
	}
}
