package admin

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admin/customerjson"
)

// ID is the id of a customer on the wire: an integer as a number with all its digits, a text as a text, null for none.
// No other type stands for one: encoding/json puts a number into an interface as a float64, which holds integers up to
// 2^53 only.
//
//	9007199254740993    "550e8400-e29b-41d4-a716-446655440000"    null
type ID core.CustomerID

// MarshalJSON implements json.Marshaler.
func (id ID) MarshalJSON() ([]byte, error) {
	switch id.Kind {
	case core.IntegerID:
		return strconv.AppendInt(nil, id.Int, 10), nil
	case core.TextID:
		return encodeJSON(id.Text)
	}
	return []byte("null"), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (id *ID) UnmarshalJSON(b []byte) error {
	switch {
	case string(b) == "null":
		*id = ID{}
	case b[0] == '"':
		var text string
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
		*id = ID(core.Text(text))
	default:
		n, ok := customerjson.ParseInteger(string(b))
		if !ok {
			return fmt.Errorf("%s is no id of a customer: an integer from -2^63 to 2^63-1, or a text", b)
		}
		*id = ID(core.Integer(n))
	}
	return nil
}

// String is the id as commands take it.
func (id ID) String() string { return core.CustomerID(id).String() }

// IsZero reports whether there is no id.
func (id ID) IsZero() bool { return core.CustomerID(id).IsZero() }
