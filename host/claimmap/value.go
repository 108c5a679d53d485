package claimmap

import (
	"encoding/json"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// value is the field of a customer as encoding/json writes it; nil if the customer does not have it.
func (f Field) value(c *store.Customer, own attributesOf) any {
	switch f.name {
	case "id":
		if c.ID.Kind == core.IntegerID {
			return c.ID.Int
		}
		return c.ID.Text
	case "email":
		return c.Email
	case "first_name":
		return c.FirstName
	case "last_name":
		return c.LastName
	case "is_active":
		return c.IsActive
	case "is_staff":
		return c.IsStaff
	case "is_superuser":
		return c.IsSuperuser
	case "date_joined":
		return Time(c.DateJoined)
	case "last_login":
		return moment(c.LastLogin)
	case "groups":
		return list(c.Groups)
	case "permissions":
		return list(c.Rights)
	case attributes:
		if raw := own.at(f.path); raw != nil {
			return raw
		}
	}
	return nil
}

// moment is Time, or nil for the zero time.
func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return Time(t)
}

// Time is a time as the API shows it (Django REST framework's DateTimeField): Python's isoformat() in UTC, with six
// digits of a second or none, and Z.
//
//	2024-01-02T03:04:05Z    2024-01-02T03:04:05.000678Z
func Time(t time.Time) string {
	layout := "2006-01-02T15:04:05.000000Z"
	if t.Truncate(time.Microsecond).Nanosecond() == 0 {
		layout = "2006-01-02T15:04:05Z"
	}
	return t.UTC().Format(layout)
}

// list keeps an empty list from becoming null.
func list(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}

// attributesOf holds the attributes of a customer, parsed once for all fields.
type attributesOf struct{ top map[string]json.RawMessage }

// at is the value at a path; nil if there is none or it is null.
func (a attributesOf) at(path []string) json.RawMessage {
	members := a.top
	for i, name := range path {
		raw := members[name]
		if i == len(path)-1 {
			if string(raw) == "null" {
				return nil
			}
			return raw
		}
		members = nil
		if json.Unmarshal(raw, &members) != nil { // no object
			return nil
		}
	}
	return nil
}
