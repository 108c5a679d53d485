package core

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
	// textIssuer: a token whose iss is no text cannot be written again, neither for its access token nor for the blacklist (PyJWT from 2.10).
	textIssuer bool
	// blacklistReadsCustomer: blacklisting looks the customer up, so that its claim must be readable as an id (simplejwt from 5.4).
	blacklistReadsCustomer bool
	// customerSettings: CHECK_REVOKE_TOKEN and CHECK_USER_IS_ACTIVE exist.
	customerSettings bool
	// invalid and expired are the texts for what PyJWT refuses.
	invalid, expired string
}

var versions = [...]compat{
	{
		textClaims: true, userIDAsText: true, refreshChecksCustomer: true, textIssuedAt: true, textIssuer: true, blacklistReadsCustomer: true, customerSettings: true,
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

// Describe is what a client is told of a cause under these settings: the code, the detail and the short public name, which
// says nothing that the detail does not say.
func (s *Settings) Describe(cause Cause) (code Code, detail, public string) {
	v := s.Compat.compat()
	switch cause {
	case Expired:
		if v.expired == v.invalid {
			return TokenNotValid, v.invalid, "invalid"
		}
		return TokenNotValid, v.expired, "expired"
	case NoExpiresAt:
		return TokenNotValid, "Token has no 'exp' claim", "no_exp"
	case NoID:
		return TokenNotValid, "Token has no id", "no_id"
	case NoType:
		return TokenNotValid, "Token has no type", "no_type"
	case WrongType:
		return TokenNotValid, "Token has wrong type", "wrong_type"
	case Blacklisted, CutOff:
		return TokenNotValid, "Token is blacklisted", "blacklisted"
	case NoRefreshExp:
		return TokenNotValid, "Token has no '" + s.SlidingTokenRefreshExpClaim + "' claim", "no_refresh_exp"
	case RefreshExpired:
		return TokenNotValid, "Token '" + s.SlidingTokenRefreshExpClaim + "' claim has expired", "refresh_expired"
	case NoCustomerClaim:
		return TokenNotValid, "Token contained no recognizable user identification", "no_user"
	case CustomerNotFound:
		return UserNotFound, "User not found", "user_not_found"
	case CustomerInactive:
		return UserInactive, "User is inactive", "user_inactive"
	case RevokeClaim:
		return PasswordChanged, "The user's password has been changed.", "password_changed"
	case InactiveAccount:
		return NoActiveAccount, "No active account found for the given token.", "no_active_account"
	case BadCredentials:
		return NoActiveAccount, "No active account found with the given credentials", "no_active_account"
	case NoHeader:
		return NotAuthenticated, "Authentication credentials were not provided.", "not_authenticated"
	case HeaderInParts:
		return BadAuthorizationHeader, "Authorization header must contain two space-delimited values", "bad_authorization_header"
	}
	return TokenNotValid, v.invalid, "invalid"
}

// Error is the refusal with the given cause as an error; nil for OK.
func (s *Settings) Error(cause Cause) error {
	if cause == OK {
		return nil
	}
	code, detail, _ := s.Describe(cause)
	return &Error{Code: code, Cause: cause, Detail: detail}
}

// Told is what a client is told of a cause where an operation refused for it: as Describe, but that Verify has a code of its own for what is revoked
// (its serializer raises a ValidationError where all others raise a TokenError), and that the Authorization header has one detail for whatever is no
// good token. perClass says that the details of all refusals, one for each class of AUTH_TOKEN_CLASSES, are told beside that.
func (s *Settings) Told(op Op, cause Cause) (code Code, detail string, perClass bool) {
	code, detail, _ = s.Describe(cause)
	switch {
	case op == Verify && (cause == Blacklisted || cause == CutOff):
		return Invalid, detail, false
	case op == Authenticate && code == TokenNotValid && cause != NoCustomerClaim:
		return code, "Given token not valid for any token type", true
	}
	return code, detail, false
}
