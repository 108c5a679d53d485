package core

import (
	"encoding/binary"
	"math/bits"
	"strconv"

	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/core/strictjson"
	"github.com/edgetoken/edgetoken/core/words"
)

// fixed holds what is the same in all tokens of one configuration: how claims begin and end. Names stand there as JSON,
// each with the comma before and the colon after it. With the defaults:
//
//	{"token_type":"access","exp":1780318800,"iat":1780315200,"jti":"08e0…","user_id":"7"}
type fixed struct {
	headers         [][]byte // by key: encoded, with its dot; nil for a key that never signs
	refresh, access []byte   // {"token_type":"access","exp":
	id, user        []byte   // ,"jti":" and ,"user_id":
	revoke          []byte   // ,"hash_password":
	own             []ownClaim
	dropped         int       // so many of them, the first ones, are nowhere
	table           [64]uint8 // by words.NameHash: 1 + the index in own of the first claim of that hash
	reserved        uint64    // a bit for the words.NameHash of each name that is not to be configured
	ascii           bool      // those names are ASCII alone
}

// ownClaim is a claim that an access token does not take over from its refresh token. It stands in the place where
// the refresh token has it, or after all others; or nowhere, where member is nil.
type ownClaim struct {
	name   []byte // unescaped
	first  uint64 // its first eight bytes
	member []byte // ,"aud":"shop"
	used   bool   // it stands in the token already
	next   uint8  // like table: the next one of the same hash
}

func (o *ownClaim) is(first uint64, name []byte) bool {
	return o.first == first && len(o.name) == len(name) && (len(name) <= 8 || string(o.name[8:]) == string(name[8:]))
}

func (f *fixed) add(name string, member []byte) {
	o := ownClaim{name: []byte(name), first: words.At([]byte(name), 0), member: member}
	at := &f.table[words.NameHash(o.first, len(name))]
	o.next = *at
	f.own = append(f.own, o)
	*at = uint8(len(f.own))
}

func fix(s *Settings, keys KeySet) fixed {
	f := fixed{headers: make([][]byte, len(keys.Keys)), refresh: beginning(s, RefreshToken),
		access: beginning(s, AccessToken), user: named(s.UserIDClaim)}
	for _, k := range keys.Signing {
		f.headers[k.Key] = append(appendBase64(nil, header(s, &keys.Keys[k.Key])), '.')
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
			f.add(name, nil)
		}
	}
	f.dropped = len(f.own)
	if s.Audience != nil || s.AudienceList {
		f.add("aud", append(named("aud"), audience(s)...))
	}
	if s.Issuer != nil {
		f.add("iss", python.AppendJSON(named("iss"), *s.Issuer))
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

// login writes the pair of a log-in: a new family, its refresh token of generation 0, and an access token with the
// same claims.
func (w *Writer) login(d *decision) {
	p := &w.prepared
	fam := newFamily(max(d.req.Now.UnixMilli(), d.req.State.CutOff+1), d.req.Entropy)
	p.Effects.Reads.Start = fam.Start
	if fam.Start > d.req.State.HighWater {
		p.Effects.List = append(p.Effects.List, Effect{Kind: ReserveStart, At: ReserveUntil(fam.Start)})
	}
	c := &d.req.State.Customer
	if d.s.UpdateLastLogin {
		p.Effects.List = append(p.Effects.List, Effect{Kind: RecordLogin, Customer: c.ID, At: d.now})
	}
	b := append(w.shared[:0], w.fixed.user...)
	switch {
	case c.UserID.Kind == TextID:
		b = python.AppendJSON(b, c.UserID.Text)
	case d.v.userIDAsText:
		b = append(strconv.AppendInt(append(b, '"'), c.UserID.Int, 10), '"')
	default:
		b = strconv.AppendInt(b, c.UserID.Int, 10)
	}
	if w.fixed.revoke != nil {
		b = python.AppendJSON(append(b, w.fixed.revoke...), c.RevokeClaim)
	}
	w.shared = w.configured(b)
	begun := w.begin(d, RefreshToken)
	w.write(RefreshToken, begun, append(w.identified(d, RefreshToken, begun, fam), w.shared...))
	begun = w.begin(d, AccessToken)
	w.write(AccessToken, begun, append(w.identified(d, AccessToken, begun, fam), w.shared...))
}

// refresh writes the access token that a refresh token gives: its own type, times and id, then the other claims of
// the refresh token in their order.
func (w *Writer) refresh(d *decision) {
	begun := w.begin(d, AccessToken)
	b := w.identified(d, AccessToken, begun, d.fam)
	w.write(AccessToken, begun, w.configured(w.copied(b, d.o.Claims)))
}

// begun is the beginning of all tokens of one type that one key signs with the same times: it is kept, for the next
// token is mostly of the same second.
type begun struct {
	key             int
	expires, issued int64 // Unix seconds
	// the header and as much of the claims as is three bytes each, encoded; empty: there is none yet
	input  []byte
	claims []byte // what was left of type, exp, iat, and the name of the id
}

// begin begins a token of type t: header, type, exp, iat.
func (w *Writer) begin(d *decision, t TokenType) *begun {
	g, begin, lifetime := &w.begun[0], w.fixed.refresh, d.s.RefreshTokenLifetime
	if t == AccessToken {
		g, begin, lifetime = &w.begun[1], w.fixed.access, d.s.AccessTokenLifetime
	}
	expires, issued := seconds(d.now+lifetime.Microseconds()), seconds(d.now)
	copied := d.v.copiesIssuedAt && d.req.Op == Refresh && d.o.IssuedAt.Form != strictjson.Absent
	key := w.prepared.Key
	if !copied && len(g.input) > 0 && g.key == key && g.expires == expires && g.issued == issued {
		return g
	}
	b := append(strconv.AppendInt(append(w.claims[:0], begin...), expires, 10), `,"iat":`...)
	if copied {
		b = append(b, d.o.IssuedAt.JSON(d.o.Claims)...)
		g = &w.begun[2]
	} else {
		b = strconv.AppendInt(b, issued, 10)
	}
	b = append(b, w.fixed.id...)
	whole := len(b) / 3 * 3
	g.key, g.expires, g.issued = key, expires, issued
	g.input = appendBase64(append(g.input[:0], w.fixed.headers[key]...), b[:whole])
	g.claims, w.claims = append(g.claims[:0], b[whole:]...), b
	return g
}

// seconds are the whole seconds of Unix microseconds.
func seconds(micros int64) int64 {
	s := micros / 1e6
	if micros < s*1e6 {
		s--
	}
	return s
}

// identified are the claims that follow what is begun: the id of a token of type t in a family.
func (w *Writer) identified(d *decision, t TokenType, g *begun, fam Family) []byte {
	b := append(w.claims[:0], g.claims...)
	if w.fixed.id == nil {
		return b
	}
	if !fam.Listed { // an id that can be in no list names no family: fresh bits
		fam.Bits = newFamily(0, d.req.Entropy).Bits
	}
	fam.Start = max(fam.Start, familyEpoch)
	if t == RefreshToken {
		return append(fam.appendTokenID(b, refreshKind, 0), '"')
	}
	return append(fam.appendTokenID(b, accessByEntropy, d.sequence()), '"')
}

// sequence is the random part of an access token's id: 4 bytes of entropy that name no family.
func (d *decision) sequence() uint32 { return binary.LittleEndian.Uint32(d.req.Entropy[8:]) }

// keep keeps a configured claim of a request, or reports that it may not be one. One that is null is left out of the
// tokens, whatever a refresh token says of it.
func (w *Writer) keep(req *Request, m *strictjson.Member) bool {
	o := ownClaim{name: m.Name, first: words.At(m.Name, 0)}
	// Of ASCII names, those that are the same but for case have one hash.
	if (w.fixed.reserved>>words.NameHash(o.first, len(m.Name))&1 != 0 || !w.fixed.ascii || !words.IsASCII(m.Name)) &&
		w.settings.Reserved(string(m.Name)) {
		return false
	}
	if m.Value.Form != strictjson.Null {
		at := len(w.extra)
		w.extra = append(python.AppendJSON(append(w.extra, ','), string(m.Name)), ':')
		w.extra = append(w.extra, m.Value.JSON(req.Extra)...)
		o.member = w.extra[at:len(w.extra):len(w.extra)]
	}
	w.own = append(w.own, o)
	return true
}

// configured appends the claims that are configured for customers, fresh at each log-in and refresh, then aud and
// iss, but for those that stand in the token already.
func (w *Writer) configured(b []byte) []byte {
	for i := len(w.fixed.own); i < len(w.own); i++ {
		if o := &w.own[i]; !o.used {
			b = append(b, o.member...)
		}
	}
	for i := w.fixed.dropped; i < len(w.fixed.own); i++ {
		if o := &w.own[i]; !o.used {
			b = append(b, o.member...)
		}
	}
	return b
}

// find is the claim of this name that is not taken over from a refresh token, which is then used; nil where the claim
// is taken over.
func (w *Writer) find(first uint64, name []byte) *ownClaim {
	for at := w.fixed.table[words.NameHash(first, len(name))]; at != 0; at = w.own[at-1].next {
		if o := &w.own[at-1]; o.is(first, name) {
			o.used = true
			return o
		}
	}
	for i := len(w.fixed.own); i < len(w.own); i++ {
		if o := &w.own[i]; o.is(first, name) {
			o.used = true
			return o
		}
	}
	return nil
}

// copied appends the claims of a refresh token that its access token takes over, in their order. A claim of the access
// token's own, or a configured one, replaces that of the refresh token.
func (w *Writer) copied(b, claims []byte) []byte {
	if quick, ok := w.copiedQuickly(b, claims); ok {
		return quick
	}
	return w.copiedSlowly(b, claims) // which meets again whatever the quick way met
}

// copiedSlowly is copied for any claims.
func (w *Writer) copiedSlowly(b, claims []byte) []byte {
	for more := w.scan.Begin(claims, strictjson.MaxNames); more; more = w.scan.Next() {
		m := &w.scan.Member
		if o := w.find(words.At(m.Name, 0), m.Name); o != nil {
			b = append(b, o.member...)
			continue
		}
		b = append(python.AppendJSON(append(b, ','), string(m.Name)), ':')
		b = append(b, m.Value.JSON(claims)...)
	}
	return b
}

// copiedQuickly is copied for claims as most tokens have them, word by word as quick reads them: no space between
// members, and names that are written as they stand. ok is false for others.
func (w *Writer) copiedQuickly(b, claims []byte) (_ []byte, ok bool) {
	src := &w.room
	if !src.Hold(claims) {
		return b, false
	}
	if src[0] != '{' {
		return b, false
	}
	for at := 1; ; at++ {
		name := at + 1
		end := nameEnd(src, name)
		if src[at] != '"' || src[end] != '"' || src[end+1] != ':' {
			return b, false
		}
		value, next := end+2, 0
		switch c := src[value]; {
		case c == '"':
			if e := src.PlainEnd(value + 1); src[e] == '"' {
				next = e + 1
			}
		case '1' <= c && c <= '9':
			next = value + 1
			for src[next]-'0' < 10 {
				next++
			}
			if src[next] != ',' && src[next] != '}' {
				next = 0
			}
		}
		first := binary.LittleEndian.Uint64(src[name:])
		if size := end - name; size < 8 {
			first &= 1<<(8*size) - 1
		}
		o := w.find(first, src[name:end])
		switch {
		case next == 0:
			var v strictjson.Value
			if v, next = w.scan.ValueAt(src, len(claims), value); next == 0 {
				return b, false
			}
			if o == nil {
				b = append(append(append(b, ','), src[at:value]...), v.JSON(claims)...)
			}
		case o == nil:
			b = append(append(b, ','), src[at:next]...)
		}
		if o != nil {
			b = append(b, o.member...)
		}
		switch at = next; src[at] {
		case ',':
		case '}':
			return b, at+1 == len(claims)
		default:
			return b, false
		}
	}
}

// nameEnd is PlainEnd for a name. One ends at DEL too, which python.AppendJSON does not write as it stands.
func nameEnd(src *strictjson.Buffer, at int) int {
	for ; ; at += 8 {
		w := binary.LittleEndian.Uint64(src[at:])
		if s := words.Special(w) | (w+words.Each)&words.High; s != 0 {
			return at + bits.TrailingZeros64(s)>>3
		}
	}
}

// write adds a token of what is begun and the rest of its claims, which lack their end.
func (w *Writer) write(t TokenType, g *begun, claims []byte) {
	w.claims = append(claims, '}')
	at := len(w.inputs)
	w.inputs = appendBase64(append(w.inputs, g.input...), w.claims)
	w.prepared.Inputs = append(w.prepared.Inputs, w.inputs[at:len(w.inputs):len(w.inputs)])
	w.prepared.Tokens = append(w.prepared.Tokens, Token{Type: t})
}
