package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/store/password"
)

// passwordKind is the member of a customerView that says how the password is kept. It is none of an entry's, so that no word of it becomes a password.
const passwordKind = "password_kind"

// readOnly are the members of a customerView that are none of an entry's, and what takes their place.
var readOnly = map[string]string{passwordKind: "password or password_hash", "rights": "permissions and groups"}

// members are the members of an entry.
var members = map[string]func(*entry, json.RawMessage) error{
	"id": func(e *entry, raw json.RawMessage) error {
		if raw[0] == '"' {
			var s string
			err := json.Unmarshal(raw, &s)
			e.ID = core.Text(s)
			return err
		}
		n, err := strconv.ParseInt(string(raw), 10, 64)
		if err != nil {
			return errors.New("must be an integer or a text; leave it out for the next one")
		}
		e.ID = core.Integer(n)
		return nil
	},
	"email": func(e *entry, raw json.RawMessage) error {
		if err := readString(raw, &e.Email); err != nil {
			return err
		}
		return checkEnds(e.Email)
	},
	"first_name":   func(e *entry, raw json.RawMessage) error { return readString(raw, &e.FirstName) },
	"last_name":    func(e *entry, raw json.RawMessage) error { return readString(raw, &e.LastName) },
	"is_active":    func(e *entry, raw json.RawMessage) error { return readFlag(raw, &e.IsActive) },
	"is_staff":     func(e *entry, raw json.RawMessage) error { return readFlag(raw, &e.IsStaff) },
	"is_superuser": func(e *entry, raw json.RawMessage) error { return readFlag(raw, &e.IsSuperuser) },
	"last_login":   func(e *entry, raw json.RawMessage) error { return readTime(raw, &e.LastLogin) },
	"date_joined":  func(e *entry, raw json.RawMessage) error { return readTime(raw, &e.DateJoined) },
	"password": func(e *entry, raw json.RawMessage) error {
		if string(raw) == "null" {
			e.unusable = true
			return nil
		}
		var s string
		e.password = &s
		if err := readString(raw, &s); err != nil || s == "" {
			return errors.New("must be a text that is not empty, or null for none")
		}
		if looksLikeHash(s) {
			return errors.New("looks like a hash: give it as password_hash")
		}
		return checkPassword(s)
	},
	"password_hash": func(e *entry, raw json.RawMessage) error {
		if err := readString(raw, &e.PasswordHash); err != nil {
			return err
		}
		return checkHash(e.PasswordHash)
	},
	"permissions": func(e *entry, raw json.RawMessage) error { return readTexts(raw, &e.Permissions) },
	"groups":      func(e *entry, raw json.RawMessage) error { return readGroups(raw, &e.Groups) },
	"attributes": func(e *entry, raw json.RawMessage) error {
		if string(raw) != "null" {
			e.Attributes = slices.Clone(raw)
		}
		return nil
	},
}

// checkEnds refuses a text that no log-in could give: its e-mail address and password lose white space at both ends, as Django's do.
func checkEnds(s string) error {
	if python.Strip(s) != s {
		return errors.New("has white space at an end, which log-in cuts off")
	}
	return nil
}

// checkPassword refuses a password that could never be used.
func checkPassword(s string) error {
	if python.Strip(s) == "" {
		return errors.New("is blank, which log-in refuses")
	}
	return checkEnds(s)
}

// looksLikeHash reports whether a password is a hash as Django encodes it, which nobody logs in with.
func looksLikeHash(s string) bool {
	algorithm, rest, _ := strings.Cut(s, "$")
	return slices.Contains(djangoFormats, algorithm) && strings.Contains(rest, "$")
}

// checkHash refuses what is in none of Django's forms, such as a password in clear. It is not quoted.
func checkHash(hash string) error {
	if hash == "" {
		return errors.New(`is empty: leave it out and give "password": null for none`)
	}
	algorithm, rest, _ := strings.Cut(hash, "$")
	if password.IsUsable(hash) && (algorithm == "" || rest == "" || strings.Trim(algorithm, "abcdefghijklmnopqrstuvwxyz0123456789_") != "") {
		return errors.New("must be as Django encodes it, algorithm$…, or begin with ! for none; a password in clear belongs into password")
	}
	return nil
}

func readString(raw json.RawMessage, s *string) error {
	if raw[0] != '"' || json.Unmarshal(raw, s) != nil {
		return errors.New("must be a text")
	}
	return nil
}

// readTexts reads a list of texts; null is none.
func readTexts(raw json.RawMessage, list *[]string) error {
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
	wrong := errors.New(`must be groups with the permissions of each, {"editors": ["customers.change_customer"]}, or a list of names of groups that are there`)
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
	d := json.NewDecoder(bytes.NewReader(raw))
	_, _ = d.Token()
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return wrong
		}
		name, _ := t.(string)
		if _, twice := (*groups)[name]; twice {
			return errors.New("have one name twice")
		}
		var value json.RawMessage
		permissions := []string{}
		if d.Decode(&value) != nil || value[0] != '[' || readTexts(value, &permissions) != nil {
			return wrong
		}
		(*groups)[name] = permissions
	}
	return nil
}

func readFlag(raw json.RawMessage, b *bool) error {
	if string(raw) == "null" || json.Unmarshal(raw, b) != nil {
		return errors.New("must be true or false")
	}
	return nil
}

// readTime reads a time of RFC 3339, with a zone; null is none.
func readTime(raw json.RawMessage, t *time.Time) error {
	var s *string
	if err := json.Unmarshal(raw, &s); err == nil && s == nil {
		return nil
	} else if err == nil {
		if *t, err = time.Parse(time.RFC3339Nano, *s); err == nil {
			return nil
		}
	}
	return errors.New("must be a time such as 2024-01-02T03:04:05.678901Z, or null for none")
}
