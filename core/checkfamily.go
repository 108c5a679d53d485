package core

import (
	"math"

	"github.com/edgetoken/edgetoken/core/cause"
)

// revoked: neither was the family revoked, nor is the token spent, nor did the family begin before a cut-off.
func (d *decision) revoked() cause.Cause {
	dead := d.dead()
	if dead != cause.OK && !d.reuses() {
		return dead
	}
	if c := d.cutOff(); c != cause.OK {
		return c // the family has ended already
	}
	if dead != cause.OK {
		return cause.Reused
	}
	return cause.OK
}

// dead: the family must not have been revoked, nor the token be spent. On the exact wire an access token of ours is
// good until it expires, unless tokens have no type and it is used as a refresh token.
func (d *decision) dead() cause.Cause {
	exempt := d.s.Wire == Exact && d.fam.Access() &&
		!(d.s.TokenTypeClaim == "" && (d.req.Op == Refresh || d.req.Op == Blacklist))
	if d.s.BlacklistApp && d.fam.Listed && !exempt && (d.req.State.Family.Dead || d.spent()) {
		return cause.Blacklisted
	}
	return cause.OK
}

// spent reports whether a later refresh token of the family has taken the place of the token. Where tokens have no
// type, an access or a sliding token can be refreshed too: it counts as of generation 0.
func (d *decision) spent() bool {
	if d.fam.Ours && d.fam.Kind != refreshKind && d.req.Op != Refresh {
		return false
	}
	return d.generation() < d.req.State.Family.Generation && !d.inWindow()
}

// reuses reports whether a refresh token that turns out to be spent is reused (RFC 9700 §4.14.2): it is presented to be
// used, and the family is not revoked yet. The exact wire only refuses it.
func (d *decision) reuses() bool {
	return d.s.Wire == Secure && (d.req.Op == Refresh || d.req.Op == Blacklist) && d.refreshes() &&
		!d.req.State.Family.Dead
}

// inWindow reports whether the refresh token was spent so recently that the client may not have its successor yet
// (RefreshGrace). Only the token just before the current one ever is.
func (d *decision) inWindow() bool {
	f := &d.req.State.Family
	return d.s.Wire == Secure && d.refreshes() && f.Issued != 0 && uint64(d.generation())+1 == uint64(f.Generation) &&
		f.Age < d.s.RefreshGrace
}

// refreshes reports whether the id is that of a refresh token.
func (d *decision) refreshes() bool { return !d.fam.Ours || d.fam.Kind == refreshKind }

// generation is that of the refresh token.
func (d *decision) generation() uint32 {
	if d.fam.Ours && d.fam.Kind == refreshKind {
		return d.fam.Generation
	}
	return 0
}

// next: the id must be one that a blacklist can hold, and there must be a generation after it.
func (d *decision) next() cause.Cause {
	if d.generation() == math.MaxUint32 {
		return cause.Blacklisted
	}
	return d.listed()
}

// alive: the family must not have been revoked, whatever the wire.
func (d *decision) alive() cause.Cause {
	if d.req.State.Family.Dead {
		return cause.Blacklisted
	}
	return cause.OK
}

func (d *decision) cutOff() cause.Cause {
	if d.fam.EndedBy(d.req.State.CutOff, d.s.Leeway) {
		return cause.CutOff
	}
	return cause.OK
}
