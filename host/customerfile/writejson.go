package customerfile

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/store"
)

// jsonlForm writes one object on each line: of a group, {"group": "editors", "permissions": […]}, and of a customer as
// customerjson.ReadRow reads it.
type jsonlForm struct{}

func (jsonlForm) begin(dst []byte) ([]byte, error) { return dst, nil }
func (jsonlForm) end(dst []byte) []byte            { return dst }

func (jsonlForm) groups(dst []byte, groups []store.Group, _ func(string)) []byte {
	for _, g := range groups {
		dst = python.AppendUnicodeJSON(append(dst, `{"group":`...), g.Name)
		dst = append(appendTexts(append(dst, `,"permissions":`...), g.Permissions), "}\n"...)
	}
	return dst
}

func (jsonlForm) customer(dst []byte, c *store.Customer, kept json.RawMessage, _ func(string)) []byte {
	dst = appendID(append(dst, `{"id":`...), c.ID)
	dst = python.AppendUnicodeJSON(append(dst, `,"email":`...), c.Email)
	dst = python.AppendUnicodeJSON(append(dst, `,"password_hash":`...), c.PasswordHash)
	dst = python.AppendUnicodeJSON(append(dst, `,"first_name":`...), c.FirstName)
	dst = python.AppendUnicodeJSON(append(dst, `,"last_name":`...), c.LastName)
	dst = strconv.AppendBool(append(dst, `,"is_active":`...), c.IsActive)
	dst = strconv.AppendBool(append(dst, `,"is_staff":`...), c.IsStaff)
	dst = strconv.AppendBool(append(dst, `,"is_superuser":`...), c.IsSuperuser)
	dst = appendTime(append(dst, `,"last_login":`...), c.LastLogin)
	dst = appendTime(append(dst, `,"date_joined":`...), c.DateJoined)
	if c.Attributes != nil {
		dst = append(append(dst, `,"attributes":`...), c.Attributes...)
	}
	dst = appendTexts(append(dst, `,"permissions":`...), c.Permissions)
	dst = appendTexts(append(dst, `,"groups":`...), c.Groups)
	if kept != nil {
		dst = append(append(dst, `,"kept":`...), kept...)
	}
	return append(dst, "}\n"...)
}

func appendID(dst []byte, id core.CustomerID) []byte {
	if id.Kind == core.TextID {
		return python.AppendUnicodeJSON(dst, id.Text)
	}
	return strconv.AppendInt(dst, id.Int, 10)
}

func appendTexts(dst []byte, texts []string) []byte {
	dst = append(dst, '[')
	for i, s := range texts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = python.AppendUnicodeJSON(dst, s)
	}
	return append(dst, ']')
}

func appendTime(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(dst, "null"...)
	}
	return t.UTC().AppendFormat(dst, `"2006-01-02T15:04:05.999999Z"`)
}
