package coretest

import (
	"time"

	"github.com/edgetoken/edgetoken/core"
)

// Settings by name, for both versions and wires.
var variants = map[string]core.Settings{
	"5.5":      settings(func(s *core.Settings) { s.Wire = core.Exact }),
	"5.2":      settings(func(s *core.Settings) { s.Compat = core.V52; s.Wire = core.Exact }),
	"5.5 safe": settings(nil),
	"5.2 safe": settings(func(s *core.Settings) { s.Compat = core.V52 }),
	"bar":      settings(func(s *core.Settings) { s.Wire = core.Exact; s.BlacklistAfterRotation = true }),
	"rotate":   settings(func(s *core.Settings) { s.Wire = core.Exact; s.RotateRefreshTokens = true }),
	"5.2rotate": settings(func(s *core.Settings) {
		s.Compat, s.Wire, s.RotateRefreshTokens = core.V52, core.Exact, true
	}),
	"advance": settings(func(s *core.Settings) {
		s.Wire, s.RotateRefreshTokens, s.BlacklistAfterRotation = core.Exact, true, true
	}),
	"5.2advance": settings(func(s *core.Settings) {
		s.Compat, s.Wire, s.RotateRefreshTokens, s.BlacklistAfterRotation = core.V52, core.Exact, true, true
	}),
	"safe advance": settings(func(s *core.Settings) {
		s.RotateRefreshTokens, s.BlacklistAfterRotation = true, true
	}),
	"5.2safe advance": settings(func(s *core.Settings) {
		s.Compat, s.RotateRefreshTokens, s.BlacklistAfterRotation = core.V52, true, true
	}),
	"short session": settings(func(s *core.Settings) {
		s.RotateRefreshTokens, s.RefreshTokenLifetime, s.MaxSession = true, time.Minute, time.Hour
		s.AccessTokenLifetime = time.Hour
	}),
	"idle": settings(func(s *core.Settings) { s.RotateRefreshTokens, s.RefreshIdle = true, 30*time.Second }),
	"no types, safe advance": settings(func(s *core.Settings) {
		s.TokenTypeClaim, s.RotateRefreshTokens, s.BlacklistAfterRotation = "", true, true
	}),
	"no list": settings(func(s *core.Settings) { s.Wire = core.Exact; s.BlacklistApp = false }),
	"aud":     settings(func(s *core.Settings) { s.Audience = []string{"shop", "app"}; s.AudienceList = true }),
	"iss":     settings(func(s *core.Settings) { iss := "https://auth.example"; s.Issuer = &iss }),
	"leeway":  settings(func(s *core.Settings) { s.Leeway = 10 * time.Second }),
	"revoke":  settings(func(s *core.Settings) { s.CheckRevokeToken = true }),
	"5.2revoke": settings(func(s *core.Settings) {
		s.Compat, s.CheckRevokeToken, s.CheckUserIsActive = core.V52, true, false
	}),
	"inactive": settings(func(s *core.Settings) { s.CheckUserIsActive = false; s.Wire = core.Exact }),
	"names": settings(func(s *core.Settings) {
		s.UserIDClaim, s.TokenTypeClaim, s.IDClaim = "sub", "typ", "tid"
	}),
	"no names": settings(func(s *core.Settings) { s.TokenTypeClaim, s.IDClaim = "", "" }),
	"no types, advance": settings(func(s *core.Settings) {
		s.Wire, s.TokenTypeClaim, s.RotateRefreshTokens, s.BlacklistAfterRotation = core.Exact, "", true, true
	}),
	"no names, rotate": settings(func(s *core.Settings) {
		s.TokenTypeClaim, s.IDClaim, s.RotateRefreshTokens = "", "", true
	}),
	"everything": settings(func(s *core.Settings) {
		issuer := "us"
		s.UserIDClaim, s.TokenTypeClaim, s.IDClaim, s.SlidingTokenRefreshExpClaim = "sub", "typ", "tid", "until"
		s.RevokeTokenClaim, s.CheckRevokeToken, s.Issuer = "hash", true, &issuer
		s.Audience, s.AudienceList = []string{"shop"}, true
		s.SlidingTokenLifetime, s.SlidingTokenRefreshLifetime = time.Minute, 2*time.Hour
		s.RotateRefreshTokens = true
	}),
	"classes": settings(func(s *core.Settings) {
		s.AuthTokenClasses = []core.TokenType{core.AccessToken,
			core.SlidingToken}
	}),
}
