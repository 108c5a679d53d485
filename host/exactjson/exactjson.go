// Package exactjson refuses JSON that encoding/json takes and changes: half of a surrogate pair becomes U+FFFD, of
// two members with one name the last counts, a name in another case is taken for the right one, and what follows the
// value is left unread.
//
// Texts looks for what becomes other text, Exact for repeated names too, Claims for all that the claims of a token
// cannot hold, and Unmarshal reads a call. Members gives the members of an object one by one. Each error names the
// place, by names of members alone, and quotes no text. Values are JSON in one piece that encoding/json takes; Texts
// and Claims say nothing of other ones.
package exactjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// What can be wrong with a text or a name. Neither is quoted: it may be a secret.
var (
	errNotUTF8 = errors.New("is not UTF-8")
	errHalf    = errors.New("has half of a surrogate pair, an escape from \\ud800 to \\udfff that stands alone")
	errTwice   = errors.New("is there twice")
)

// Texts refuses a value with a text that is no Unicode: bytes that are not UTF-8, or half of a surrogate pair.
//
//	{"a": ["\ud83d"]}    at a[0] has half of a surrogate pair, …
func Texts(raw []byte) error {
	if !utf8.Valid(raw) {
		return errNotUTF8
	}
	if !hasHalf(raw) {
		return nil
	}
	return walk(raw, func(p place) error {
		if hasHalf(p.token) {
			return p.fault(errHalf)
		}
		return nil
	})
}

// ErrNoJSON says that a text is no JSON.
var ErrNoJSON = errors.New("is no JSON")

// Exact refuses an object that readers could take differently: one with a text that is no Unicode, or with a name that
// is there twice, at any depth. What is no JSON it refuses with ErrNoJSON.
func Exact(raw []byte) error {
	if isStrict(raw) {
		return nil
	}
	if !json.Valid(raw) {
		return ErrNoJSON
	}
	if err := Texts(raw); err != nil {
		return err
	}
	return walk(raw, noneTwice)
}

func noneTwice(p place) error {
	if p.twice {
		return p.fault(errTwice)
	}
	return nil
}

// Claims refuses an object that the claims of a token could not hold (package core/strictjson).
func Claims(raw []byte) error {
	if isStrict(raw) {
		return nil
	}
	if !utf8.Valid(raw) {
		return errNotUTF8
	}
	names := 0
	err := walk(raw, func(p place) error {
		switch {
		case hasHalf(p.token):
			return p.fault(errHalf)
		case p.twice:
			return p.fault(errTwice)
		case p.name:
			if names++; names > strictjson.MaxNames {
				return fmt.Errorf("has more than %d names of members in all", strictjson.MaxNames)
			}
		case p.depth > strictjson.MaxDepth:
			return p.fault(fmt.Errorf("nests deeper than %d levels", strictjson.MaxDepth))
		case p.token[0] == '-' || p.token[0]-'0' < 10:
			digits := len(bytes.TrimPrefix(p.token, []byte("-")))
			if digits > python.MaxDigits && !bytes.ContainsAny(p.token, ".eE") {
				return p.fault(fmt.Errorf("is a number of %d digits, and %d are the most", digits, python.MaxDigits))
			}
		}
		return nil
	})
	if err == nil && len(raw) <= strictjson.MaxBytes && !strictjson.Valid(raw) {
		err = errors.New("no token can hold it")
	}
	return err
}

// Unmarshal reads an object into a struct, all of whose members have a name in their json tag, and refuses every
// other name, another case of one included, a name that is there twice, and what follows the object.
func Unmarshal(raw []byte, v any) error {
	if err := Texts(raw); err != nil {
		return err
	}
	var members map[string]json.RawMessage
	d := json.NewDecoder(bytes.NewReader(raw))
	if err := d.Decode(&members); err != nil {
		return fmt.Errorf("is no JSON object: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON object")
	}
	known := tags(reflect.TypeOf(v).Elem())
	for name := range members {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%q is unknown: there are %s", name, strings.Join(known, ", "))
		}
	}
	if err := walk(raw, noneTwice); err != nil {
		return err
	}
	return json.Unmarshal(raw, v)
}

// tags are the names of a struct's members.
func tags(t reflect.Type) (names []string) {
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// hasHalf reports whether half of a surrogate pair stands alone in JSON.
func hasHalf(raw []byte) bool {
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 || i+1 >= len(raw) {
			return false
		}
		if raw = raw[i:]; raw[1] != 'u' {
			raw = raw[2:]
			continue
		}
		_, size := strictjson.UnicodeEscape(raw)
		if size == 0 {
			return true
		}
		raw = raw[size:]
	}
}
