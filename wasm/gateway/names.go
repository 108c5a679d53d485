package gateway

import "strings"

// strips reports whether a header of the client is removed: it has the name of a configured one, in any spelling.
func (c *config) strips(name string) bool { return strips(c.fields, name) }

func strips(fields []field, name string) bool {
	for i := range fields {
		if sameName(fields[i].name, name) {
			return true
		}
	}
	return false
}

// dropsOurs reports whether a Connection header names one that the gateway sets.
func (c *config) dropsOurs(connection []string) bool {
	for _, line := range connection {
		for name := range strings.SplitSeq(line, ",") {
			if c.strips(strings.TrimSpace(name)) {
				return true
			}
		}
	}
	return false
}

// sameName compares the names of headers as the laxest servers do: CGI (RFC 3875 §4.1.18) and what came after it make
// the names of variables of them, in which case is lost and "_", "." and "-" are one.
func sameName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if plainByte(a[i]) != plainByte(b[i]) {
			return false
		}
	}
	return true
}

func plainByte(c byte) byte {
	switch {
	case 'A' <= c && c <= 'Z':
		return c | 0x20
	case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		return c
	}
	return '-'
}

// lower is a name in lower case.
func lower(name string) string {
	b := []byte(name)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// isToken reports whether s is a token (RFC 9110 §5.6.2), as names of headers and cookies are.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}
