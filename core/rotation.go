package core

import (
	"math"
	"time"

	"github.com/edgetoken/edgetoken/core/cause"
)

// Rotation says how a refresh token stands in its family, and how long its session can go on: for whoever explains it.
type Rotation struct {
	Generation uint32 // that of the token
	Present    uint32 // the one that is good
	// Window is for how much longer the token is answered as the present one although it is spent (RefreshGrace).
	Window time.Duration
	// SessionEnds is when the session ends however often it is refreshed (MaxSession), and IdleEnds until when the
	// token must be used (RefreshIdle), in Unix seconds; 0: there is no such bound.
	SessionEnds, IdleEnds int64
}

// RotationOf is the rotation of the token of a request. ok is false where the token does not rotate: it is no refresh
// token of ours, nor do the settings or the state know of a rotation.
func RotationOf(s *Settings, req Request) (r Rotation, ok bool) {
	d := newDecision(s, &req)
	f := &req.State.Family
	if d.o.Cause != cause.OK || d.own() != cause.OK || d.tokenType(RefreshToken) != cause.OK || !d.fam.Listed ||
		!d.refreshes() || !s.RotateRefreshTokens && f.Generation == 0 {
		return Rotation{}, false
	}
	r = Rotation{Generation: d.generation(), Present: f.Generation}
	if d.inWindow() && !f.Dead {
		r.Window = s.RefreshGrace - f.Age
	}
	if !d.fam.Ours {
		return r, true
	}
	if end := d.sessionEnd(); end != math.MaxInt64 {
		r.SessionEnds = end
	}
	if iat, known := d.micros(d.o.IssuedAt); known && s.idle() != 0 {
		r.IdleEnds = seconds(iat + s.idle().Microseconds())
	}
	return r, true
}
