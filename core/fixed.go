package core

import (
	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/core/words"
)

// fixed holds what is the same in all tokens of one configuration: how claims begin and end. Names stand there as JSON,
// each with the comma before and the colon after it. With the defaults:
//
//	{"token_type":"access","exp":1780318800,"iat":1780315200,"jti":"08e0…","user_id":"7"}
type fixed struct {
	headers      [][]byte  // by key: encoded, with its dot; nil for a key that never signs
	begin        [3][]byte // by DraftType: {"token_type":"access","exp":
	id, user     []byte    // ,"jti":" and ,"user_id":
	refreshExp   []byte    // ,"refresh_exp":
	revoke       []byte    // ,"hash_password":
	copied       claimSet  // of an access token
	slid         claimSet  // of a sliding token that is refreshed
	rotated      claimSet  // of a refresh token that follows another one
	ending       []byte    // ,"aud":"shop","iss":"https://auth.example"
	reserved     uint64    // a bit for the words.NameHash of each name that is not to be configured
	ascii        bool      // those names are ASCII alone
	userIDAsText bool      // of compat
}

// claimSet are the claims that a token does not take over from the one of which it is made.
type claimSet struct {
	own     []ownClaim
	dropped int       // so many of them, the first ones, are not written if that token lacks them
	table   [64]uint8 // by words.NameHash: 1 + the index in own of the first claim of that hash
}

// ownClaim is a claim that a token does not take over from the one of which it is made. It stands in the place where
// that has it, or after all others; or nowhere, where member is nil.
type ownClaim struct {
	name   []byte // unescaped
	first  uint64 // its first eight bytes
	member []byte // ,"aud":"shop"
	used   bool   // it stands in the token already, where it is configured for the customer
	next   uint8  // like table: the next one of the same hash
}

func (o *ownClaim) is(first uint64, name []byte) bool {
	return o.first == first && len(o.name) == len(name) && (len(name) <= 8 || string(o.name[8:]) == string(name[8:]))
}

func (c *claimSet) add(name string, member []byte) {
	o := ownClaim{name: []byte(name), first: words.At([]byte(name), 0), member: member}
	at := &c.table[words.NameHash(o.first, len(name))]
	o.next = *at
	c.own = append(c.own, o)
	*at = uint8(len(c.own))
}

func fix(s *Settings, keys KeySet) fixed {
	f := fixed{headers: make([][]byte, len(keys.Keys)), user: named(s.UserIDClaim),
		refreshExp: named(s.SlidingTokenRefreshExpClaim), userIDAsText: s.Compat.compat().userIDAsText}
	for t := range f.begin {
		f.begin[t] = beginning(s, DraftType(t).TokenType())
	}
	for _, k := range keys.Signing {
		if key := keys.inKeys(k.Key); key >= 0 {
			f.headers[key] = append(appendBase64(nil, header(s, &keys.Keys[key])), '.')
		}
	}
	if s.IDClaim != "" {
		f.id = append(named(s.IDClaim), '"')
	}
	if s.Compat.compat().customerSettings && s.CheckRevokeToken {
		f.revoke = named(s.RevokeTokenClaim)
	}
	// simplejwt RefreshToken.no_copy_claims
	for _, name := range []string{"exp", "iat", "jti", s.TokenTypeClaim, s.IDClaim} {
		if name != "" { // a setting that is None, while a claim may have that name
			f.copied.add(name, nil)
		}
	}
	f.copied.dropped = len(f.copied.own)
	// The members of these come with a request. All but iat are always there.
	f.slid.add("exp", nil)
	f.rotated.add("exp", nil)
	if s.IDClaim != "" {
		f.rotated.add(s.IDClaim, nil)
	}
	for _, set := range []*claimSet{&f.slid, &f.rotated} {
		set.dropped = len(set.own)
		set.add("iat", nil)
	}
	for _, set := range []*claimSet{&f.copied, &f.slid, &f.rotated} {
		if s.Audience != nil || s.AudienceList {
			set.add("aud", append(named("aud"), audience(s)...))
		}
		if s.Issuer != nil {
			set.add("iss", python.AppendJSON(named("iss"), *s.Issuer))
		}
	}
	for _, o := range f.copied.own[f.copied.dropped:] {
		f.ending = append(f.ending, o.member...)
	}
	f.ascii = true
	for _, name := range s.reserved() {
		f.reserved |= 1 << words.NameHash(words.At([]byte(name), 0), len(name))
		f.ascii = f.ascii && words.IsASCII([]byte(name))
	}
	return f
}

func audience(s *Settings) []byte {
	if !s.AudienceList {
		return python.AppendJSON(nil, s.Audience[0])
	}
	list := []byte{'['}
	for i, a := range s.Audience {
		if i > 0 {
			list = append(list, ',')
		}
		list = python.AppendJSON(list, a)
	}
	return append(list, ']')
}

// header is the one that tokens have which this key signs. Its members stand in alphabetical order, as PyJWT writes
// them; the exact wire names no key.
func header(s *Settings, key *KeyInfo) []byte {
	h := python.AppendJSON([]byte(`{"alg":`), key.Algorithm)
	if key.ID != "" && s.Wire != Exact {
		h = python.AppendJSON(append(h, `,"kid":`...), key.ID)
	}
	return append(h, `,"typ":"JWT"}`...)
}

func beginning(s *Settings, t TokenType) []byte {
	b := []byte{'{'}
	if s.TokenTypeClaim != "" {
		b = python.AppendJSON(append(python.AppendJSON(b, s.TokenTypeClaim), ':'), string(t))
		b = append(b, ',')
	}
	return append(b, `"exp":`...)
}

func named(name string) []byte { return append(python.AppendJSON([]byte{','}, name), ':') }
