package core

import (
	"slices"

	"github.com/edgetoken/edgetoken/core/cause"
)

// The order of the checks. Clients see it: an expired forgery is invalid, not expired; a blacklisted token of another
// type is blacklisted.
var (
	opening = []check{checkForm, checkHeader, checkKey, checkSignature, checkClaims}

	// The reference asks the blacklist first, and needs the id to do so. Without a blacklist there are still cut-offs.
	listed       = everyToken(checkID, checkRevoked, checkExpiry, checkType)
	unlisted     = everyToken(checkRevoked, checkExpiry, checkID, checkType)
	usedListed   = everyToken(checkID, checkReuse, checkExpiry, checkType)
	usedUnlisted = everyToken(checkReuse, checkExpiry, checkID, checkType)

	accessSecure    = everyToken(checkExpiry, checkID, checkType, checkRevoked, checkCustomer, checkPassword)
	accessExact     = everyToken(checkExpiry, checkID, checkType, checkNoRevocation, checkCustomer, checkPassword)
	slidingListed   = joined(listed, []check{checkCustomer, checkPassword})
	slidingUnlisted = joined(unlisted, []check{checkCustomer, checkPassword})

	verifySecure = everyToken(checkExpiry, checkID, checkRevoked, checkSession, checkActive)
	verifyDead   = everyToken(checkExpiry, checkID, checkDead)
	verifyExact  = everyToken(checkExpiry, checkID, checkNoRevocation)

	refresh        = []check{checkOwn, checkSession, checkRefreshCustomer, checkWritable}
	refreshAnybody = []check{checkOwn, checkSession, checkNoCustomer, checkWritable}

	refreshListed          = joined(usedListed, refresh)
	refreshUnlisted        = joined(usedUnlisted, refresh)
	refreshAnybodyListed   = joined(usedListed, refreshAnybody)
	refreshAnybodyUnlisted = joined(usedUnlisted, refreshAnybody)
	rotate                 = joined(refreshListed, []check{checkNext})
	rotateAnybody          = joined(refreshAnybodyListed, []check{checkNext})

	slide        = []check{checkOwn, checkRefreshExpiry, checkRefreshCustomer, checkWritable}
	slideAnybody = []check{checkOwn, checkRefreshExpiry, checkNoCustomer, checkWritable}

	slideListed          = joined(listed, slide)
	slideUnlisted        = joined(unlisted, slide)
	slideAnybodyListed   = joined(listed, slideAnybody)
	slideAnybodyUnlisted = joined(unlisted, slideAnybody)

	blacklistReadable = joined(usedListed, []check{checkOwn, checkListed, checkWritable, checkReadable})
	blacklistAny      = joined(usedListed, []check{checkOwn, checkListed, checkWritable, checkNoCustomer})
	blacklistUnlisted = joined(usedUnlisted, []check{checkOwn, checkNoCustomer})

	// Expired tokens end log-ins too, and so do those whose key has ended.
	logout = []check{checkOpened, checkOwn, checkOurs, checkFound, checkAlive}
	revoke = []check{checkOpened, checkListed}

	login = []check{checkCredentials}
	valid = everyToken(checkExpiry, checkID, checkType)
)

// ofEveryToken are the checks of every token: what Open found, the end of the key, and the registered claims in PyJWT's
// order (RFC 7519 §4.1).
var ofEveryToken = []check{
	checkOpened, checkKeyEnd, checkIssuedAt, checkNotBefore, checkExpiresAt, checkIssuer, checkAudience,
	checkSubject, checkJWTID,
}

// everyToken begins a list with the checks of every token.
func everyToken(then ...check) []check { return joined(ofEveryToken, then) }

// joined is slices.Concat as a call: inlined into all of the lists it would be half of the initialization in a module.
//
//go:noinline
func joined(lists ...[]check) []check { return slices.Concat(lists...) }

// order is the list of checks of a request; for a header, of one of AUTH_TOKEN_CLASSES.
func (d *decision) order(class TokenType) []check {
	secure, app := d.s.Wire == Secure, d.s.BlacklistApp
	switch d.req.Op {
	case Authenticate:
		switch {
		case class == SlidingToken && app:
			return slidingListed
		case class == SlidingToken:
			return slidingUnlisted
		case secure:
			return accessSecure
		}
		return accessExact
	case Verify:
		// On the exact wire the blacklist is asked where BLACKLIST_AFTER_ROTATION says so.
		switch {
		case secure:
			return verifySecure
		case d.s.BlacklistAfterRotation:
			return verifyDead
		}
		return verifyExact
	case Refresh:
		// The reference asks for the customer from 5.4 on, the secure wire in every version.
		switch customer := secure || d.v.refreshChecksCustomer; {
		case d.s.Advances() && customer:
			return rotate
		case d.s.Advances():
			return rotateAnybody
		case customer && app:
			return refreshListed
		case customer:
			return refreshUnlisted
		case app:
			return refreshAnybodyListed
		}
		return refreshAnybodyUnlisted
	case SlidingRefresh:
		// The reference asks for the customer in no version.
		switch app := d.s.BlacklistApp; {
		case secure && app:
			return slideListed
		case secure:
			return slideUnlisted
		case app:
			return slideAnybodyListed
		}
		return slideAnybodyUnlisted
	case Blacklist:
		switch {
		case !app:
			return blacklistUnlisted
		case d.v.blacklistReadsCustomer:
			return blacklistReadable
		}
		return blacklistAny
	case Logout:
		return logout
	case Revoke:
		return revoke
	case Login, SlidingLogin:
		return login
	}
	return nil
}

// Checks gives the checks of a request in order and the one that refuses it, as Decide does: its index, or len(all) if
// none refuses, and the cause. For a header they are those of the class that accepts the token. If none does they are
// those of the token's own type, or else of the first class.
func Checks(s *Settings, req Request) (all []Check, at int, c cause.Cause) {
	d := newDecision(s, &req)
	class := req.Op.takes()
	if req.Op == Authenticate {
		class, _ = d.class(s.AuthTokenClasses)
	}
	list := d.order(class)
	at, c = d.walk(list, class)
	if len(list) > 0 && list[0] == checkOpened {
		list = slices.Concat(opening, list[1:])
		if at > 0 {
			at += len(opening) - 1
		} else {
			at = slices.IndexFunc(opening, func(row check) bool { return slices.Contains(checks[row].Causes, c) })
		}
	}
	for _, row := range list {
		all = append(all, checks[row])
	}
	return all, at, c
}
