package abi

import (
	"math"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/codec"
)

// Config is the message of Configure: the settings, the description of the keys, and for self-contained modules their
// material.
//
//	text compat | text wire | text node | i64 access, i64 refresh, i64 sliding, i64 sliding refresh lifetime (µs) |
//	i64 leeway, i64 grace of refresh, i64 longest session, i64 idle (µs) |
//	u8 blacklist app | u8 rotate | u8 blacklist after rotation | u8 last_login | u8 check revoke token |
//	u8 check active | u8 has issuer | text issuer | u8 audience is a list | texts audience | texts header types |
//	texts token classes |
//	text user id claim | text type claim | text id claim | text refresh exp claim | text revoke claim |
//	u64 epoch | u16 count | count × (text kid | text alg | text issuer | u8 default | u8 any kid |
//	i64 end (Unix s, 0: none) | bytes material) | u16 count | count × (u16 key that signs | i64 from (Unix s))
//
// Texts in the plural are u16 count, then each. It begins for version 5.5 and the secure wire:
//
//	03 00 35 2e 35 | 06 00 73 65 63 75 72 65 | …
type Config struct {
	Settings core.Settings
	Set      core.KeySet
	Material [][]byte // of each key of Set; empty if the host holds the keys
}

// Append appends the encoding to b.
func (c *Config) Append(b []byte) []byte {
	s := &c.Settings
	for _, t := range []string{string(s.Compat), string(s.Wire), s.Node} {
		b = codec.Text(b, t)
	}
	for _, d := range []time.Duration{s.AccessTokenLifetime, s.RefreshTokenLifetime, s.SlidingTokenLifetime,
		s.SlidingTokenRefreshLifetime, s.Leeway, s.RefreshGrace, s.MaxSession, s.RefreshIdle} {
		b = codec.I64(b, d.Microseconds())
	}
	for _, v := range []bool{s.BlacklistApp, s.RotateRefreshTokens, s.BlacklistAfterRotation, s.UpdateLastLogin,
		s.CheckRevokeToken, s.CheckUserIsActive, s.Issuer != nil} {
		b = codec.Bool(b, v)
	}
	issuer := ""
	if s.Issuer != nil {
		issuer = *s.Issuer
	}
	b = codec.Text(b, issuer)
	b = codec.Bool(b, s.AudienceList)
	b = codec.Texts(b, s.Audience)
	b = codec.Texts(b, s.AuthHeaderTypes)
	classes := make([]string, len(s.AuthTokenClasses))
	for i, t := range s.AuthTokenClasses {
		classes[i] = string(t)
	}
	b = codec.Texts(b, classes)
	for _, t := range []string{s.UserIDClaim, s.TokenTypeClaim, s.IDClaim, s.SlidingTokenRefreshExpClaim,
		s.RevokeTokenClaim} {
		b = codec.Text(b, t)
	}
	b = codec.U64(b, c.Set.Epoch)
	b = codec.U16(b, uint16(len(c.Set.Keys)))
	for i, k := range c.Set.Keys {
		for _, t := range []string{k.ID, k.Algorithm, k.Issuer} {
			b = codec.Text(b, t)
		}
		b = codec.Bool(b, k.Default)
		b = codec.Bool(b, k.AnyID)
		b = codec.Bool(b, k.RefreshOnly)
		b = codec.I64(codec.I64(b, k.NotAfter), k.Longest)
		var material []byte
		if i < len(c.Material) {
			material = c.Material[i]
		}
		b = codec.Bytes(b, material)
	}
	b = codec.U16(b, uint16(len(c.Set.Signing)))
	for _, k := range c.Set.Signing {
		b = codec.I64(codec.U16(b, uint16(k.Key)), k.From)
	}
	return b
}

// ReadConfig reads the message. It keeps nothing of b.
func ReadConfig(b []byte) (*Config, bool) {
	r := &codec.Reader{Rest: b}
	c := &Config{}
	s := &c.Settings
	s.Compat, s.Wire, s.Node = core.Version(r.Text()), core.Wire(r.Text()), r.Text()
	for _, d := range []*time.Duration{&s.AccessTokenLifetime, &s.RefreshTokenLifetime, &s.SlidingTokenLifetime,
		&s.SlidingTokenRefreshLifetime, &s.Leeway, &s.RefreshGrace, &s.MaxSession, &s.RefreshIdle} {
		µs := r.I64()
		r.Bad = r.Bad || µs < 0 || µs > math.MaxInt64/1000
		*d = time.Duration(µs) * time.Microsecond
	}
	hasIssuer := false
	for _, v := range []*bool{&s.BlacklistApp, &s.RotateRefreshTokens, &s.BlacklistAfterRotation, &s.UpdateLastLogin,
		&s.CheckRevokeToken, &s.CheckUserIsActive, &hasIssuer} {
		*v = r.Bool()
	}
	issuer := r.Text()
	if hasIssuer {
		s.Issuer = &issuer
	}
	s.AudienceList = r.Bool()
	s.Audience = r.Texts()
	s.AuthHeaderTypes = r.Texts()
	for _, t := range r.Texts() {
		s.AuthTokenClasses = append(s.AuthTokenClasses, core.TokenType(t))
	}
	for _, t := range []*string{&s.UserIDClaim, &s.TokenTypeClaim, &s.IDClaim, &s.SlidingTokenRefreshExpClaim,
		&s.RevokeTokenClaim} {
		*t = r.Text()
	}
	c.Set.Epoch = r.U64()
	for n := r.U16(); n > 0 && !r.Bad; n-- {
		k := core.KeyInfo{ID: r.Text(), Algorithm: r.Text(), Issuer: r.Text(), Default: r.Bool(), AnyID: r.Bool(),
			RefreshOnly: r.Bool(), NotAfter: r.I64(), Longest: r.I64()}
		c.Set.Keys = append(c.Set.Keys, k)
		c.Material = append(c.Material, append([]byte(nil), r.Bytes()...))
	}
	for n := r.U16(); n > 0 && !r.Bad; n-- {
		c.Set.Signing = append(c.Set.Signing, core.SigningKey{Key: int(r.U16()), From: r.I64()})
	}
	known := (s.Compat == core.V55 || s.Compat == core.V52) && (s.Wire == core.Secure || s.Wire == core.Exact)
	return c, r.Done() && known && (hasIssuer || issuer == "") && c.Set.Validate() == nil
}
