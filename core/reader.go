package core

import (
	"bytes"
	"encoding/base64"
	"time"
	"unicode/utf8"
)

// Reader reads tokens under one configuration: the settings and the key set. Reading is split at the signature, so that whoever
// holds the keys may stand on the other side of a wall:
//
//	Inspect   finds the parts and the key, and says what must be checked
//	(check)   the key's owner checks the signature
//	Accept    legal only as the next call, once the signature is good: gives the claims
//
// A Reader reuses its buffers, so it serves one goroutine at a time; the claims that Accept gives are valid until the next Inspect.
type Reader struct {
	settings *Settings
	keys     KeySet
	known    [12]knownClaim
	knownN   int
	ascii    bool // the known names are ASCII alone
	scan     scanner

	decoded   []byte    // header, then claims
	token     Inspected // of the token that was inspected last
	inspected bool      // whether Accept is legal
}

// knownClaim is a claim that means something, and where Opened holds it.
type knownClaim struct {
	name string
	slot int
}

// The slots of Opened, in the order of Opened.slots.
const (
	slotExpiresAt = iota
	slotIssuedAt
	slotNotBefore
	slotRefreshExpiresAt
	slotIssuer
	slotAudience
	slotSubject
	slotJWTID
	slotTokenID
	slotType
	slotCustomer
	slotRevoke
	slotCount
)

// SlotCount is how many claims of Opened are kept by their place; the ABI hands them over in the order of Slots.
const SlotCount = slotCount

// Slots are the claims of Opened that are kept by their place, in the order of the struct.
func (o *Opened) Slots() [SlotCount]*Claim {
	return [SlotCount]*Claim{
		&o.ExpiresAt, &o.IssuedAt, &o.NotBefore, &o.RefreshExpiresAt, &o.TokenIssuer, &o.Audience, &o.Subject, &o.JWTID,
		&o.TokenID, &o.Type, &o.Customer, &o.Revoke,
	}
}

// NewReader is a reader for the settings and keys, which must not change while it is used.
func NewReader(s *Settings, keys KeySet) *Reader {
	r := &Reader{settings: s, keys: keys, ascii: true}
	for _, c := range []knownClaim{
		{"exp", slotExpiresAt}, {"iat", slotIssuedAt}, {"nbf", slotNotBefore}, {"iss", slotIssuer}, {"aud", slotAudience},
		{"sub", slotSubject}, {"jti", slotJWTID}, {s.SlidingTokenRefreshExpClaim, slotRefreshExpiresAt},
		{s.IDClaim, slotTokenID}, {s.TokenTypeClaim, slotType}, {s.UserIDClaim, slotCustomer}, {s.RevokeTokenClaim, slotRevoke},
	} {
		if c.name != "" {
			r.known[r.knownN] = c
			r.knownN++
			r.ascii = r.ascii && isASCII([]byte(c.name))
		}
	}
	return r
}

// Buffer has the reader decode into b, which should have room for MaxTokenBytes; then claims always lie at its start.
func (r *Reader) Buffer(b []byte) { r.decoded = b[:0] }

// Inspected says where the signature of a token lies and which key must check it. No claims come out before it was checked.
type Inspected struct {
	Cause     Cause // OK, or why the token was refused
	Key       int   // index in the key set
	Input     int   // the signing input is token[:Input] (RFC 7515 §5.2)
	Signature int   // the signature, base64url, is token[Signature:]
}

// Inspect reads form and header of a token.
func (r *Reader) Inspect(token []byte) Inspected {
	r.token = r.inspect(token)
	r.inspected = r.token.Cause == OK
	return r.token
}

func (r *Reader) inspect(token []byte) Inspected {
	if len(token) > MaxTokenBytes {
		return Inspected{Cause: TooLong}
	}
	first := bytes.IndexByte(token, '.')
	last := bytes.LastIndexByte(token, '.')
	if first <= 0 || last == first || bytes.IndexByte(token[first+1:last], '.') >= 0 {
		return Inspected{Cause: Malformed}
	}
	r.decoded = r.decoded[:0]
	if !r.decode(token[:first]) {
		return Inspected{Cause: Malformed}
	}
	header := len(r.decoded)
	if !r.decode(token[first+1 : last]) {
		return Inspected{Cause: Malformed}
	}
	key, cause := r.header(r.decoded[:header])
	copy(r.decoded, r.decoded[header:])
	r.decoded = r.decoded[:len(r.decoded)-header]
	return Inspected{Cause: cause, Key: key, Input: last, Signature: last + 1}
}

// encoding is base64url without padding, canonical: the unused bits of the last character are zero (RFC 7515 §2).
var encoding = base64.RawURLEncoding.Strict()

// decode appends what part encodes.
func (r *Reader) decode(part []byte) (ok bool) {
	r.decoded, ok = appendDecoded(r.decoded, part)
	return ok
}

// appendDecoded decodes part, all of it: encoding/base64 skips line breaks, and then there is less than the length says.
func appendDecoded(dst, part []byte) ([]byte, bool) {
	before := len(dst)
	dst, err := encoding.AppendDecode(dst, part)
	return dst, err == nil && len(part)%4 != 1 && len(dst)-before == encoding.DecodedLen(len(part))
}

// DecodeSignature decodes the third part of an inspected token into dst; not ok says that the token is Malformed.
func DecodeSignature(dst, part []byte) (signature []byte, ok bool) {
	return appendDecoded(dst[:0], part)
}

// header reads a JOSE header (RFC 7515 §4): the key that kid names must have the algorithm alg; no extension is understood (crit,
// §4.1.11; b64, RFC 7797); all else is ignored, above all keys and addresses of keys (jwk, jku, x5u).
func (r *Reader) header(header []byte) (key int, cause Cause) {
	var alg, kid Claim
	var kidText []byte
	for more := r.scan.begin(header, maxHeaderNames); more; more = r.scan.next() {
		m := &r.scan.member
		switch string(m.name) {
		case "alg":
			alg = m.value
		case "kid":
			kid = m.value
		case "crit":
			return 0, BadHeader
		case "b64":
			if m.value.Form != True {
				return 0, BadHeader
			}
		}
	}
	if !r.scan.whole || kid.Form != Absent && kid.Form != String {
		return 0, BadHeader
	}
	if kid.Form == String {
		kidText = plain(header, kid)
	}
	key = r.keys.find(kidText, kid.Form == String)
	if key < 0 {
		return 0, UnknownKey
	}
	if alg.Form != String || string(plain(header, alg)) != r.keys.Keys[key].Algorithm {
		return 0, BadAlgorithm
	}
	return key, OK
}

// find is the index of the key that checks a token with this kid or without one; -1 where there is none.
func (s KeySet) find(kid []byte, named bool) int {
	any := -1
	for i := range s.Keys {
		k := &s.Keys[i]
		switch {
		case named && k.ID != "" && string(kid) == k.ID:
			return i
		case named && k.AnyID, !named && k.Default:
			any = i
		}
	}
	return any
}

// plain is the text of a scanned string, without its escapes.
func plain(src []byte, c Claim) []byte {
	raw := src[c.Start:c.End]
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw
	}
	return unescape(nil, raw)
}

// Accept gives the claims of the token that was inspected, once its signature is good. ok is false where the last call was no
// Inspect that found a key.
func (r *Reader) Accept() (o Opened, ok bool) {
	if !r.inspected {
		return Opened{}, false
	}
	r.inspected = false
	o = Opened{Key: r.token.Key, Issuer: r.keys.Keys[r.token.Key].Issuer, Claims: r.decoded}
	slots := o.Slots()
	more := r.scan.begin(r.decoded, maxNames)
	for more && r.claim(&slots, &r.scan.member) {
		more = r.scan.next()
	}
	if more || !r.scan.whole {
		return Opened{Cause: BadClaims, Key: o.Key, Issuer: o.Issuer}, true
	}
	o.readFamily()
	return o, true
}

// claim keeps where a claim stands. A known name in another case is refused: some reader would take it for the claim.
func (r *Reader) claim(slots *[SlotCount]*Claim, m *member) bool {
	found, sameLength, ascii := false, false, isASCII(m.name)
	for i := range r.known[:r.knownN] {
		k := &r.known[i]
		if len(m.name) != len(k.name) {
			continue
		}
		sameLength = true
		if string(m.name) == k.name {
			*slots[k.slot] = m.value
			found = true
		}
	}
	if found || ascii && r.ascii && !sameLength { // only characters beyond ASCII have another length in another case
		return true
	}
	for i := range r.known[:r.knownN] {
		if k := &r.known[i]; (!ascii || !r.ascii || len(m.name) == len(k.name)) && bytes.EqualFold(m.name, []byte(k.name)) {
			return false
		}
	}
	return true
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// readFamily reads what the token's id says.
func (o *Opened) readFamily() {
	switch o.TokenID.Form {
	case String:
		id := plain(o.Claims, o.TokenID)
		if f, ok := readTokenID(id); ok {
			o.Family = f
			return
		}
		o.Family = foreignFamily(id)
	case Number:
		o.Family = foreignFamily(numberStr(o.Claims[o.TokenID.Start:o.TokenID.End]))
	case True:
		o.Family = foreignFamily([]byte("True"))
	case False:
		o.Family = foreignFamily([]byte("False"))
	}
	o.Family.Start = o.issuedAt()
}

// issuedAt is iat in Unix milliseconds, between 1970 and the year 9999; 0 where it is absent or no number.
func (o *Opened) issuedAt() int64 {
	iat, _ := pythonInt(o.Claims, o.IssuedAt)
	return max(0, min(iat, maxTime)) * 1000
}

// maxTime is the last second of the year 9999, beyond which Python has no dates.
const maxTime = 253402300799

// FamilyAt is the family of the token as it counts at the given time: an id of ours whose kind does not fit the type of the token is a foreign one,
// and a foreign family never starts after now. A State for Decide is loaded by this family.
func (o *Opened) FamilyAt(now time.Time) Family {
	f := o.Family
	if f.Ours && !f.fits(o) {
		f = foreignFamily(plain(o.Claims, o.TokenID))
		f.Start = o.issuedAt()
	}
	if !f.Ours {
		f.Start = min(f.Start, now.UnixMilli())
	}
	return f
}

// fits reports whether the kind of the id is that of the token's type. A token without a type may be of any: where types are used it is refused for that.
func (f Family) fits(o *Opened) bool {
	if o.Type.Form == Absent {
		return true
	}
	switch string(plain(o.Claims, o.Type)) {
	case string(RefreshToken):
		return f.Kind == RefreshKind
	case string(AccessToken):
		return f.Kind == AccessByGeneration || f.Kind == AccessByEntropy
	case string(SlidingToken):
		return f.Kind == SlidingKind
	}
	return false
}
