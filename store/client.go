package store

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// Bounds of a Client, in bytes.
const (
	MaxAgent   = fact.MaxAgent
	MaxAddress = fact.MaxAddress
)

// Client is what a list of log-ins shows of whoever logged in or was here last.
type Client struct {
	Agent   string // the User-Agent header
	Address string // a network, such as 203.0.113.0/24; "" if unknown
}

// cut is the client as it is stored: in UTF-8, of characters that print, and within the bounds.
func (c Client) cut() Client {
	return Client{Agent: cutText(c.Agent, MaxAgent), Address: cutText(c.Address, MaxAddress)}
}

// cutText is at most that many bytes of a text, whole runes, of which only those are left that print: neither control
// characters nor marks of direction, which would turn the text around them.
func cutText(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s[:min(len(s), 4*most)], ""))
	if len(s) <= most {
		return s
	}
	for !utf8.RuneStart(s[most]) {
		most--
	}
	return strings.Clone(s[:most]) // the rest may be long, and uses are kept
}

// append appends the encoding in a record: agent | address.
func (c Client) append(b []byte) []byte { return codec.Text(codec.Text(b, c.Agent), c.Address) }

// client takes what Client.append has appended.
func (r *reader) client() Client {
	c := Client{Agent: r.text(), Address: r.text()}
	r.Bad = r.Bad || len(c.Agent) > MaxAgent || len(c.Address) > MaxAddress
	return c
}
