package gateway

import (
	"cmp"
	"slices"
	"strings"
)

// require is what a rule asks of a request.
type require uint8

const (
	requireToken require = iota
	requireNone
	tokenOptional
)

type rule struct {
	path    string // without a slash at its end: "" covers everything
	require require
}

// readRules reads the list of rules, and sorts it by length.
func readRules(m member) (rules []rule, err error) {
	err = m.elements(func(m member) error {
		r, err := readRule(m)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(rules, func(other rule) bool { return other.path == r.path }) {
			return m.wrong("another rule has this path")
		}
		rules = append(rules, r)
		return nil
	})
	slices.SortStableFunc(rules, func(a, b rule) int { return cmp.Compare(len(b.path), len(a.path)) })
	if err == nil && len(rules) == 0 {
		err = m.wrong("an empty list refuses every request")
	}
	return rules, err
}

func readRule(m member) (r rule, err error) {
	hasPath, hasRequire := false, false
	err = m.members(func(name string, m member) error {
		value, err := m.text()
		if err != nil {
			return err
		}
		switch name {
		case "path":
			if !isClean(value) {
				return m.wrong("must be a path as services see it, such as /api: decoded, with no segment . or ..")
			}
			r.path, hasPath = strings.TrimSuffix(value, "/"), true
		case "require":
			hasRequire = true
			switch value {
			case "token":
				r.require = requireToken
			case "none":
				r.require = requireNone
			case "optional":
				r.require = tokenOptional
			default:
				return m.wrong("must be token, none or optional")
			}
		default:
			return m.wrong("is unknown")
		}
		return nil
	})
	if err == nil && !(hasPath && hasRequire) {
		err = m.wrong(`must have a path and what it requires: {"path": "/api", "require": "token"}`)
	}
	return r, err
}

// covers reports whether the rule is one for the path.
func (r rule) covers(path string) bool {
	rest, ok := strings.CutPrefix(path, r.path)
	return ok && (rest == "" || rest[0] == '/')
}

// find is the rule that counts for a path.
func find(rules []rule, path string) (r rule, found bool) {
	for _, r := range rules {
		if r.covers(path) {
			return r, true
		}
	}
	return rule{}, false
}
