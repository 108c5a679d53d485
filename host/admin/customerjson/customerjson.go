// Package customerjson reads whole customers as JSON: one object, an array of them, or one object after the other
// (NDJSON). A customer:
//
//	{"id": 7, "email": "ana@example.com", "password": "plain text, or null for none",
//	 "first_name": "Ana", "last_name": "Ruiz", "is_active": true, "is_staff": false, "is_superuser": false,
//	 "last_login": null, "date_joined": "2024-01-02T03:04:05.678901Z", "attributes": {"plan": "pro"},
//	 "permissions": ["customers.view_customer"], "groups": {"editors": ["customers.change_customer"]}}
//
// It must have email, and password or password_hash (as Django encodes it). id is an integer or a text, whichever the
// store has; without it the store gives one. groups has the permissions of each group, which is made where there is
// none; a list of names is of groups that are there.
//
// The one rule: what cannot be kept exactly as it stands is refused. An error names the e-mail address and quotes no
// other value, which may be a secret.
package customerjson

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/host/exactjson"
	"github.com/edgetoken/edgetoken/host/terminal"
	"github.com/edgetoken/edgetoken/store"
)

// Customer is a customer to be added. At most one of PasswordHash, Password and Unusable is set.
type Customer struct {
	store.NewCustomer
	Password *string // to be hashed
	Unusable bool    // "password": null
	// Unsaid are the members that a row of another system says nothing of.
	Unsaid []string
}

// sayable are the members of which Unsaid tells. An export leaves out attributes, and kept, where there are none.
var sayable = []string{
	"first_name", "last_name", "is_active", "is_staff", "is_superuser", "permissions", "groups",
}

// MaxErrors bounds how many wrong entries one error names.
const MaxErrors = 10

// ErrNone says that the input is empty.
var ErrNone = errors.New("there is no customer in it")

// Read reads customers. The error names the wrong entries, counted from 1, up to a bound.
func Read(r io.Reader) ([]Customer, error) {
	in := bufio.NewReader(r)
	first, err := FirstByte(in)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(in)
	if first == '[' {
		_, _ = d.Token()
	}
	var list []Customer
	var wrong []error
	wrongEntries := 0
	for n := 1; first != '[' || d.More(); n++ {
		var raw json.RawMessage
		err := d.Decode(&raw)
		if errors.Is(err, io.EOF) && first != '[' {
			break
		}
		if err != nil {
			return nil, errors.Join(append(wrong, fmt.Errorf("entry %d: %w", n, notJSON(err)))...)
		}
		c, _, faults := read(raw, false)
		for _, f := range faults {
			wrong = append(wrong, fmt.Errorf("%s: %w", Place(n, c), f))
		}
		if len(faults) > 0 {
			if wrongEntries++; wrongEntries == MaxErrors && d.More() {
				return nil, errors.Join(append(wrong, errors.New("further entries were not read"))...)
			}
		}
		list = append(list, c)
	}
	if first == '[' {
		if _, err := d.Token(); err != nil {
			return nil, errors.Join(append(wrong, fmt.Errorf("after entry %d: %w", len(list), notJSON(err)))...)
		}
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			wrong = append(wrong, errors.New("something follows the array: "+
				"keep one array, or one object after the other"))
		}
	}
	if len(list) == 0 && len(wrong) == 0 {
		return nil, errors.New("the array holds no customer")
	}
	return list, errors.Join(wrong...)
}

// notJSON says where a text stops being JSON. It quotes nothing, since passwords may stand anywhere in it.
func notJSON(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("is no JSON from byte %d of the text on", syntax.Offset)
	}
	return fmt.Errorf("is no JSON: %w", err)
}

// ReadOne reads one object and refuses what follows it.
func ReadOne(r io.Reader) (Customer, error) {
	var raw json.RawMessage
	d := json.NewDecoder(r)
	if err := d.Decode(&raw); err != nil {
		return Customer{}, fmt.Errorf("read call: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Customer{}, errors.New("read call: something follows the customer")
	}
	c, _, faults := read(raw, false)
	return c, errors.Join(faults...)
}

// ReadRow reads one object as it comes from another system or from an export, and gives all that is wrong with it.
// password_hash is kept whatever it is: nobody logs in with what is no hash. The object may also have the member kept,
// an object of what the other system says and nothing here can say.
func ReadRow(raw json.RawMessage) (c Customer, kept json.RawMessage, wrong []error) {
	return read(raw, true)
}

// FirstByte is the first byte that is not white space, which stays unread. A byte order mark is skipped.
func FirstByte(in *bufio.Reader) (byte, error) {
	if mark, err := in.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = in.Discard(3)
	}
	for {
		b, err := in.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return 0, ErrNone
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

// Place names an entry, counted from 1, by its e-mail address too where it has one: "entry 3 (ana@example.com)".
func Place(n int, c Customer) string {
	if c.Email == "" {
		return fmt.Sprintf("entry %d", n)
	}
	return fmt.Sprintf("entry %d (%s)", n, terminal.Printable(c.Email))
}

// read reads one object and gives all that is wrong with it. encoding/json alone would take a member in another case,
// and the last of two.
func read(raw json.RawMessage, row bool) (c Customer, kept json.RawMessage, wrong []error) {
	c = Customer{NewCustomer: store.NewCustomer{IsActive: true}}
	if !utf8.Valid(raw) {
		return c, nil, []error{errors.New("is not UTF-8")}
	}
	if len(raw) == 0 || raw[0] != '{' {
		return c, nil, []error{errors.New("is no JSON object")}
	}
	seen := make([]string, 0, 24) // of names that mean something, of which there are fewer
	for name, value := range exactjson.Members(raw) {
		readMember, known := members[name]
		switch {
		case row && name == "kept":
			readMember, known = func(_ *Customer, raw json.RawMessage) (err error) {
				kept, err = ReadKept(raw)
				return err
			}, true
		case row && name == "password_hash":
			readMember = (*Customer).ReadHash
		}
		switch {
		case readOnly[name] != "":
			wrong = append(wrong, fmt.Errorf("%s is for reading only: give %s", name, readOnly[name]))
		case !known:
			known := strings.Join(slices.Sorted(maps.Keys(members)), ", ")
			wrong = append(wrong, fmt.Errorf("a member is unknown: a customer has %s", known))
			if name != "model" && name != "fields" {
				continue
			}
		case slices.Contains(seen, name):
			wrong = append(wrong, fmt.Errorf("%s is there twice", name))
		default:
			err := readMember(&c, value)
			if err == nil { // only now: the error of Texts names members of the value, which may be secrets before
				err = exactjson.Texts(value)
			}
			if err != nil {
				wrong = append(wrong, fmt.Errorf("%s %w", name, err))
			}
		}
		if !slices.Contains(seen, name) {
			seen = append(seen, name)
		}
	}
	has := func(name string) bool { return slices.Contains(seen, name) }
	for _, name := range sayable {
		if row && !has(name) {
			c.Unsaid = append(c.Unsaid, name)
		}
	}
	if has("model") && has("fields") {
		return c, nil, []error{errors.New("is of dumpdata (model, pk, fields), which edgetoken customers import reads")}
	}
	if !has("email") {
		wrong = append(wrong, errors.New("email is missing"))
	}
	switch {
	case has("password") && has("password_hash"):
		wrong = append(wrong, errors.New("password and password_hash are both there: keep one"))
	case !has("password") && !has("password_hash") && !has(passwordKind):
		wrong = append(wrong, errors.New("password is missing: "+
			`give it, or password_hash, or "password": null for none`))
	}
	return c, kept, wrong
}
