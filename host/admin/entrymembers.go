package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/host/exactjson"
	"github.com/edgetoken/edgetoken/store/password"
)

// passwordKind is the member of a Customer that says how the password is kept. It is none of an entry's, so that
// no word of it becomes a password.
const passwordKind = "password_kind"

// readOnly are the members of a Customer that are none of an entry's, and what takes their place.
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
		n, ok := integerID(string(raw))
		if !ok {
			return errors.New("must be an integer from -2^63 to 2^63-1, written in digits alone, or a text; leave it out for the next one")
		}
		e.ID = core.Integer(n)
		return nil
	},
	"email": func(e *entry, raw json.RawMessage) error {
		if err := readString(raw, &e.Email); err != nil {
			return err
		}
		return CheckEnds(e.Email)
	},
	"first_name":   func(e *entry, raw json.RawMessage) error { return readString(raw, &e.FirstName) },
	"last_name":    func(e *entry, raw json.RawMessage) error { return readString(raw, &e.LastName) },
	"is_active":    func(e *entry, raw json.RawMessage) error { return readFlag(raw, &e.IsActive) },
	"is_staff":     func(e *entry, raw json.RawMessage) error { return readFlag(raw, &e.IsStaff) },
	"is_superuser": func(e *entry, raw json.RawMessage) error { return readFlag(raw, &e.IsSuperuser) },
	"last_login": func(e *entry, raw json.RawMessage) (err error) {
		if string(raw) != "null" {
			e.LastLogin, err = readTime(raw, "null for none")
		}
		return err
	},
	"date_joined": func(e *entry, raw json.RawMessage) (err error) {
		e.DateJoined, err = readTime(raw, "leave it out for the time of the import")
		return err
	},
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
		return CheckPassword(s)
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
		return CheckAttributes(raw)
	},
}

// CheckAttributes refuses an object that no token could hold as a claim, on which a log-in would fail. What is no
// object the store refuses.
func CheckAttributes(raw json.RawMessage) error {
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	if err := exactjson.Claims(raw); err != nil {
		return fmt.Errorf("cannot stand in tokens: %w", err)
	}
	return nil
}

// CheckEnds refuses a text that no log-in could give: its e-mail address and password lose white space at both ends,
// as Django's do.
func CheckEnds(s string) error {
	if python.Strip(s) != s {
		return errors.New("has white space at an end, which log-in cuts off")
	}
	return nil
}

// CheckPassword refuses a password that could never be used.
func CheckPassword(s string) error {
	switch {
	case !utf8.ValidString(s):
		return errors.New("is not UTF-8, so that no log-in could give it")
	case strings.ContainsRune(s, 0):
		return errors.New("has a null character, which log-in refuses")
	case python.Strip(s) == "":
		return errors.New("is blank, which log-in refuses")
	}
	return CheckEnds(s)
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
	if strings.ContainsFunc(hash, unicode.IsControl) || strings.TrimSpace(hash) != hash {
		return errors.New("has a control character, or white space at an end, which no hash has")
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

// readTime reads a time of RFC 3339, with a zone, and refuses what would not come back as it was given. absent says
// what to do where there is none.
func readTime(raw json.RawMessage, absent string) (t time.Time, err error) {
	var s string
	if raw[0] != '"' || json.Unmarshal(raw, &s) != nil || !rfc3339.MatchString(s) {
		return time.Time{}, errors.New("must be a time such as 2024-01-02T03:04:05.678901Z, or " + absent)
	}
	if _, fraction, found := strings.Cut(s, "."); found {
		digits := strings.TrimRight(fraction[:strings.IndexAny(fraction, "Z+-")], "0")
		if len(digits) > microDigits {
			return time.Time{}, errors.New("is finer than a microsecond, which is not kept: write six digits of a second at most")
		}
	}
	if t, err = time.Parse(time.RFC3339Nano, s); err != nil {
		return time.Time{}, errors.New("is on no calendar or clock: give a time such as 2024-01-02T03:04:05.678901Z, or " + absent)
	}
	if t.IsZero() {
		return time.Time{}, errors.New("is the first moment of the year 1, which programs write where there is no time: give a time, or " + absent)
	}
	if t = t.UTC(); t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, errors.New("is not within the years 1 to 9999 in UTC: give a time that is, or " + absent)
	}
	return t, nil
}

// rfc3339 is the form of a time. time.Parse takes more: an hour of one digit, a comma, a zone of 99 hours.
var rfc3339 = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// microDigits are the digits of a second that the store keeps.
const microDigits = 6
