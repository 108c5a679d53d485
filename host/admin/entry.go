package admin

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/host/exactjson"
	"github.com/edgetoken/edgetoken/store"
)

// entry is a customer to be added. Password is set where the text is still to be hashed.
type entry struct {
	store.NewCustomer
	password *string
	unusable bool // "password": null
}

// errorsShown bounds how many wrong entries one answer names.
const errorsShown = 10

// readEntries reads whole customers: one JSON object, an array of them, or one object after the other (NDJSON). A
// customer:
//
//	{"id": 7, "email": "ana@example.com", "password": "plain text, or null for none", "first_name": "Ana", "last_name": "Ruiz",
//	 "is_active": true, "is_staff": false, "is_superuser": false, "last_login": null, "date_joined": "2024-01-02T03:04:05.678901Z",
//	 "attributes": {"plan": "pro"}, "permissions": ["customers.view_customer"], "groups": {"editors": ["customers.change_customer"]}}
//
// email and one of password and password_hash (as Django encodes it) must be there; id is an integer or a text as the
// store has them. groups has the permissions of each group, which is made where there is none; a list of names is of
// groups that are there. The error names every wrong entry, counted from 1, up to a bound.
func readEntries(r io.Reader) ([]entry, error) {
	in := bufio.NewReader(r)
	first, err := FirstByte(in)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(in)
	if first == '[' {
		_, _ = d.Token()
	}
	var entries []entry
	var wrong []error
	wrongEntries := 0
	for n := 1; first != '[' || d.More(); n++ {
		var raw json.RawMessage
		err := d.Decode(&raw)
		if errors.Is(err, io.EOF) && first != '[' {
			break
		}
		if err != nil {
			return nil, errors.Join(append(wrong, fmt.Errorf("entry %d: %w", n, noJSON(err)))...)
		}
		e, faults := readEntry(raw)
		for _, f := range faults {
			wrong = append(wrong, fmt.Errorf("entry %d%s: %w", n, named(e), f))
		}
		if len(faults) > 0 {
			if wrongEntries++; wrongEntries == errorsShown && d.More() {
				return nil, errors.Join(append(wrong, errors.New("further entries were not read"))...)
			}
		}
		entries = append(entries, e)
	}
	if first == '[' {
		if _, err := d.Token(); err != nil {
			return nil, errors.Join(append(wrong, fmt.Errorf("after entry %d: %w", len(entries), noJSON(err)))...)
		}
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			wrong = append(wrong, errors.New("something follows the array: keep one array, or one object after the other"))
		}
	}
	if len(entries) == 0 && len(wrong) == 0 {
		return nil, errors.New("the array holds no customer")
	}
	return entries, errors.Join(wrong...)
}

// noJSON is what is wrong with a text that is no JSON. It quotes nothing of it, since passwords may stand anywhere in
// such a text.
func noJSON(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("is no JSON from byte %d of the text on", syntax.Offset)
	}
	return fmt.Errorf("is no JSON: %w", err)
}

// ErrNoCustomer says that nothing is there to be added.
var ErrNoCustomer = errors.New("there is no customer in it")

// readOne reads the one customer of a call that adds no more.
func readOne(r io.Reader) (entry, error) {
	var raw json.RawMessage
	d := json.NewDecoder(r)
	if err := d.Decode(&raw); err != nil {
		return entry{}, fmt.Errorf("read call: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return entry{}, errors.New("read call: something follows the customer")
	}
	e, faults := readEntry(raw)
	return e, errors.Join(faults...)
}

// FirstByte is the first byte that is no white space. A byte order mark is skipped.
func FirstByte(in *bufio.Reader) (byte, error) {
	if mark, err := in.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = in.Discard(3)
	}
	for {
		b, err := in.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return 0, ErrNoCustomer
		case err != nil:
			return 0, fmt.Errorf("read customers: %w", err)
		case b == ' ' || b == '\t' || b == '\r' || b == '\n':
			continue
		case b == '{' || b == '[':
			return b, in.UnreadByte()
		}
		return 0, errors.New("customers must be a JSON object, an array of objects, or one object after the other")
	}
}

// named is the e-mail address of an entry in parentheses, where it has one.
func named(e entry) string {
	if e.Email == "" {
		return ""
	}
	return " (" + Printable(e.Email) + ")"
}

// readEntry reads one object, strictly: encoding/json would take members in another case and the last of two. It
// gives all that is wrong with it.
func readEntry(raw json.RawMessage) (e entry, wrong []error) {
	e = entry{NewCustomer: store.NewCustomer{IsActive: true}}
	if !utf8.Valid(raw) {
		return e, []error{errors.New("is not UTF-8")}
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return e, []error{errors.New("is no JSON object")}
	}
	if isFixture(raw) {
		return e, []error{errors.New("is of dumpdata (model, pk, fields), which does not say all that is needed: " +
			"write customers with manage.py shell, as docs/operations.md shows under Customers from Django")}
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return e, []error{err}
		}
		name, _ := t.(string)
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return e, []error{err}
		}
		read, known := members[name]
		switch {
		case readOnly[name] != "":
			wrong = append(wrong, fmt.Errorf("%s is for reading only: give %s", name, readOnly[name]))
		case !known:
			wrong = append(wrong, fmt.Errorf("a member is unknown: a customer has %s", strings.Join(slices.Sorted(maps.Keys(members)), ", ")))
		case seen[name]:
			wrong = append(wrong, fmt.Errorf("%s is there twice", name))
		default:
			err := read(&e, value)
			if err == nil { // a value of another kind is not looked at: what it has of names may be a secret
				err = exactjson.Texts(value)
			}
			if err != nil {
				wrong = append(wrong, fmt.Errorf("%s %w", name, err))
			}
		}
		seen[name] = true
	}
	if !seen["email"] {
		wrong = append(wrong, errors.New("email is missing"))
	}
	switch {
	case seen["password"] && seen["password_hash"]:
		wrong = append(wrong, errors.New("password and password_hash are both there: keep one"))
	case !seen["password"] && !seen["password_hash"] && !seen[passwordKind]:
		wrong = append(wrong, errors.New("password is missing: give it, or password_hash, or \"password\": null for none"))
	}
	return e, wrong
}

// isFixture reports whether an object is one of Django's dumpdata.
func isFixture(raw json.RawMessage) bool {
	var f map[string]json.RawMessage
	return json.Unmarshal(raw, &f) == nil && f["model"] != nil && f["fields"] != nil
}

// Printable writes what a terminal might act on as an escape: names and tokens are other people's text.
func Printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
