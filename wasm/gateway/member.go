package gateway

import (
	"errors"
	"strconv"

	"github.com/edgetoken/edgetoken/core/strictjson"
)

// member is a value in a configuration, as it is written, and its place for errors: rules[2].path.
type member struct {
	value []byte
	place string
}

// members visits the members of an object until visit fails.
func (m member) members(visit func(name string, m member) error) (err error) {
	whole := strictjson.Members(m.value, func(name string, value []byte) {
		at := name
		if m.place != "" {
			at = m.place + "." + name
		}
		if err == nil {
			err = visit(name, member{value, at})
		}
	})
	switch {
	case whole:
		return err
	case m.place != "":
		return m.wrong("must be an object")
	}
	return errors.New("the configuration is no strict JSON object (RFC 8259) of less than 64 KiB, or has a name twice")
}

// elements visits the elements of a list until visit fails.
func (m member) elements(visit func(m member) error) error {
	i := -1
	err := strictjson.Elements(m.value, func(element []byte) error {
		i++
		return visit(member{element, m.place + "[" + strconv.Itoa(i) + "]"})
	})
	if errors.Is(err, strictjson.ErrNotArray) {
		return m.wrong("must be a list")
	}
	return err
}

func (m member) wrong(why string) error { return errors.New(m.place + ": " + why) }

func (m member) text() (string, error) {
	text, ok := strictjson.TextOf(m.value)
	if !ok || text == "" {
		return "", m.wrong("must be a text that is not empty")
	}
	return text, nil
}

// token is a text that can name a header, a cookie or a scheme.
func (m member) token() (string, error) {
	text, err := m.text()
	if err == nil && !isToken(text) {
		err = m.wrong("must be a name of letters, digits and -")
	}
	return text, err
}

func (m member) texts() (texts []string, err error) {
	err = m.elements(func(m member) error {
		text, err := m.text()
		texts = append(texts, text)
		return err
	})
	return texts, err
}

// tokens are several of token, at least one.
func (m member) tokens() (tokens []string, err error) {
	err = m.elements(func(m member) error {
		token, err := m.token()
		tokens = append(tokens, token)
		return err
	})
	if err == nil && len(tokens) == 0 {
		err = m.wrong("must not be empty")
	}
	return tokens, err
}

// seconds is a whole number within bounds, which may stand as a text.
func (m member) seconds(least, most int64) (int64, error) {
	n, ok := strictjson.WholeOf(m.value)
	if text, isText := strictjson.TextOf(m.value); isText {
		n, ok = strictjson.WholeOf([]byte(text))
	}
	if !ok || n < least || n > most {
		return 0, m.wrong("must be a whole number of seconds from " + strconv.FormatInt(least, 10) + " to " +
			strconv.FormatInt(most, 10))
	}
	return n, nil
}
