package admin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/edgetoken/edgetoken/core"
)

// ID is a customer's id as the admin socket and --json have it: an integer as a number with all its digits, a
// text as a text, null for none. No other type stands for an id there: a float64, which encoding/json puts into an
// interface, holds integers up to 2^53 only.
//
//	9007199254740993    "550e8400-e29b-41d4-a716-446655440000"    null
type ID core.CustomerID

func (id ID) MarshalJSON() ([]byte, error) {
	switch id.Kind {
	case core.IntegerID:
		return strconv.AppendInt(nil, id.Int, 10), nil
	case core.TextID:
		return encodeJSON(id.Text)
	}
	return []byte("null"), nil
}

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
		n, ok := integerID(string(b))
		if !ok {
			return fmt.Errorf("%s is no id of a customer: an integer from -2^63 to 2^63-1, or a text", b)
		}
		*id = ID(core.Integer(n))
	}
	return nil
}

// String is the id as commands take it.
func (id ID) String() string { return core.CustomerID(id).String() }

func (id ID) IsZero() bool { return core.CustomerID(id).IsZero() }

// integerID reads an integer as it is shown. Another spelling of it, 007 or +7, may be somebody's e-mail address.
func integerID(text string) (n int64, ok bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == text
}

// encodeJSON is a value as JSON whose texts stand as they are, < and & too: what is shown of attributes is what was
// stored.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
