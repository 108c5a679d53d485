package core

import "github.com/edgetoken/edgetoken/core/cause"

// Check is a check by its name, with the causes for which it refuses a token.
type Check struct {
	Name   string
	Causes []cause.Cause // none: under these settings it asks nothing
}

// check is a row of the table of checks. Rows of one name are one step to a reader: each operation, wire and version
// asks its own way; checkNoRevocation and checkNoCustomer ask nothing.
type check uint8

const (
	// Open makes these, and checkOpened stands for all of them.
	checkForm check = iota
	checkHeader
	checkKey
	checkSignature
	checkClaims
	checkOpened

	checkKeyEnd
	checkIssuedAt
	checkNotBefore
	checkExpiresAt
	checkIssuer
	checkAudience
	checkSubject
	checkJWTID

	checkExpiry
	checkID
	checkType
	checkRefreshExpiry
	checkRevoked
	checkReuse
	checkDead
	checkNoRevocation
	checkOwn
	checkSession
	checkListed
	checkOurs
	checkFound
	checkAlive
	checkWritable
	checkReadable
	checkActive
	checkRefreshCustomer
	checkNoCustomer
	checkNext

	checkCustomer
	checkPassword
	checkCredentials
)

// checks are the rows: names and causes. The function of a row is its case in walk. A test holds that each row refuses
// for each of its causes and for no other.
var checks = [...]Check{
	checkForm:      {"form", []cause.Cause{cause.TooLong, cause.Malformed}},
	checkHeader:    {"header", []cause.Cause{cause.BadHeader}},
	checkKey:       {"key", []cause.Cause{cause.UnknownKey, cause.BadAlgorithm}},
	checkSignature: {"signature", []cause.Cause{cause.BadSignature}},
	checkClaims:    {"claims", []cause.Cause{cause.BadClaims, cause.KeyForRefresh}},

	checkKeyEnd:    {"key end", []cause.Cause{cause.KeyEnded}},
	checkIssuedAt:  {"iat", []cause.Cause{cause.BadIssuedAt, cause.NotYetIssued}},
	checkNotBefore: {"nbf", []cause.Cause{cause.BadNotBefore, cause.NotYetValid}},
	checkExpiresAt: {"exp", []cause.Cause{cause.BadExpiresAt, cause.Expired}},
	checkIssuer:    {"iss", []cause.Cause{cause.WrongIssuer}},
	checkAudience:  {"aud", []cause.Cause{cause.WrongAudience}},
	checkSubject:   {"sub", []cause.Cause{cause.BadSubject}},
	checkJWTID:     {"jti", []cause.Cause{cause.BadID}},

	checkExpiry: {"exp present", []cause.Cause{cause.NoExpiresAt, cause.BadExpiresAt}},
	checkID:     {"id", []cause.Cause{cause.NoID}},
	checkType:   {"type", []cause.Cause{cause.NoType, cause.WrongType}},
	checkRefreshExpiry: {"refresh_exp", []cause.Cause{
		cause.NoRefreshExp, cause.BadRefreshExp, cause.RefreshExpired,
	}},
	checkRevoked:      {"revocation", []cause.Cause{cause.Blacklisted, cause.CutOff}},
	checkReuse:        {"revocation", []cause.Cause{cause.Blacklisted, cause.CutOff, cause.Reused}},
	checkDead:         {"revocation", []cause.Cause{cause.Blacklisted}},
	checkNoRevocation: {"revocation", nil},
	checkOwn:          {"own issuer", []cause.Cause{cause.WrongIssuer}},
	checkSession:      {"session", []cause.Cause{cause.SessionEnded, cause.SessionIdle}},
	checkListed:       {"revocable", []cause.Cause{cause.BadID}},
	checkOurs:         {"revocable", []cause.Cause{cause.BadID}},
	checkFound:        {"customer", []cause.Cause{cause.CustomerNotFound}},
	checkAlive:        {"revocation", []cause.Cause{cause.Blacklisted}},
	checkWritable:     {"iss text", []cause.Cause{cause.WrongIssuer}},

	checkReadable:        {"customer", []cause.Cause{cause.NoCustomerClaim}},
	checkActive:          {"customer", []cause.Cause{cause.InactiveAccount}},
	checkRefreshCustomer: {"customer", []cause.Cause{cause.InactiveAccount}},
	checkNoCustomer:      {"customer", nil},
	checkNext:            {"generation", []cause.Cause{cause.BadID, cause.Blacklisted}},
	checkCustomer: {"customer", []cause.Cause{
		cause.NoCustomerClaim, cause.CustomerNotFound, cause.CustomerInactive,
	}},
	checkPassword:    {"password claim", []cause.Cause{cause.RevokeClaim}},
	checkCredentials: {"credentials", []cause.Cause{cause.BadCredentials}},
}

// ofCustomer reports whether a check comes after a class has accepted a token in a header.
func (c check) ofCustomer() bool { return c == checkCustomer || c == checkPassword }

// walk makes the checks of a list up to the one that refuses: at is its index, or len(list) if none does. class is the
// type that the token must have.
//
// The functions are cases of a switch and not fields of the rows: what is passed to a function value escapes, so each
// decision would put its request on the heap.
func (d *decision) walk(list []check, class TokenType) (at int, c cause.Cause) {
	for at, row := range list {
		switch row {
		case checkOpened:
			c = d.o.Cause
		case checkKeyEnd:
			c = d.keyEnd()
		case checkIssuedAt:
			c = d.issuedAt()
		case checkNotBefore:
			c = d.notBefore()
		case checkExpiresAt:
			c = d.expiresAt()
		case checkIssuer:
			c = d.issuer()
		case checkAudience:
			c = d.audience()
		case checkSubject:
			c = d.subject()
		case checkJWTID:
			c = d.jwtID()
		case checkExpiry:
			c = d.expiry()
		case checkID:
			c = d.id()
		case checkType:
			c = d.tokenType(class)
		case checkRefreshExpiry:
			c = d.refreshExpiry()
		case checkRevoked, checkReuse:
			c = d.revoked()
		case checkDead:
			c = d.dead()
		case checkOwn:
			c = d.own()
		case checkSession:
			c = d.session()
		case checkListed:
			c = d.listed()
		case checkOurs:
			c = d.ours()
		case checkFound:
			c = d.found()
		case checkAlive:
			c = d.alive()
		case checkWritable:
			c = d.writable()
		case checkReadable:
			c = d.readable()
		case checkActive:
			c = d.active()
		case checkRefreshCustomer:
			c = d.refreshCustomer()
		case checkNext:
			c = d.next()
		case checkCustomer:
			c = d.customer()
		case checkPassword:
			c = d.password()
		case checkCredentials:
			c = d.credentials()
		}
		if c != cause.OK {
			return at, c
		}
	}
	return len(list), cause.OK
}
