package config

import (
	"slices"
	"strings"
)

const prefix = "EDGETOKEN_"

// FileVariable names the configuration file; it is no key of it.
const FileVariable = prefix + "CONFIG"

// EnvName is the environment variable of a key: simple_jwt.LEEWAY is EDGETOKEN_SIMPLE_JWT_LEEWAY.
func EnvName(key string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// readEnviron gives the variables with our prefix, in order of their names, and beside them the names of those that
// are no setting but a service link.
func readEnviron(environ []string) (values []value, ignored []string, problems []Problem) {
	for _, e := range slices.Sorted(slices.Values(environ)) {
		name, content, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, prefix) || name == FileVariable {
			continue
		}
		i := slices.IndexFunc(rows, func(r row) bool { return EnvName(r.key) == name })
		switch {
		case i >= 0:
			values = append(values, value{key: rows[i].key, origin: Origin{Env: name}, kind: text, text: content,
				loose: true})
		case isLink(name, content, environ):
			ignored = append(ignored, name)
		default:
			text := "is no variable of edgetoken: see edgetoken config --help for their names"
			if other := nearestVariable(name); other != "" {
				text = "is no variable of edgetoken: did you mean " + other + "?"
			}
			problems = append(problems, Problem{Origin: Origin{Env: name}, Text: text})
		}
	}
	return values, ignored, problems
}

// nearestVariable returns the variable that an unknown one most likely means; "" if none is near.
func nearestVariable(name string) string {
	best, found := 3, ""
	for _, r := range rows {
		other := EnvName(r.key)
		if d := edits(name, other); d < best && 3*d <= len(name)-len(prefix) {
			best, found = d, other
		}
	}
	return found
}

// readFlags gives the flags, each under the name of its key.
func readFlags(flags []Flag) ([]value, []Problem) {
	var values []value
	for _, f := range flags {
		values = append(values, value{key: f.Key, origin: Origin{Flag: "--" + f.Key}, kind: text, text: f.Value,
			loose: true})
	}
	return values, nil
}

// credentials is the directory of systemd's credentials; empty if there is none.
func credentials(environ []string) string {
	for _, e := range environ {
		if dir, ok := strings.CutPrefix(e, "CREDENTIALS_DIRECTORY="); ok {
			return dir
		}
	}
	return ""
}
