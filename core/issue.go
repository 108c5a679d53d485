package core

import (
	"encoding/base64"
	"slices"
	"strconv"
)

// reserveAhead is how far ahead family starts are reserved, in milliseconds, so that few log-ins have to make a reservation durable.
const reserveAhead = 60_000

// claimList is an ordered list of claims, as a Python dict keeps them: a value that is set again keeps its place.
type claimList []claimMember

type claimMember struct {
	name  string
	value []byte // JSON
}

func (l *claimList) set(name string, value []byte) {
	for i := range *l {
		if (*l)[i].name == name {
			(*l)[i].value = value
			return
		}
	}
	*l = append(*l, claimMember{name, value})
}

func (l *claimList) setInt(name string, v int64)   { l.set(name, strconv.AppendInt(nil, v, 10)) }
func (l *claimList) setText(name string, v string) { l.set(name, appendJSONString(nil, v)) }

// merge sets the members of a JSON object that were scanned before, but those that skip names.
func (l *claimList) merge(object []byte, skip func(name string) bool) {
	var s scanner
	for more := s.begin(object, maxNames); more; more = s.next() {
		m := &s.member
		if name := string(m.name); !skip(name) {
			value := object[m.value.Start:m.value.End]
			if m.value.Form == String {
				value = object[m.value.Start-1 : m.value.End+1]
			}
			l.set(name, value)
		}
	}
}

// dropNulls removes the claims that are null in a JSON object which was merged before.
func (l *claimList) dropNulls(object []byte) {
	var s scanner
	for more := s.begin(object, maxNames); more; more = s.next() {
		if s.member.value.Form == Null {
			*l = slices.DeleteFunc(*l, func(m claimMember) bool { return m.name == string(s.member.name) })
		}
	}
}

// login writes the pair of a log-in: a new family, its refresh token of generation 0, and an access token with the same claims.
func (p *Prepared) login(j *judge, keys KeySet) {
	now := j.req.Now
	fam := newFamily(max(now.UnixMilli(), j.req.State.CutOff+1), j.req.Entropy)
	p.Effects.Reads.Start = fam.Start
	if fam.Start > j.req.State.HighWater {
		p.Effects.List = append(p.Effects.List, Effect{Kind: ReserveStart, At: fam.Start + reserveAhead})
	}
	c := &j.req.State.Customer
	if j.s.UpdateLastLogin {
		p.Effects.List = append(p.Effects.List, Effect{Kind: RecordLogin, Customer: c.ID, At: j.now})
	}
	for _, t := range []TokenType{RefreshToken, AccessToken} {
		l := j.newToken(t, fam)
		if c.UserID.Kind == IntegerID && !j.v.userIDAsText {
			l.setInt(j.s.UserIDClaim, c.UserID.Int)
		} else {
			l.setText(j.s.UserIDClaim, c.UserID.String())
		}
		if j.v.customerSettings && j.s.CheckRevokeToken {
			l.setText(j.s.RevokeTokenClaim, c.RevokeClaim)
		}
		j.configured(&l)
		p.write(j, t, keys, l)
	}
}

// refreshedAccess is the access token that a refresh token gives: its own type, times and id, then the other claims of the refresh token in
// their order (simplejwt RefreshToken.no_copy_claims).
func (j *judge) refreshedAccess() claimList {
	l := j.newToken(AccessToken, j.fam)
	l.merge(j.o.Claims, func(name string) bool {
		switch name {
		case "":
			return false // a name, not a setting that is None
		case "exp", "jti", j.s.TokenTypeClaim, j.s.IDClaim:
			return true
		}
		return name == "iat" && !j.v.copiesIssuedAt
	})
	j.configured(&l)
	return l
}

// newToken begins a token of type t in a family: type, exp, iat, id.
func (j *judge) newToken(t TokenType, fam Family) claimList {
	lifetime, kind, sequence := j.s.AccessTokenLifetime, AccessByEntropy, j.sequence()
	if t == RefreshToken {
		lifetime, kind, sequence = j.s.RefreshTokenLifetime, RefreshKind, 0
	}
	if !fam.Listed { // an id that can be in no list names no family: fresh bits
		fam.Bits = newFamily(0, j.req.Entropy).Bits
	}
	fam.Start = max(fam.Start, familyEpoch)
	var l claimList
	if j.s.TokenTypeClaim != "" {
		l.setText(j.s.TokenTypeClaim, string(t))
	}
	l.setInt("exp", j.req.Now.Add(lifetime).Unix())
	l.setInt("iat", j.req.Now.Unix())
	if j.s.IDClaim != "" {
		l.setText(j.s.IDClaim, fam.tokenID(kind, sequence))
	}
	return l
}

// sequence is the random part of an access token's id: 4 bytes of entropy that name no family.
func (j *judge) sequence() uint32 {
	e := j.req.Entropy[8:12]
	return uint32(e[0]) | uint32(e[1])<<8 | uint32(e[2])<<16 | uint32(e[3])<<24
}

// configured adds the claims that are configured for customers, fresh at each log-in and refresh, then aud and iss. One that is null is left out,
// whatever a refresh token says of it.
func (j *judge) configured(l *claimList) {
	if len(j.req.Extra) > 0 {
		l.merge(j.req.Extra, func(string) bool { return false })
		l.dropNulls(j.req.Extra)
	}
	switch {
	case j.s.AudienceList:
		list := []byte{'['}
		for i, a := range j.s.Audience {
			if i > 0 {
				list = append(list, ',')
			}
			list = appendJSONString(list, a)
		}
		l.set("aud", append(list, ']'))
	case j.s.Audience != nil:
		l.setText("aud", j.s.Audience[0])
	}
	if j.s.Issuer != nil {
		l.setText("iss", *j.s.Issuer)
	}
}

// write adds a token with these claims: its signing input now, its signature later. The members of the header stand in
// alphabetical order, as PyJWT writes them; the exact wire names no key.
func (p *Prepared) write(j *judge, t TokenType, keys KeySet, l claimList) {
	key := &keys.Keys[keys.Signing]
	header := append([]byte(`{"alg":`), appendJSONString(nil, key.Algorithm)...)
	if key.ID != "" && j.s.Wire != Exact {
		header = append(append(header, `,"kid":`...), appendJSONString(nil, key.ID)...)
	}
	header = append(header, `,"typ":"JWT"}`...)
	claims := []byte{'{'}
	for i, m := range l {
		if i > 0 {
			claims = append(claims, ',')
		}
		claims = append(append(appendJSONString(claims, m.name), ':'), m.value...)
	}
	claims = append(claims, '}')
	input := append(base64.RawURLEncoding.AppendEncode(nil, header), '.')
	p.Inputs = append(p.Inputs, base64.RawURLEncoding.AppendEncode(input, claims))
	p.Tokens = append(p.Tokens, Token{Type: t})
}
