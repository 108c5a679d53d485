package core

import (
	"time"

	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// Valid makes the checks of an opened token that need no state: the end of its key, the registered claims, exp and id,
// which must be present, and the type.
func Valid(s *Settings, o *Opened, want TokenType, now time.Time) cause.Cause {
	d := decision{s: s, v: s.Compat.compat(), o: o, now: now.UnixMicro()}
	_, c := d.walk(valid, want)
	return c
}

// KeyEnded reports whether the end of the key that checked the token has come. The token is then as unauthenticated as
// a token of an unknown key.
func (o *Opened) KeyEnded(now time.Time) bool { return ended(o.KeyEnds, now.UnixMicro()) }

// Text is the value of a claim that is a text; ok is false for any other.
func (o *Opened) Text(c strictjson.Value) (text string, ok bool) {
	if c.Form != strictjson.String {
		return "", false
	}
	return string(c.Text(o.Claims)), true
}

// Time is the value of a claim that is a NumericDate (RFC 7519 §2), in whole seconds; ok is false for any other.
func (o *Opened) Time(c strictjson.Value) (t time.Time, ok bool) {
	v, ok := pythonInt(o.Claims, c)
	if !ok || v < -maxTime || v > maxTime {
		return time.Time{}, false
	}
	return time.Unix(v, 0).UTC(), true
}

// JSON is the value of a claim as the token holds it, a string with its quotes; nil where it is absent.
func (o *Opened) JSON(c strictjson.Value) []byte { return c.JSON(o.Claims) }
