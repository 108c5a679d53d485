package join_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/join"
)

// sample is a token whose parts can be told apart.
func sample() join.Token {
	t := join.Token{Until: time.Unix(1796000000, 0).UTC(), Name: "shop",
		Addresses: []string{"hub.example.com:7421", "[2001:db8::1]:7421"}}
	for i := range 32 {
		t.HubKey[i], t.Secret[i] = byte(i), byte(0x80+i)
	}
	for i := range 16 {
		t.Fleet[i] = byte(0x40 + i)
	}
	return t
}

// sampleText is that token as text. Nodes of other versions have to read it.
const sampleText = "etj1_QEFCQ0RFRkdISUpLTE1OTwABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fgIGCg4SFhoeIiYqLjI2Oj" +
	"5CRkpOUlZaXmJmam5ydnp8AyQxrAAAAAAQAc2hvcAIAFABodWIuZXhhbXBsZS5jb206NzQyMRIAWzIwMDE6ZGI4Ojo" +
	"xXTo3NDIxSLWB5w"

func TestToken(t *testing.T) {
	want := sample()
	if got := want.Encode(); got != sampleText {
		t.Errorf("Encode = %s, want %s", got, sampleText)
	}
	got, err := join.ParseToken("  " + sampleText + "\n")
	if err != nil || got.Fleet != want.Fleet || got.HubKey != want.HubKey || got.Secret != want.Secret ||
		!got.Until.Equal(want.Until) || got.Name != want.Name || !slices.Equal(got.Addresses, want.Addresses) {
		t.Errorf("ParseToken = %+v, %v", got, err)
	}
}

// TestBadToken: what is no token is refused with the reason, and no text of it is quoted.
func TestBadToken(t *testing.T) {
	edit := func(f func(*join.Token)) string {
		token := sample()
		f(&token)
		return token.Encode()
	}
	for _, c := range []struct{ name, text, says string }{
		{"empty", "", "begin with etj1_"},
		{"a JWT", "eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "begin with etj1_"},
		{"of a later version", "etj2" + sampleText[4:], "that this version knows"},
		{"cut off", sampleText[:100], "not the whole of one"},
		{"its end is missing", sampleText[:len(sampleText)-1], "not the whole of one"},
		{"a letter was changed", sampleText[:40] + "A" + sampleText[41:], "not the whole of one"},
		{"broken in two lines", sampleText[:70] + "\n" + sampleText[70:], "not the whole of one"},
		{"padded", sampleText + "=", "not the whole of one"},
		{"no address", edit(func(t *join.Token) { t.Addresses = nil }), "1 to 8 addresses"},
		{"many addresses", edit(func(t *join.Token) { t.Addresses = make([]string, 9) }), "1 to 8 addresses"},
		{"no port", edit(func(t *join.Token) { t.Addresses = []string{"hub"} }), "host:port"},
		{"control character", edit(func(t *join.Token) { t.Addresses = []string{"h\x1bub:1"} }), "host:port"},
		{"bad name", edit(func(t *join.Token) { t.Name = "Shop>" }), "is no name"},
		{"endless", sampleText + strings.Repeat("A", 1<<20), "more than 4096 bytes"},
	} {
		_, err := join.ParseToken(c.text)
		if !errors.Is(err, join.ErrToken) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		} else if len(c.text) > 20 && strings.Contains(err.Error(), c.text[10:20]) {
			t.Errorf("%s: the error quotes the token: %v", c.name, err)
		}
	}
}

// TestTokenIsMasked: nothing that prints a token prints its secret.
func TestTokenIsMasked(t *testing.T) {
	token := sample()
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{token, &token, struct{ T join.Token }{token}, []join.Token{token}} {
			text := fmt.Sprintf(format, v)
			for _, secret := range []string{"818283", "129 130", "129, 130", "0x81, 0x82"} {
				if strings.Contains(text, secret) {
					t.Errorf("%s of %T prints the secret: %s", format, v, text)
				}
			}
		}
	}
}

func FuzzParseToken(f *testing.F) {
	f.Add(sampleText)
	f.Add("etj1_")
	f.Fuzz(func(t *testing.T, text string) {
		token, err := join.ParseToken(text)
		if err == nil && token.Encode() != strings.TrimSpace(text) {
			t.Errorf("%q is read as %q", text, token.Encode())
		}
	})
}
