package gateway

import (
	"errors"
	"strconv"
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// Source says where the trust bundle comes from.
type Source struct {
	File    string // a path in the guest's file system; "": none
	URL     string // of the node's bundle; "": none
	Cluster string // the gateway's name for the hosts that serve URL
	Poll    int64  // every how many seconds to look
}

// field is a header that tells who asks.
type field struct {
	name  string
	claim string
}

// config is what a configuration says besides the policy.
type config struct {
	policy   []byte
	rules    []rule // the longest path first
	fields   []field
	cookie   string
	origins  []string
	realm    string
	header   string // that carries the token, in lower case
	source   Source
	settings core.Settings // AUTH_HEADER_TYPES, and of the trust what answers depend on
}

// defaultPoll is Source.Poll unless the configuration says otherwise.
const defaultPoll = 10

func readConfig(text []byte) (*config, error) {
	c := &config{
		fields: []field{{"X-User-Id", "user_id"}}, realm: "api", header: "authorization",
		settings: core.DefaultSettings(),
	}
	err := members(text, "the configuration", func(name string, m member) (err error) {
		switch name {
		case "policy":
			c.policy, err = m.object()
		case "rules":
			c.rules, err = readRules(m)
		case "headers":
			c.fields, err = readFields(m)
		case "cookie":
			c.cookie, err = m.token()
		case "origins":
			c.origins, err = m.texts()
		case "realm":
			c.realm, err = m.text()
			if err == nil && strings.ContainsFunc(c.realm, unquotable) {
				err = m.wrong(`must be visible ASCII without " and \`)
			}
		case "auth_header_name":
			c.header, err = m.token()
			c.header = lower(c.header)
		case "auth_header_types":
			c.settings.AuthHeaderTypes, err = m.texts()
			if err == nil && (len(c.settings.AuthHeaderTypes) == 0 || !allTokens(c.settings.AuthHeaderTypes)) {
				err = m.wrong("must be a list of types, such as Bearer")
			}
		case "bundle":
			c.source, err = readSource(m)
		default:
			err = m.wrong("is unknown")
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case c.policy == nil:
		return nil, errors.New("policy: is missing; it names the keys")
	case c.rules == nil:
		return nil, errors.New(`rules: are missing; for every path: [{"path": "/", "require": "token"}]`)
	case c.strips(c.header) || c.strips("cookie"):
		return nil, errors.New("headers: one is the header that carries the token")
	}
	return c, nil
}

// unquotable characters cannot stand in the realm.
func unquotable(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }

// readFields reads headers and the claims that they carry.
func readFields(m member) (fields []field, err error) {
	text, err := m.object()
	if err != nil {
		return nil, err
	}
	fields = []field{}
	err = members(text, m.place, func(name string, m member) error {
		claim, err := m.text()
		plain := strings.ReplaceAll(lower(name), "_", "-")
		switch {
		case err != nil:
			return err
		case !isToken(name):
			return m.wrong("is not the name of a header")
		case !strings.HasPrefix(plain, "x-") && !strings.HasPrefix(plain, "remote-"):
			return m.wrong("may have a meaning of its own in HTTP: begin it with X- or Remote-")
		case strips(fields, name):
			return m.wrong("is there twice: many servers take the two spellings for the same")
		}
		fields = append(fields, field{name, claim})
		return nil
	})
	return fields, err
}

func readSource(m member) (s Source, err error) {
	text, err := m.object()
	if err != nil {
		return s, err
	}
	s.Poll = defaultPoll
	err = members(text, m.place, func(name string, m member) (err error) {
		switch name {
		case "file":
			s.File, err = m.text()
		case "url":
			s.URL, err = m.text()
		case "cluster":
			s.Cluster, err = m.text()
		case "poll":
			s.Poll, err = m.seconds(1, 3600)
		default:
			err = m.wrong("is unknown")
		}
		return err
	})
	if err == nil && (s.File == "") == (s.URL == "") {
		err = m.wrong("must have either a file or a url")
	}
	return s, err
}

// member is one member of an object in a configuration.
type member struct {
	src   []byte // the object
	value strictjson.Value
	place string // for errors: rules[2].path
}

// maxNames is how many names of members a configuration may have in all.
const maxNames = strictjson.MaxNames

// members visits the members of the object in text. An error names the place.
func members(text []byte, place string, visit func(name string, m member) error) error {
	var s strictjson.Scanner
	for more := s.Begin(text, maxNames); more; more = s.Next() {
		at := string(s.Member.Name)
		if place != "the configuration" {
			at = place + "." + at
		}
		if err := visit(string(s.Member.Name), member{text, s.Member.Value, at}); err != nil {
			return err
		}
	}
	if !s.Whole {
		return errors.New(place + ": is not one JSON object of at most " + strconv.Itoa(strictjson.MaxBytes) +
			" bytes in which no name comes twice")
	}
	return nil
}

func (m member) wrong(why string) error { return errors.New(m.place + ": " + why) }

func (m member) object() ([]byte, error) {
	if m.value.Form != strictjson.Object {
		return nil, m.wrong("must be an object")
	}
	return m.value.JSON(m.src), nil
}

func (m member) text() (string, error) {
	if m.value.Form != strictjson.String || m.value.Start == m.value.End {
		return "", m.wrong("must be a text that is not empty")
	}
	return string(m.value.Text(m.src)), nil
}

// token is a text that can name a header or a cookie.
func (m member) token() (string, error) {
	text, err := m.text()
	if err == nil && !isToken(text) {
		err = m.wrong("must be a name of letters, digits and -")
	}
	return text, err
}

func (m member) texts() ([]string, error) {
	texts := []string{}
	if m.value.Form != strictjson.Array || !m.value.EachText(m.src, func(v strictjson.Value) {
		texts = append(texts, string(v.Text(m.src)))
	}) {
		return nil, m.wrong("must be a list of texts")
	}
	return texts, nil
}

func (m member) seconds(least, most int64) (int64, error) {
	n, err := strconv.ParseInt(string(m.value.JSON(m.src)), 10, 64)
	if err != nil || n < least || n > most {
		return 0, m.wrong("must be a whole number of seconds from " + strconv.FormatInt(least, 10) + " to " +
			strconv.FormatInt(most, 10))
	}
	return n, nil
}

// elements visits the elements of a list.
func (m member) elements(visit func(m member) error) error {
	if m.value.Form != strictjson.Array {
		return m.wrong("must be a list")
	}
	var s strictjson.Scanner
	buffer := new(strictjson.Buffer)
	buffer.Hold(m.src)
	at := int(m.value.Start) + 1
	for i := 0; ; i++ {
		v, end := s.ValueAt(buffer, len(m.src), at)
		if end == 0 { // the list is empty
			return nil
		}
		if err := visit(member{m.src, v, m.place + "[" + strconv.Itoa(i) + "]"}); err != nil {
			return err
		}
		if m.src[end] != ',' {
			return nil
		}
		at = end + 1
	}
}
