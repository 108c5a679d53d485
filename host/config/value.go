package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// kind is the kind of a value as its source wrote it.
type kind uint8

const (
	null kind = iota
	boolean
	number
	text
	list
	mapping
	foreign // an anchor, an alias, a tag: nothing that is needed here
)

// value is one value of one source, not yet understood.
type value struct {
	key    string
	origin Origin
	kind   kind
	text   string  // as written, of null, boolean, number and text
	items  []value // of a list; of a mapping, each with its name as key
	cut    bool    // a plain text that a comment follows on its line
	broken bool    // a text that takes several lines of the file
	// loose: the source knows texts only (environment, flags), so that a text may stand for a number, a boolean, null
	// or a list.
	loose bool
}

// String shows a value in messages, in quotes; callers keep secrets away from it. A message with a value begins with
// it, so that hidden can cut it off.
func (v value) String() string {
	switch v.kind {
	case boolean, number, text:
		return strconv.Quote(v.text)
	}
	return v.what()
}

// what says what kind of value this is; of a source that knows texts only, the text.
func (v value) what() string {
	switch v.kind {
	case null:
		return "null"
	case boolean:
		return "a boolean"
	case number:
		return "a number"
	case list:
		return "a list"
	case mapping:
		return "a block of keys"
	case foreign:
		return "an anchor, alias or tag"
	}
	if v.loose {
		return strconv.Quote(v.text)
	}
	return "a text"
}

// hidden cuts the quoted value off the beginning of a message. Messages about the configuration file are shown like
// this, since a text at a wrong place there may be part of a secret.
func hidden(message string) string {
	quoted, err := strconv.QuotedPrefix(message)
	if err != nil || quoted == `"*"` || quoted == `"null"` {
		return message
	}
	return strings.TrimLeft(message[len(quoted):], " :")
}

// hides reports whether values of this origin are kept out of messages.
func (o Origin) hides() bool { return o.File != "" }

var errNull = errors.New("is null: give a value, or leave the key out for the default")

func readBool(v value) (bool, error) {
	if v.kind == boolean || v.loose {
		switch strings.ToLower(v.text) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
	}
	if v.kind == null {
		return false, errNull
	}
	return false, fmt.Errorf("%v is neither true nor false", v)
}

// readInt reads a whole decimal number between low and high.
func readInt(low, high int) func(value) (int, error) {
	return func(v value) (int, error) {
		if v.kind == null {
			return 0, errNull
		}
		n, err := strconv.Atoi(v.text)
		if v.kind != number && !v.loose || err != nil || strconv.Itoa(n) != v.text {
			return 0, fmt.Errorf("%v is no whole number", v)
		}
		if n < low || n > high {
			return 0, fmt.Errorf("%v is not between %d and %d", v, low, high)
		}
		return n, nil
	}
}

func readText(v value) (string, error) {
	switch v.kind {
	case text:
		if v.broken {
			return "", errors.New("takes several lines: give it on one line")
		}
		return v.text, nil
	case null:
		return "", errNull
	case boolean, number:
		return "", fmt.Errorf("%v is no text: put it in quotes", v)
	}
	return "", fmt.Errorf("must be text, not %s", v.what())
}

// readFull reads a text that must not be empty.
func readFull(v value) (string, error) {
	s, err := readText(v)
	if err == nil && s == "" {
		err = errors.New("is empty: give a value, or leave the key out for the default")
	}
	return s, err
}

// readOptional reads a text or null, which is simplejwt's None: nil.
func readOptional(v value) (*string, error) {
	if v.kind == null || v.loose && v.text == "null" {
		return nil, nil
	}
	s, err := readText(v)
	return &s, err
}

// readName reads the name of a claim, or null, which is simplejwt's None: "".
func readName(v value) (string, error) {
	s, err := readOptional(v)
	if s == nil || err != nil {
		return "", err
	}
	if *s == "" {
		return "", errors.New("is empty: give a name, or null for none")
	}
	return *s, nil
}

// readOneOf reads one of the given texts as a T.
func readOneOf[T any](choices map[string]T, listed string) func(value) (T, error) {
	return func(v value) (T, error) {
		s, err := readText(v)
		if err != nil {
			var zero T
			return zero, fmt.Errorf("%w (use %s)", err, listed)
		}
		t, ok := choices[s]
		if !ok {
			return t, fmt.Errorf("%q is unknown: use %s", s, listed)
		}
		return t, nil
	}
}

// readTexts reads a list of texts, or one text for a list of one.
func readTexts(v value) ([]string, error) {
	v = v.unpacked(true)
	switch v.kind {
	case text:
		s, err := readText(v)
		return []string{s}, err
	case list:
		texts := make([]string, 0, len(v.items))
		for i, item := range v.items {
			s, err := readText(item)
			if err != nil {
				return nil, fmt.Errorf("item %d: %s", i+1, hidden(err.Error()))
			}
			texts = append(texts, s)
		}
		return texts, nil
	case null:
		return nil, errNull
	}
	return nil, fmt.Errorf("must be a list of texts, not %s", v.what())
}

// unpacked gives a loose text that holds a list as that list: [a, "b"] as in the file, or where commas are allowed a,b.
func (v value) unpacked(commas bool) value {
	if !v.loose || v.kind != text {
		return v
	}
	if strings.HasPrefix(v.text, "[") {
		if items, err := parseFlow(v.text); err == nil {
			return value{key: v.key, origin: v.origin, kind: list, items: items}
		}
		return v
	}
	if !commas || !strings.Contains(v.text, ",") {
		return v
	}
	var items []value
	for part := range strings.SplitSeq(v.text, ",") {
		items = append(items, value{kind: text, text: strings.TrimSpace(part)})
	}
	return value{key: v.key, origin: v.origin, kind: list, items: items}
}
