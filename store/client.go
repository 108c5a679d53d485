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
	Agent   string // the User-Agent header: the store keeps its beginning
	Address string // a network, such as 203.0.113.0/24; "" if unknown
}

// cut is the client as it is stored: in UTF-8, of characters that print, and within the bounds.
func (c Client) cut() Client {
	return Client{Agent: cutText(c.Agent, MaxAgent), Address: cutText(c.Address, MaxAddress)}
}

// cutText is the beginning of a text, at most that many bytes of UTF-8, of which only characters are left that print.
// Control characters would reach terminals, and marks of direction would turn the text around them.
func cutText(s string, most int) string {
	var cut strings.Builder
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			continue
		}
		if cut.Len()+utf8.RuneLen(r) > most {
			break
		}
		cut.WriteRune(r)
	}
	return cut.String()
}

// append appends the encoding in a record: agent | address.
func (c Client) append(b []byte) []byte { return codec.Text(codec.Text(b, c.Agent), c.Address) }

// client takes what Client.append has appended.
func (r *reader) client() Client {
	c := Client{Agent: r.text(), Address: r.text()}
	r.Bad = r.Bad || len(c.Agent) > MaxAgent || len(c.Address) > MaxAddress
	return c
}
