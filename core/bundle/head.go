package bundle

import (
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/core/jws"
)

// Bits of a key's flags.
const (
	flagDefault = 1 << iota
	flagAnyID
	flagRefreshOnly
)

func (h *Head) append(p []byte) []byte {
	s := &h.Settings
	p = codec.Text(codec.Text(p, string(s.Compat)), string(s.Wire))
	p = codec.Bool(p, s.BlacklistApp)
	issuer := ""
	if s.Issuer != nil {
		issuer = *s.Issuer
	}
	p = codec.Text(codec.Bool(p, s.Issuer != nil), issuer)
	p = codec.Texts(codec.Bool(p, s.AudienceList), s.Audience)
	p = codec.I64(p, s.Leeway.Microseconds())
	classes := make([]string, len(s.AuthTokenClasses))
	for i, t := range s.AuthTokenClasses {
		classes[i] = string(t)
	}
	p = codec.Texts(p, classes)
	for _, name := range h.claims() {
		p = codec.Text(p, *name)
	}
	p = append(p, byte(h.Users))
	p = codec.U16(p, uint16(len(h.Keys)))
	for _, k := range h.Keys {
		flags := byte(0)
		for i, set := range []bool{k.Default, k.AnyID, k.RefreshOnly} {
			if set {
				flags |= 1 << i
			}
		}
		p = append(codec.Text(codec.Text(p, k.ID), k.Algorithm), flags)
		p = codec.Bytes(codec.I64(p, k.NotAfter), k.Material)
	}
	return p
}

// claims are the names of claims.
func (h *Head) claims() [5]*string {
	s := &h.Settings
	return [5]*string{
		&s.UserIDClaim, &s.TokenTypeClaim, &s.IDClaim, &s.SlidingTokenRefreshExpClaim, &s.RevokeTokenClaim,
	}
}

// read reports whether b is a head whose settings and keys can be used.
func (h *Head) read(b []byte) bool {
	r := &codec.Reader{Rest: b}
	h.Settings = core.DefaultSettings()
	s := &h.Settings
	s.Compat, s.Wire, s.BlacklistApp = core.Version(r.Text()), core.Wire(r.Text()), r.Bool()
	if has, issuer := r.Bool(), r.Text(); has {
		s.Issuer = &issuer
	} else {
		r.Bad = r.Bad || issuer != ""
	}
	s.AudienceList, s.Audience = r.Bool(), r.Texts()
	µs := r.I64()
	r.Bad = r.Bad || µs < 0 || µs > maxLeeway.Microseconds()
	s.Leeway = time.Duration(µs) * time.Microsecond
	s.AuthTokenClasses = nil
	for _, t := range r.Texts() {
		s.AuthTokenClasses = append(s.AuthTokenClasses, core.TokenType(t))
	}
	for _, name := range h.claims() {
		*name = r.Text()
	}
	h.Users = core.IDKind(r.U8())
	ids := map[string]bool{}
	for n := r.U16(); n > 0 && !r.Bad; n-- {
		k := Key{KeyInfo: core.KeyInfo{ID: r.Text(), Algorithm: r.Text()}}
		flags := r.U8()
		k.Default, k.AnyID, k.RefreshOnly = flags&flagDefault != 0, flags&flagAnyID != 0, flags&flagRefreshOnly != 0
		k.NotAfter, k.Material = r.I64(), append([]byte(nil), r.Bytes()...)
		_, private, ok := jws.Numbers(k.Material)
		r.Bad = r.Bad || !ok || private || flags > 7 || strings.HasPrefix(k.Algorithm, "HS") || ids[k.ID]
		ids[k.ID] = true
		h.Keys = append(h.Keys, k)
	}
	for _, t := range s.AuthTokenClasses {
		r.Bad = r.Bad || t != core.AccessToken && t != core.SlidingToken
	}
	r.Bad = r.Bad || s.Compat != core.V55 && s.Compat != core.V52 || s.Wire != core.Secure && s.Wire != core.Exact ||
		h.Users != core.IntegerID && h.Users != core.TextID || len(s.AuthTokenClasses) == 0
	return r.Done() && h.Set(0).Validate() == nil
}

// Set describes the keys, none of which signs.
func (h *Head) Set(epoch uint64) core.KeySet {
	set := core.KeySet{Epoch: epoch}
	for _, k := range h.Keys {
		set.Keys = append(set.Keys, k.KeyInfo)
	}
	return set
}
