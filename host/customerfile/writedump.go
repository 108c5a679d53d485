package customerfile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/host/exactjson"
	"github.com/edgetoken/edgetoken/store"
)

// dumpForm writes what manage.py dumpdata --indent 2 writes, byte for byte.
type dumpForm struct {
	Origin
	primaryKeys bool
	columns     []column
	values      []json.RawMessage // of columns that are attributes, of the customer that is written
	missing     []string          // members of ours that the model has no field for
	lacks       map[string]int    // of Writer
	begun       bool
}

// column is a field of the model.
type column struct {
	name   string
	start  []byte // what stands before the value
	member string // in djangoFields, where the field is a member of ours; else it is an attribute
}

// exported is a customer while it is written.
type exported struct {
	*store.Customer
	kept keptKeys
	left func(name string)
}

// djangoFields are those of a model on AbstractBaseUser and PermissionsMixin, in order.
var djangoFields = []string{
	"password", "last_login", "is_superuser", "email", "first_name", "last_name", "is_staff", "is_active",
	"date_joined", "groups", "user_permissions",
}

func newDumpForm(o Origin, primaryKeys bool, lacks map[string]int) *dumpForm {
	o.Email = cmp.Or(o.Email, "email")
	if o.Fields == nil {
		o.Fields = djangoFields
	}
	d := &dumpForm{Origin: o, primaryKeys: primaryKeys, lacks: lacks}
	for _, name := range o.Fields {
		c := column{name: name, start: append(python.AppendUnicodeJSON([]byte("    "), name), ": "...)}
		if name == o.Email {
			c.member = "email"
		} else if name != "email" && slices.Contains(djangoFields, name) {
			c.member = name
		}
		d.columns = append(d.columns, c)
	}
	d.values = make([]json.RawMessage, len(d.columns))
	for _, name := range djangoFields {
		if name != "email" && !slices.Contains(o.Fields, name) {
			d.missing = append(d.missing, name)
		}
	}
	return d
}

func (d *dumpForm) begin(dst []byte) ([]byte, error) {
	if d.Model == "" {
		return nil, errors.New("no import has named the customers' model in Django, such as customers.customer: " +
			"name it")
	}
	return append(dst, '['), nil
}

func (d *dumpForm) end(dst []byte) []byte { return append(dst, "\n]\n"...) }

// open appends the beginning of an object.
func (d *dumpForm) open(dst []byte, model string) []byte {
	if d.begun {
		dst = append(dst, ',')
	}
	d.begun = true
	return python.AppendUnicodeJSON(append(dst, "\n{\n  \"model\": "...), model)
}

func (d *dumpForm) groups(dst []byte, groups []store.Group, left func(string)) []byte {
	groups = slices.Clone(groups)
	slices.SortStableFunc(groups, func(a, b store.Group) int { return d.compareGroups(a.Name, b.Name) })
	for _, g := range groups {
		dst = d.group(dst, g, left)
	}
	return dst
}

func (d *dumpForm) group(dst []byte, g store.Group, left func(string)) []byte {
	there := d.Groups[g.Name]
	dst = d.open(dst, groupModel)
	if there.PK != 0 {
		dst = strconv.AppendInt(append(dst, ",\n  \"pk\": "...), there.PK, 10)
	}
	dst = python.AppendUnicodeJSON(append(dst, ",\n  \"fields\": {\n    \"name\": "...), g.Name)
	dst = append(dst, ",\n    \"permissions\": "...)
	dst = d.permissionKeys(dst, g.Permissions, there.Kept, func() { left("permissions of groups") })
	return append(dst, "\n  }\n}"...)
}

func (d *dumpForm) customer(dst []byte, c *store.Customer, kept json.RawMessage, left func(string)) []byte {
	e := exported{Customer: c, left: left}
	if kept != nil && json.Unmarshal(kept, &e.kept) != nil {
		e.kept = keptKeys{} // it came from elsewhere
	}
	dst = appendID(append(d.open(dst, d.Model), ",\n  \"pk\": "...), c.ID)
	dst = append(dst, ",\n  \"fields\": {"...)
	d.attributes(&e)
	separator := ""
	for i := range d.columns {
		column, value := &d.columns[i], d.values[i]
		if column.member == "" && value == nil {
			d.lacks[column.name]++
			continue
		}
		dst = append(append(append(dst, separator...), '\n'), column.start...)
		separator = ","
		if column.member != "" {
			dst = d.member(dst, column.member, &e)
		} else {
			dst = appendIndented(dst, value)
		}
	}
	for _, name := range d.missing {
		if e.has(name) {
			left(name)
		}
	}
	return append(dst, "\n  }\n}"...)
}

// member appends a member of ours, one of djangoFields.
func (d *dumpForm) member(dst []byte, name string, c *exported) []byte {
	switch name {
	case "password":
		return python.AppendUnicodeJSON(dst, c.PasswordHash)
	case "last_login":
		return appendDjangoTime(dst, c.LastLogin)
	case "is_superuser":
		return strconv.AppendBool(dst, c.IsSuperuser)
	case "email":
		return python.AppendUnicodeJSON(dst, c.Email)
	case "first_name":
		return python.AppendUnicodeJSON(dst, c.FirstName)
	case "last_name":
		return python.AppendUnicodeJSON(dst, c.LastName)
	case "is_staff":
		return strconv.AppendBool(dst, c.IsStaff)
	case "is_active":
		return strconv.AppendBool(dst, c.IsActive)
	case "date_joined":
		return appendDjangoTime(dst, c.DateJoined)
	case "groups":
		return d.groupKeys(dst, c.Groups, c.kept.Groups)
	}
	return d.permissionKeys(dst, c.Permissions, c.kept.Permissions, func() { c.left("permissions") })
}

// attributes puts those that the model has fields for into values.
func (d *dumpForm) attributes(c *exported) {
	clear(d.values)
	if c.Attributes == nil {
		return
	}
	for name, value := range exactjson.Members(c.Attributes) {
		i := slices.IndexFunc(d.columns, func(c column) bool { return c.name == name && c.member == "" })
		if i < 0 {
			c.left("attributes." + name)
			continue
		}
		d.values[i] = value
	}
}

// has reports whether a member of ours says more than Django takes for granted.
func (c *exported) has(name string) bool {
	switch name {
	case "first_name":
		return c.FirstName != ""
	case "last_name":
		return c.LastName != ""
	case "is_active":
		return !c.IsActive
	case "is_staff":
		return c.IsStaff
	case "is_superuser":
		return c.IsSuperuser
	case "groups":
		return c.Groups != nil
	case "user_permissions":
		return c.Permissions != nil
	}
	return false
}

// appendIndented appends a field's value in the lines of its object.
func appendIndented(dst []byte, value json.RawMessage) []byte {
	if c := value[0]; c != '{' && c != '[' {
		return append(dst, value...)
	}
	var b bytes.Buffer
	_ = json.Indent(&b, value, "    ", "  ")
	return append(dst, b.Bytes()...)
}

// appendDjangoTime appends a time as DjangoJSONEncoder writes it: in milliseconds, the rest cut off, and without a
// fraction where a second is whole.
func appendDjangoTime(dst []byte, t time.Time) []byte {
	switch {
	case t.IsZero():
		return append(dst, "null"...)
	case t.Nanosecond() == 0:
		return t.UTC().AppendFormat(dst, `"2006-01-02T15:04:05Z"`)
	}
	return t.UTC().AppendFormat(dst, `"2006-01-02T15:04:05.000Z"`)
}
