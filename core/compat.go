package core

import (
	"github.com/edgetoken/edgetoken/core/cause"
)

// What tokens mean in each version, in one place. What HTTP shows in each version stands in host/httpapi.

// compat is how one version reads and writes tokens.
type compat struct {
	// textClaims: sub and jti must be texts (PyJWT from 2.10).
	textClaims bool
	// userIDAsText: USER_ID_CLAIM is written as a text even where it is an integer (simplejwt from 5.5).
	userIDAsText bool
	// refreshChecksCustomer: a refresh asks for the customer (simplejwt from 5.4).
	refreshChecksCustomer bool
	// copiesIssuedAt: a refreshed access token keeps the refresh token's iat (simplejwt before 5.3).
	copiesIssuedAt bool
	// textIssuedAt: iat may be a text that int() reads (PyJWT from 2.7).
	textIssuedAt bool
	// textIssuer: a token whose iss is no text cannot be written again, neither for its access token nor for the
	// blacklist (PyJWT from 2.10).
	textIssuer bool
	// blacklistReadsCustomer: blacklisting looks the customer up, so that its claim must be readable as an id
	// (simplejwt from 5.4).
	blacklistReadsCustomer bool
	// customerSettings: CHECK_REVOKE_TOKEN and CHECK_USER_IS_ACTIVE exist.
	customerSettings bool
	// invalid and expired are the texts for what PyJWT refuses.
	invalid, expired string
}

var versions = [...]compat{
	{
		textClaims: true, userIDAsText: true, refreshChecksCustomer: true, textIssuedAt: true, textIssuer: true,
		blacklistReadsCustomer: true, customerSettings: true,
		invalid: "Token is invalid", expired: "Token is expired",
	},
	{
		copiesIssuedAt: true,
		invalid:        "Token is invalid or expired", expired: "Token is invalid or expired",
	},
}

// compat is how v reads and writes tokens; settings with another version were refused.
func (v Version) compat() *compat {
	if v == V52 {
		return &versions[1]
	}
	return &versions[0]
}

// Describe is what a client is told of a cause under these settings: the code, the detail and the short public name,
// which says nothing that the detail does not say.
func (s *Settings) Describe(c cause.Cause) (code Code, detail, public string) {
	v := s.Compat.compat()
	switch c {
	case cause.Expired, cause.SessionEnded, cause.SessionIdle:
		if v.expired == v.invalid {
			return TokenNotValid, v.invalid, "invalid"
		}
		return TokenNotValid, v.expired, "expired"
	case cause.NoExpiresAt:
		return TokenNotValid, "Token has no 'exp' claim", "no_exp"
	case cause.NoID:
		return TokenNotValid, "Token has no id", "no_id"
	case cause.NoType:
		return TokenNotValid, "Token has no type", "no_type"
	case cause.WrongType:
		return TokenNotValid, "Token has wrong type", "wrong_type"
	case cause.Blacklisted, cause.Reused, cause.CutOff:
		return TokenNotValid, "Token is blacklisted", "blacklisted"
	case cause.NoRefreshExp:
		return TokenNotValid, "Token has no '" + s.SlidingTokenRefreshExpClaim + "' claim", "no_refresh_exp"
	case cause.RefreshExpired:
		return TokenNotValid, "Token '" + s.SlidingTokenRefreshExpClaim + "' claim has expired", "refresh_expired"
	case cause.NoCustomerClaim:
		return TokenNotValid, "Token contained no recognizable user identification", "no_user"
	case cause.CustomerNotFound:
		return UserNotFound, "User not found", "user_not_found"
	case cause.CustomerInactive:
		return UserInactive, "User is inactive", "user_inactive"
	case cause.RevokeClaim:
		return PasswordChanged, "The user's password has been changed.", "password_changed"
	case cause.InactiveAccount:
		return NoActiveAccount, "No active account found for the given token.", "no_active_account"
	case cause.BadCredentials:
		return NoActiveAccount, "No active account found with the given credentials", "no_active_account"
	case cause.NoHeader:
		return NotAuthenticated, "Authentication credentials were not provided.", "not_authenticated"
	case cause.HeaderInParts:
		return BadAuthorizationHeader, "Authorization header must contain two space-delimited values",
			"bad_authorization_header"
	}
	return TokenNotValid, v.invalid, "invalid"
}

// Error is the refusal with the given cause as an error; nil for OK.
func (s *Settings) Error(c cause.Cause) error {
	if c == cause.OK {
		return nil
	}
	code, detail, _ := s.Describe(c)
	return &Error{Code: code, Cause: c, Detail: detail}
}

// Told is what a client is told where an operation refused for a cause. It is Describe with two exceptions: Verify has
// its own code for what is revoked (its serializer raises a ValidationError where all others raise a TokenError), and
// the Authorization header has one detail for every token that is not good. perClass says that the answer also has the
// detail of each refusal, one for each class of AUTH_TOKEN_CLASSES.
func (s *Settings) Told(op Op, c cause.Cause) (code Code, detail string, perClass bool) {
	code, detail, _ = s.Describe(c)
	switch {
	case op == Verify && (c == cause.Blacklisted || c == cause.CutOff):
		return Invalid, detail, false
	case op == Authenticate && code == TokenNotValid && c != cause.NoCustomerClaim:
		return code, "Given token not valid for any token type", true
	}
	return code, detail, false
}
