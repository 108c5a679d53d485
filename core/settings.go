package core

import (
	"errors"
	"strconv"
	"time"
)

// Version says whose wire and whose reading of tokens is spoken.
type Version string

const (
	V55 Version = "5.5" // djangorestframework-simplejwt 5.5 with PyJWT 2.15
	V52 Version = "5.2" // djangorestframework-simplejwt 5.2 with PyJWT 2.6
)

// Wire says how closely the reference is followed where it is careless.
type Wire string

const (
	// Secure is the default: revocation, disabling and removal reach every token, access tokens included.
	Secure Wire = "secure"
	// Exact is the reference to the letter: access tokens are good to their end, tokens carry no kid.
	Exact Wire = "exact"
)

// TokenType is the value of the token type claim.
type TokenType string

const (
	AccessToken  TokenType = "access"
	RefreshToken TokenType = "refresh"
	SlidingToken TokenType = "sliding"
)

// ClassName is the name of the class of simplejwt that reads tokens of type t; error bodies show it.
func (t TokenType) ClassName() string {
	switch t {
	case AccessToken:
		return "AccessToken"
	case RefreshToken:
		return "RefreshToken"
	case SlidingToken:
		return "SlidingToken"
	}
	return "UntypedToken"
}

// Settings are the settings that tokens depend on. Names in capitals are those of SIMPLE_JWT. DefaultSettings has the
// defaults; the zero value is not usable.
type Settings struct {
	Compat Version
	Wire   Wire
	// Node is the name that this node's effects carry. May be empty.
	Node string

	AccessTokenLifetime  time.Duration // ACCESS_TOKEN_LIFETIME
	RefreshTokenLifetime time.Duration // REFRESH_TOKEN_LIFETIME
	// SlidingTokenLifetime is SLIDING_TOKEN_LIFETIME, and SlidingTokenRefreshLifetime SLIDING_TOKEN_REFRESH_LIFETIME:
	// for so long after its log-in a sliding token can be refreshed.
	SlidingTokenLifetime, SlidingTokenRefreshLifetime time.Duration
	// BlacklistApp says whether tokens can be blacklisted at all (simplejwt's token_blacklist among INSTALLED_APPS).
	BlacklistApp           bool
	RotateRefreshTokens    bool // ROTATE_REFRESH_TOKENS; a refresh also gives a new refresh token
	BlacklistAfterRotation bool // BLACKLIST_AFTER_ROTATION; without rotation it makes verify ask the blacklist
	UpdateLastLogin        bool // UPDATE_LAST_LOGIN

	// These count on the secure wire alone. RefreshGrace is for how long after a refresh token was spent the same
	// request gets the same answer again; at most MaxGrace, 0: not at all. MaxSession is for how long after its start a
	// family that rotates gives tokens, and never less than RefreshTokenLifetime; 0: without end. RefreshIdle is for
	// how long a refresh token that rotates may lie unused; 0: until it expires.
	RefreshGrace, MaxSession, RefreshIdle time.Duration

	Audience     []string      // AUDIENCE; nil: none
	AudienceList bool          // whether AUDIENCE is a list, so that aud is written as one
	Issuer       *string       // ISSUER; nil: none
	Leeway       time.Duration // LEEWAY

	AuthHeaderTypes  []string    // AUTH_HEADER_TYPES, at least one
	AuthTokenClasses []TokenType // AUTH_TOKEN_CLASSES: AccessToken, SlidingToken

	UserIDClaim    string // USER_ID_CLAIM
	TokenTypeClaim string // TOKEN_TYPE_CLAIM; "": None, types are neither written nor checked
	IDClaim        string // JTI_CLAIM; "": None, ids are neither written nor checked

	SlidingTokenRefreshExpClaim string // SLIDING_TOKEN_REFRESH_EXP_CLAIM

	CheckRevokeToken  bool   // CHECK_REVOKE_TOKEN (5.5)
	RevokeTokenClaim  string // REVOKE_TOKEN_CLAIM (5.5)
	CheckUserIsActive bool   // CHECK_USER_IS_ACTIVE (5.5; in 5.2 it is always checked)

	// MaxAge is how old the state of a node in a fleet may be (CheckAge); 0: the node is alone, and its state is the
	// present. WhenStale is what the node does while its state is older. No engine reads them.
	MaxAge    time.Duration
	WhenStale StalePolicy
}

// DefaultSettings are simplejwt's defaults with the lifetimes and UPDATE_LAST_LOGIN of the service:
// access tokens one hour, refresh tokens three days, last_login kept.
func DefaultSettings() Settings {
	return Settings{
		Compat:                      V55,
		Wire:                        Secure,
		AccessTokenLifetime:         time.Hour,
		RefreshTokenLifetime:        3 * 24 * time.Hour,
		SlidingTokenLifetime:        5 * time.Minute,
		SlidingTokenRefreshLifetime: 24 * time.Hour,
		BlacklistApp:                true,
		UpdateLastLogin:             true,
		RefreshGrace:                10 * time.Second,
		MaxSession:                  30 * 24 * time.Hour,
		AuthHeaderTypes:             []string{"Bearer"},
		AuthTokenClasses:            []TokenType{AccessToken},
		UserIDClaim:                 "user_id",
		TokenTypeClaim:              "token_type",
		IDClaim:                     "jti",
		SlidingTokenRefreshExpClaim: "refresh_exp",
		RevokeTokenClaim:            "hash_password",
		CheckUserIsActive:           true,
	}
}

// MaxGrace bounds RefreshGrace.
const MaxGrace = 5 * time.Minute

// Advances reports whether a refresh spends the refresh token: it is replaced by that of the next generation.
func (s *Settings) Advances() bool {
	return s.RotateRefreshTokens && s.BlacklistAfterRotation && s.BlacklistApp
}

// AccessOnly are the settings of an engine that refreshes without advancing: it gives an access token alone, and the
// refresh token stays good. A node has the end of the session, and how long the token lay unused, checked before.
func (s Settings) AccessOnly() Settings {
	s.RotateRefreshTokens, s.RefreshIdle = false, 0
	return s
}

// lifetimes are how long an access token and a refresh token may be accepted after they were issued, in whole seconds:
// ACCESS_TOKEN_LIFETIME and REFRESH_TOKEN_LIFETIME, each with LEEWAY. A sliding token is both, so its lifetimes count
// too.
func (s *Settings) lifetimes() (access, refresh int64) {
	whole := func(lifetime time.Duration) int64 {
		return int64((lifetime + s.Leeway + time.Second - 1) / time.Second)
	}
	return whole(max(s.AccessTokenLifetime, s.SlidingTokenLifetime)),
		whole(max(s.RefreshTokenLifetime, s.SlidingTokenRefreshLifetime))
}

// LongestLifetime is the longest time that a token may be accepted after it was issued, in whole seconds, LEEWAY
// included.
func (s *Settings) LongestLifetime() int64 {
	access, refresh := s.lifetimes()
	return max(access, refresh)
}

// Validate reports every mistake, each naming its setting; nil where there is none.
func (s Settings) Validate() []error {
	var errs []error
	bad := func(setting, text string) { errs = append(errs, errors.New(setting+": "+text)) }
	if s.Compat != V55 && s.Compat != V52 {
		bad("compat", strconv.Quote(string(s.Compat))+" is no version that is spoken here; use \"5.5\" or \"5.2\"")
	}
	if s.Wire != Secure && s.Wire != Exact {
		bad("wire", strconv.Quote(string(s.Wire))+" is unknown; use secure or exact")
	}
	for _, l := range []struct {
		setting  string
		lifetime time.Duration
	}{
		{"ACCESS_TOKEN_LIFETIME", s.AccessTokenLifetime}, {"REFRESH_TOKEN_LIFETIME", s.RefreshTokenLifetime},
		{"SLIDING_TOKEN_LIFETIME", s.SlidingTokenLifetime},
		{"SLIDING_TOKEN_REFRESH_LIFETIME", s.SlidingTokenRefreshLifetime},
	} {
		if l.lifetime < time.Second {
			bad(l.setting, "must be at least 1 second")
		}
	}
	if s.RefreshGrace < 0 || s.RefreshGrace > MaxGrace {
		bad("refresh.grace", "must be between 0 and 5 minutes")
	}
	if s.MaxSession < 0 {
		bad("refresh.max_session", "must not be negative")
	}
	switch {
	case s.RefreshIdle != 0 && s.RefreshIdle < time.Second:
		bad("refresh.idle", "must be at least 1 second; 0 for no bound")
	case s.RefreshIdle > 0 && !s.RotateRefreshTokens:
		bad("refresh.idle", "needs ROTATE_REFRESH_TOKENS: a refresh token that is not replaced does not show when it "+
			"was used")
	}
	if s.Leeway < 0 {
		bad("LEEWAY", "must not be negative")
	}
	if s.MaxAge < 0 {
		bad("fleet.staleness", "must not be negative")
	}
	if s.WhenStale > Open {
		bad("fleet.when_stale", "is unknown; use closed or open")
	}
	if s.Audience != nil && len(s.Audience) == 0 {
		bad("AUDIENCE", "an empty list refuses every token; name an audience or leave it out")
	}
	if len(s.AuthHeaderTypes) == 0 {
		bad("AUTH_HEADER_TYPES", "must name at least one type, such as Bearer")
	}
	if len(s.AuthTokenClasses) == 0 {
		bad("AUTH_TOKEN_CLASSES", "must name at least one class: access or sliding")
	}
	for _, t := range s.AuthTokenClasses {
		if t != AccessToken && t != SlidingToken {
			bad("AUTH_TOKEN_CLASSES",
				strconv.Quote(string(t))+" is no class of tokens in a header; use access or sliding")
		}
	}
	names := map[string]string{"exp": "", "iat": "", "nbf": "", "aud": "", "iss": ""}
	for _, c := range []struct {
		setting, name string
		mayBeNone     bool
	}{
		{"TOKEN_TYPE_CLAIM", s.TokenTypeClaim, true},
		{"JTI_CLAIM", s.IDClaim, true},
		{"USER_ID_CLAIM", s.UserIDClaim, false},
		{"SLIDING_TOKEN_REFRESH_EXP_CLAIM", s.SlidingTokenRefreshExpClaim, false},
		{"REVOKE_TOKEN_CLAIM", s.RevokeTokenClaim, false},
	} {
		if c.name == "" {
			if !c.mayBeNone {
				bad(c.setting, "must not be empty")
			}
			continue
		}
		if len(c.name) > 255 {
			bad(c.setting, "is longer than 255 bytes")
		}
		if other, taken := names[c.name]; taken && other == "" {
			bad(c.setting,
				strconv.Quote(c.name)+" is a registered claim with a meaning of its own (RFC 7519 §4.1); "+
					"choose another name")
		} else if taken {
			bad(c.setting, strconv.Quote(c.name)+" is the name that "+other+" has already")
		}
		names[c.name] = c.setting
	}
	return errs
}
