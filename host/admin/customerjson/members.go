package customerjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/exactjson"
)

// passwordKind says how a password is kept where customers are shown. No word of it must become a password.
const passwordKind = "password_kind"

// readOnly are the members that only a customer that is shown has, and what to give in their place.
var readOnly = map[string]string{passwordKind: "password or password_hash",
	"password_problem": "password or password_hash", "rights": "permissions and groups"}

// members read a customer, by name.
var members = map[string]func(*Customer, json.RawMessage) error{
	"id": func(c *Customer, raw json.RawMessage) error {
		if raw[0] == '"' {
			var s string
			err := json.Unmarshal(raw, &s)
			c.ID = core.Text(s)
			return err
		}
		n, ok := ParseInteger(string(raw))
		if !ok {
			return errors.New("must be an integer from -2^63 to 2^63-1, written in digits alone, or a text; " +
				"leave it out for the next one")
		}
		c.ID = core.Integer(n)
		return nil
	},
	"email": func(c *Customer, raw json.RawMessage) error {
		if err := readString(raw, &c.Email); err != nil {
			return err
		}
		return CheckEnds(c.Email)
	},
	"first_name":   func(c *Customer, raw json.RawMessage) error { return readString(raw, &c.FirstName) },
	"last_name":    func(c *Customer, raw json.RawMessage) error { return readString(raw, &c.LastName) },
	"is_active":    func(c *Customer, raw json.RawMessage) error { return readFlag(raw, &c.IsActive) },
	"is_staff":     func(c *Customer, raw json.RawMessage) error { return readFlag(raw, &c.IsStaff) },
	"is_superuser": func(c *Customer, raw json.RawMessage) error { return readFlag(raw, &c.IsSuperuser) },
	"last_login": func(c *Customer, raw json.RawMessage) (err error) {
		if string(raw) != "null" {
			c.LastLogin, err = readTime(raw, "null for none")
		}
		return err
	},
	"date_joined": func(c *Customer, raw json.RawMessage) (err error) {
		c.DateJoined, err = readTime(raw, "leave it out for the time of the import")
		return err
	},
	"password": (*Customer).ReadPassword,
	"password_hash": func(c *Customer, raw json.RawMessage) error {
		if err := readString(raw, &c.PasswordHash); err != nil {
			return err
		}
		return checkHash(c.PasswordHash)
	},
	"permissions": func(c *Customer, raw json.RawMessage) error { return readTexts(raw, &c.Permissions) },
	"groups":      func(c *Customer, raw json.RawMessage) error { return readGroups(raw, &c.Groups) },
	"attributes": func(c *Customer, raw json.RawMessage) error {
		if string(raw) != "null" {
			c.Attributes = slices.Clone(raw)
		}
		return CheckAttributes(raw)
	},
}

// ReadMember reads the member of that name, whose value is JSON in UTF-8. The error does not name it.
func (c *Customer) ReadMember(name string, value json.RawMessage) error {
	return members[name](c, value)
}

// ReadHash reads an encoded password as another system has it, which may be no hash: then nobody logs in with it.
func (c *Customer) ReadHash(raw json.RawMessage) error { return readString(raw, &c.PasswordHash) }

// ReadKept reads what another system says and nothing here can say.
func ReadKept(raw json.RawMessage) (json.RawMessage, error) {
	if raw[0] != '{' {
		return nil, errors.New("must be an object")
	}
	return slices.Clone(raw), CheckAttributes(raw)
}

func readString(raw json.RawMessage, s *string) error {
	switch {
	case raw[0] != '"':
	case bytes.IndexByte(raw, '\\') < 0: // as most stand; raw is UTF-8, of which json.Unmarshal would replace nothing
		*s = string(raw[1 : len(raw)-1])
		return nil
	case json.Unmarshal(raw, s) == nil:
		return nil
	}
	return errors.New("must be a text")
}

// readTexts reads a list of texts; null is none.
func readTexts(raw json.RawMessage, list *[]string) error {
	if string(raw) == "[]" {
		return nil
	}
	var texts []*string
	if json.Unmarshal(raw, &texts) != nil || slices.Contains(texts, nil) {
		return errors.New("must be a list of texts")
	}
	for _, s := range texts {
		*list = append(*list, *s)
	}
	return nil
}

// readGroups reads an object of groups with the permissions of each, or a list of names; null is none.
func readGroups(raw json.RawMessage, groups *map[string][]string) error {
	wrong := errors.New(`must be groups with the permissions of each, {"editors": ["customers.change_customer"]}, ` +
		"or a list of names of groups that are there")
	*groups = map[string][]string{}
	if raw[0] != '{' {
		var names []string
		if readTexts(raw, &names) != nil {
			return wrong
		}
		for _, name := range names {
			(*groups)[name] = nil
		}
		return nil
	}
	for name, value := range exactjson.Members(raw) {
		if _, twice := (*groups)[name]; twice {
			return errors.New("have one name twice")
		}
		permissions := []string{}
		if value[0] != '[' || readTexts(value, &permissions) != nil {
			return wrong
		}
		(*groups)[name] = permissions
	}
	return nil
}

func readFlag(raw json.RawMessage, b *bool) error {
	switch string(raw) {
	case "true":
		*b = true
	case "false":
		*b = false
	default:
		return errors.New("must be true or false")
	}
	return nil
}

// ReadPassword reads the member password: a text, or null for none.
func (c *Customer) ReadPassword(raw json.RawMessage) error {
	if string(raw) == "null" {
		c.Unusable = true
		return nil
	}
	var s string
	c.Password = &s
	if err := readString(raw, &s); err != nil || s == "" {
		return errors.New("must be a text that is not empty, or null for none")
	}
	if looksLikeHash(s) {
		return errors.New("looks like a hash: give it as password_hash")
	}
	return CheckPassword(s)
}

// ParseInteger reads an integer as it is shown. Another spelling, such as 007 or +7, may be somebody's e-mail address.
func ParseInteger(text string) (n int64, ok bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == text
}
