package claimmap

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/store"
)

// MaxMembers bounds Members.
const MaxMembers = 64

// MaxBytes bounds the members of one customer, in bytes of JSON: about what fits into a token in a header line of 8
// KiB, the limit of common servers.
const MaxBytes = 6 << 10

// ErrTooLarge says that the members of a customer are larger than MaxBytes.
var ErrTooLarge = fmt.Errorf("the configured members have more than %d bytes", MaxBytes)

// Member is a field and the name under which it is shown.
type Member struct {
	Name  string
	Field Field
}

// Members are shown of a customer in this order. Nil: nothing is.
type Members []Member

// Validate names every name that is empty, too long, not UTF-8, repeated or reserved.
func (m Members) Validate(reserved func(name string) bool) []error {
	var errs []error
	if len(m) > MaxMembers {
		errs = append(errs, fmt.Errorf("there are %d, the most is %d", len(m), MaxMembers))
	}
	seen := map[string]bool{}
	for _, member := range m {
		if err := CheckName(member.Name, reserved); err != nil {
			errs = append(errs, err)
		} else if seen[member.Name] {
			errs = append(errs, fmt.Errorf("%q is there twice", member.Name))
		}
		seen[member.Name] = true
	}
	return errs
}

// CheckName says what is wrong with the name of one member.
func CheckName(name string, reserved func(name string) bool) error {
	switch {
	case name == "" || len(name) > maxName || !utf8.ValidString(name):
		return fmt.Errorf("%q is no name: a name has 1 to %d bytes of UTF-8", name, maxName)
	case reserved(name):
		return fmt.Errorf("%q is reserved: choose another name", name)
	}
	return nil
}

// MarshalJSON writes the members as they are configured, in their order: {"plan":"attributes.plan"}.
func (m Members) MarshalJSON() ([]byte, error) {
	return m.object(func(f Field) any { return f.String() }, math.MaxInt)
}

// NeedsRights reports whether customers must have been loaded with store.Query.Rights.
func (m Members) NeedsRights() bool {
	return slices.ContainsFunc(m, func(member Member) bool { return member.Field.NeedsRights() })
}

// JSON is the object with these members of a customer; nil if there are no members. The error is ErrTooLarge beyond
// MaxBytes. A field that the customer does not have is null. Attributes keep their bytes, so numbers stay exact.
func (m Members) JSON(c store.Customer) ([]byte, error) {
	if len(m) == 0 {
		return nil, nil
	}
	var own attributesOf
	if len(c.Attributes) > 0 {
		if err := json.Unmarshal(c.Attributes, &own.top); err != nil {
			return nil, fmt.Errorf("attributes: %w", err)
		}
	}
	return m.object(func(f Field) any { return f.value(&c, own) }, MaxBytes)
}

// object is the object with a value for each field; ErrTooLarge from a length on, in bytes.
func (m Members) object(value func(Field) any, tooLarge int) ([]byte, error) {
	out := []byte{'{'}
	for i, member := range m {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := encode(member.Name)
		if err != nil {
			return nil, err
		}
		shown, err := encode(value(member.Field))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", member.Field, err)
		}
		if out = append(append(append(out, name...), ':'), shown...); len(out) >= tooLarge {
			return nil, ErrTooLarge
		}
	}
	return append(out, '}'), nil
}

// encode writes a value as JSON. It leaves < and & as they are, since the JSON goes into no page.
func encode(v any) ([]byte, error) {
	if raw, ok := v.(json.RawMessage); ok {
		return raw, nil
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}
