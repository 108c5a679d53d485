package gateway

import (
	"errors"
	"strings"

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
	policy  []byte
	rules   []rule // the longest path first
	fields  []field
	cookie  string
	origins []string
	realm   string
	header  string   // that carries the token, in lower case
	types   []string // AUTH_HEADER_TYPES
	source  Source
}

// defaultPoll is Source.Poll unless the configuration says otherwise.
const defaultPoll = 10

func readConfig(text []byte) (*config, error) {
	c := &config{
		fields: []field{{"X-User-Id", "user_id"}}, realm: "api", header: "authorization", types: []string{"Bearer"},
	}
	err := member{value: text}.members(func(name string, m member) (err error) {
		switch name {
		case "policy":
			c.policy = m.value
			if text, ok := strictjson.TextOf(m.value); ok {
				c.policy = []byte(text)
			}
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
			c.types, err = m.tokens()
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
	err = m.members(func(name string, m member) error {
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
	s.Poll = defaultPoll
	err = m.members(func(name string, m member) (err error) {
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
