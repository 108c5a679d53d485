package config

import (
	"bytes"
	"maps"
	"reflect"
)

// Keep copies to c the values of a running node that are read only at the start, and returns the keys whose values
// differed. Whether the node has TLS at all is read at the start; which files it reads is not.
func (c *Config) Keep(running *Config) []string {
	origins := map[string]Origin{} // a map of its own: c may be a copy of running
	maps.Copy(origins, c.origins)
	c.origins = origins
	turned := (c.TLSCert == "") != (running.TLSCert == "")
	var keys []string
	for _, r := range rows {
		if !r.fixed && !(turned && (r.key == "tls.cert" || r.key == "tls.key")) || r.same(c, running) {
			continue
		}
		r.keep(c, running)
		for _, key := range []string{r.key, r.rival} {
			delete(c.origins, key)
			if o, given := running.origins[key]; given {
				c.origins[key] = o
			}
		}
		keys = append(keys, r.key)
	}
	c.settle()
	c.warn(func(string, error) {}) // wire and all that it refuses are no values of the start
	return keys
}

// Changed gives the keys whose values differ between two configurations.
func (c *Config) Changed(other *Config) []string {
	var keys []string
	for _, r := range rows {
		// Of two forms of one value only the first is shown.
		if !r.quiet && !r.same(c, other) {
			keys = append(keys, r.key)
		}
	}
	return keys
}

// equal compares values of fields. A secret is behind a function, which reflect never takes for equal.
func equal(a, b any) bool {
	if s, ok := a.(Secret); ok {
		return bytes.Equal(s.Reveal(), b.(Secret).Reveal())
	}
	return reflect.DeepEqual(a, b)
}
