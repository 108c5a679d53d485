package store

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a Client, in bytes.
const (
	MaxAgent   = 256
	MaxAddress = 64
)

// Client is what a list of log-ins shows of whoever logged in or was here last.
type Client struct {
	Agent   string // the User-Agent header
	Address string // a network, such as 203.0.113.0/24; "" if unknown
}

// cut is the client as it is stored: in UTF-8, without control characters, and within the bounds.
func (c Client) cut() Client {
	return Client{Agent: cutText(c.Agent, MaxAgent), Address: cutText(c.Address, MaxAddress)}
}

// cutText is at most that many bytes of a text, whole runes, without control characters.
func cutText(s string, most int) string {
	s = s[:min(len(s), 4*most)] // more is cut in any case
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	for len(s) > most {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}
