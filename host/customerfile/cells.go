package customerfile

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/host/admin/customerjson"
	"github.com/edgetoken/edgetoken/host/exactjson"
)

var errNotUTF8 = errors.New("is not UTF-8")

// csvColumns are the columns of an export, in order. A file to import may also have password, in clear.
var csvColumns = []string{
	"id", "email", "password_hash", "first_name", "last_name", "is_active", "is_staff", "is_superuser", "last_login",
	"date_joined", "attributes", "permissions", "groups", "kept",
}

// readCell reads a value of one of csvColumns, or of password. An empty value says nothing.
func (c *csvRows) readCell(row *Row, column, cell string) (err error) {
	if cell == "" {
		if column == "email" {
			err = errors.New("is empty")
		}
		return err
	}
	switch column {
	case "id":
		if n, ok := customerjson.ParseInteger(cell); ok && !c.textIDs {
			row.ID = core.Integer(n)
		} else {
			row.ID = core.Text(cell)
		}
	case "email":
		row.Email = cell
		return customerjson.CheckEnds(cell)
	case "first_name":
		row.FirstName = cell
	case "last_name":
		row.LastName = cell
	case "password_hash":
		row.PasswordHash = cell
	case "password":
		return row.ReadPassword(python.AppendUnicodeJSON(nil, cell))
	case "is_active":
		row.IsActive, err = flagOf(cell)
	case "is_staff":
		row.IsStaff, err = flagOf(cell)
	case "is_superuser":
		row.IsSuperuser, err = flagOf(cell)
	case "last_login", "date_joined":
		return row.ReadMember(column, python.AppendUnicodeJSON(nil, rfc3339(cell)))
	default:
		return readJSON(row, column, json.RawMessage(cell))
	}
	return err
}

// readJSON reads a value that is JSON.
func readJSON(row *Row, column string, value json.RawMessage) (err error) {
	value = json.RawMessage(strings.TrimSpace(string(value)))
	if !json.Valid(value) {
		return exactjson.ErrNoJSON
	}
	if err := exactjson.Texts(value); err != nil {
		return err
	}
	if column == "kept" {
		row.Kept, err = customerjson.ReadKept(value)
		return err
	}
	return row.ReadMember(column, value)
}

func flagOf(cell string) (bool, error) {
	switch strings.ToLower(cell) {
	case "true", "t", "yes", "1":
		return true, nil
	case "false", "f", "no", "0":
		return false, nil
	}
	return false, errors.New("must be true or false, t or f, yes or no, 1 or 0")
}

// rfc3339 puts a time as data bases write it, 2024-01-02 03:04:05.678901+00 or +0000, into the format of RFC 3339.
// Other texts stay as they are.
func rfc3339(s string) string {
	const date = len("2006-01-02")
	if len(s) <= date {
		return s
	}
	if s[date] == ' ' {
		s = s[:date] + "T" + s[date+1:]
	}
	zone := strings.LastIndexAny(s, "+-")
	if digits := s[zone+1:]; zone > date && strings.Trim(digits, "0123456789") == "" {
		switch len(digits) {
		case 2:
			s += ":00"
		case 4:
			s = s[:zone+3] + ":" + s[zone+3:]
		}
	}
	return s
}
