package customerfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/edgetoken/edgetoken/core/python"
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

// read reads one object of a dump. It gives false if that is no customer.
func (d *dumpReader) read(o *object, row *Row) bool {
	if string(o.label()) != d.model {
		return false
	}
	row.Customer = customerjson.Customer{NewCustomer: store.NewCustomer{IsActive: true}}
	var f faults
	row.Unnumbered = len(o.pk) == 0 || string(o.pk) == "null"
	if !row.Unnumbered {
		f.add("pk", row.ReadMember("id", o.pk))
	}
	d.fields(o.fields, row, &f)
	row.Err = f.err
	return true
}

// fields reads the fields of a customer. Those that are none of ours become attributes.
func (d *dumpReader) fields(raw []byte, row *Row, f *faults) {
	var attributes []byte
	var kept keptKeys
	password := false
	for name, value := range exactjson.Members(raw) {
		switch name {
		case d.email:
			f.add(name, row.ReadMember("email", value))
		case "password":
			password = true
			f.add(name, row.ReadHash(value))
		case "first_name", "last_name":
			if string(value) != "null" {
				f.add(name, row.ReadMember(name, value))
			}
		case "is_active", "is_staff", "is_superuser":
			f.add(name, row.ReadMember(name, value))
		case "last_login":
			f.add(name, readDjangoTime(row, name, value, &row.LastLogin))
		case "date_joined":
			f.add(name, readDjangoTime(row, name, value, &row.DateJoined))
		case "groups":
			f.add(name, d.groups(value, row, &kept))
		case "user_permissions":
			f.add(name, d.permissions(value, row, &kept))
		default:
			if attributes == nil {
				attributes = make([]byte, 0, len(raw))
			}
			attributes = append(python.AppendUnicodeJSON(append(attributes, "{,"[min(len(attributes), 1)]), name), ':')
			attributes = append(attributes, value...)
		}
	}
	if attributes != nil {
		row.Attributes = append(attributes, '}')
		f.add("the fields that become attributes", customerjson.CheckAttributes(row.Attributes))
	}
	if row.Email == "" && f.err == nil {
		f.add(d.email, errors.New("is missing or empty: customers log in with it; --email-field names another field"))
	}
	if !password {
		f.add("password", errors.New("is missing"))
	}
	row.Kept = kept.json()
}

func (d *dumpReader) groups(value []byte, row *Row, kept *keptKeys) error {
	list, ok := readKeys(value, 1)
	if !ok {
		return errors.New(`must be a list of primary keys, or of natural keys such as ["editors"]`)
	}
	for _, k := range list {
		if name, ok := d.keys.group(k); ok {
			if row.Groups == nil {
				row.Groups = map[string][]string{}
			}
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
		return errors.New("must be a list of primary keys, or of natural keys such as " +
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

// readDjangoTime reads a time of a dump. Django cuts times to milliseconds, but writes no fraction at all for a whole
// second. So .000 stands for 1 to 999 microseconds: it is read as 1, so that an export writes .000 again.
func readDjangoTime(row *Row, name string, value []byte, t *time.Time) error {
	if string(value) == "null" {
		return nil
	}
	if hasNoZone(value) {
		return errors.New("has no zone, as dumpdata writes times where USE_TZ is False: " +
			"docs/operations.md says how to dump them with one")
	}
	if err := row.ReadMember(name, value); err != nil {
		return err
	}
	if i := len(`"2006-01-02T15:04:05`); len(value) > i+4 && string(value[i:i+4]) == ".000" &&
		(value[i+4] < '0' || '9' < value[i+4]) {
		*t = t.Add(time.Microsecond)
	}
	return nil
}

// hasNoZone reports whether a JSON text looks like a time without a zone.
func hasNoZone(value []byte) bool {
	const second = len(`"2006-01-02T15:04:05`)
	return len(value) > second && value[len(`"2006-01-02`)] == 'T' && !bytes.ContainsAny(value[second:], "Z+-")
}

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

// faults collects what is wrong with a row.
type faults struct{ err error }

// add adds what is wrong with a member; nil is nothing.
func (f *faults) add(name string, err error) {
	if err == nil {
		return
	}
	if name != "" {
		err = fmt.Errorf("%s %w", name, err)
	}
	if f.err != nil {
		err = fmt.Errorf("%w; %w", f.err, err)
	}
	f.err = err
}
