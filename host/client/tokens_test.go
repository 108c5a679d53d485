package client_test

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/client"
)

// TestDue: a token is replaced early, but no earlier than in the last quarter of its life, and not by all clients at
// once.
func TestDue(t *testing.T) {
	token := func(claims string) string {
		return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".x"
	}
	hour, short := token(`{"iat":1000000,"exp":1003600}`), token(`{"iat":1000000.5,"exp":1000040.5}`)
	for _, c := range []struct {
		name, token string
		draw        float64
		second      float64 // of 1970 + 1000000 s
		want        bool
	}{
		{"before", hour, 1, 3299, false},
		{"five minutes before its end", hour, 1, 3300, true},
		{"drawn later", hour, 0.75, 3374, false},
		{"drawn later, and due", hour, 0.75, 3375, true},
		{"a short life", short, 1, 30.4, false},
		{"its last quarter", short, 1, 30.6, true},
		{"a short life, drawn later", short, 0.75, 32.9, false},
		{"a short life, drawn later, and due", short, 0.75, 33.1, true},
		{"no end", token(`{"iat":1000000}`), 1, 1e9, false},
		{"an end that is no time", token(`{"exp":1e300}`), 1, 1e9, false},
		{"no token of three parts", "opaque", 1, 1e9, false},
		{"no JSON", "a.e30x.b", 1, 1e9, false},
	} {
		now := time.UnixMilli(1_000_000_000 + int64(c.second*1000))
		if got := client.Due(c.token, 5*time.Minute, c.draw, now); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// FuzzDue: whatever a token is, a client that draws less of the time does not come earlier.
func FuzzDue(f *testing.F) {
	f.Add("e30.eyJpYXQiOjEsImV4cCI6OX0.x", int64(5))
	f.Add("e30.eyJpYXQiOjllOTksImV4cCI6LTF9.x", int64(-5))
	f.Fuzz(func(t *testing.T, token string, second int64) {
		now := time.Unix(second, 0)
		if client.Due(token, 5*time.Minute, 0.75, now) && !client.Due(token, 5*time.Minute, 1, now) {
			t.Errorf("%q at %v is due for who draws less", token, now)
		}
	})
}
