package core

import (
	"math"
	"time"

	"github.com/edgetoken/edgetoken/core/cause"
)

// session: on the secure wire a family of ours must not have begun too long ago, nor a refresh token that rotates have
// lain unused for too long.
func (d *decision) session() cause.Cause {
	if !d.fam.Ours || d.fam.Kind != refreshKind {
		return cause.OK
	}
	now := seconds(d.now) // LEEWAY does not count: a token that is written must not have ended
	if now >= d.sessionEnd() {
		return cause.SessionEnded
	}
	if idle := d.s.idle(); idle != 0 {
		if iat, ok := d.micros(d.o.IssuedAt); ok && now >= seconds(iat+idle.Microseconds()) {
			return cause.SessionIdle
		}
	}
	return cause.OK
}

// sessionEnd is from when on a family that rotates gives no more tokens, in Unix seconds; math.MaxInt64: never. A
// family recorded without a start may have come from a foreign token, whose start nobody vouches for.
func (d *decision) sessionEnd() int64 {
	longest := d.s.LongestSession()
	bound := d.s.Wire == Secure && d.s.RotateRefreshTokens && longest != 0
	if !bound || !d.fam.Ours || d.req.State.Family.AnyStart {
		return math.MaxInt64
	}
	return (d.fam.Start + longest.Milliseconds()) / 1000
}

// LongestSession is MaxSession, but never less than RefreshTokenLifetime; 0: without end.
func (s *Settings) LongestSession() time.Duration {
	if s.MaxSession == 0 {
		return 0
	}
	return max(s.MaxSession, s.RefreshTokenLifetime)
}

// idle is for how long a refresh token may lie unused; 0: until it expires.
func (s *Settings) idle() time.Duration {
	if s.Wire != Secure || !s.RotateRefreshTokens {
		return 0
	}
	return s.RefreshIdle
}

// expires is the exp of a token of type t that is being written, in Unix seconds.
func (d *decision) expires(t TokenType) int64 {
	if d.again {
		after := d.req.State.Family.Refresh
		if t == AccessToken {
			after = d.req.State.Family.Access
		}
		return seconds(d.issued) + after
	}
	lifetime := d.s.RefreshTokenLifetime
	switch t {
	case AccessToken:
		lifetime = d.s.AccessTokenLifetime
	case SlidingToken:
		lifetime = d.s.SlidingTokenLifetime
	}
	if idle := d.s.idle(); t == RefreshToken && idle != 0 {
		lifetime = min(lifetime, idle)
	}
	end := seconds(d.now + lifetime.Microseconds())
	if d.req.Op == Refresh {
		end = min(end, d.sessionEnd())
	}
	return end
}
