package client

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// Tokens are those of one session. The zero value is that of nobody who is logged in.
type Tokens struct {
	Access  string `json:"access"`
	Refresh string `json:"refresh"`
}

// LoggedIn reports whether there are any.
func (t Tokens) LoggedIn() bool { return t != Tokens{} }

// life is when an access token was issued and when it expires, by the server's clock. It is zero for a token that does
// not say so.
type life struct {
	from, to time.Time
}

// lifeOf reads a token without checking it: that is the server's business.
func lifeOf(token string) life {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return life{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return life{}
	}
	var claims struct {
		Issued  float64 `json:"iat"` // NumericDate, which may have a fraction (RFC 7519 §2)
		Expires float64 `json:"exp"`
	}
	if json.Unmarshal(payload, &claims) != nil || claims.Expires <= 0 || claims.Expires > maxDate {
		return life{}
	}
	if claims.Issued <= 0 || claims.Issued > claims.Expires {
		return life{to: moment(claims.Expires)}
	}
	return life{from: moment(claims.Issued), to: moment(claims.Expires)}
}

// maxDate is the end of the year 9999, in seconds.
const maxDate = 253402300799

func moment(seconds float64) time.Time { return time.UnixMilli(int64(seconds * 1000)) }

// ended reports whether the token has expired.
func (l life) ended(now time.Time) bool { return !l.to.IsZero() && !now.Before(l.to) }

// due reports whether a new token is wanted: early before the end, or a quarter of the token's life before it where
// that is shorter; of that time only the share that is drawn. A token that does not say when it expires is never due.
func (l life) due(now time.Time, early time.Duration, draw float64) bool {
	if l.to.IsZero() {
		return false
	}
	if !l.from.IsZero() {
		early = min(early, l.to.Sub(l.from)/4)
	}
	return !now.Before(l.to.Add(-time.Duration(draw * float64(early))))
}

// young reports whether the token is so fresh that another one would fare no better.
func (l life) young(now time.Time) bool {
	if l.from.IsZero() {
		return false
	}
	return now.Sub(l.from) < min(youth, l.to.Sub(l.from)/4)
}

// youth is for how long a token counts as fresh, at most.
const youth = 10 * time.Second
