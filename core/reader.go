package core

import (
	"bytes"
	"time"

	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// Reader reads tokens under one configuration: the settings and the key set. Reading is split at the signature, so
// that whoever holds the keys may stand on the other side of a wall:
//
//	Inspect   finds the parts and the key, and says what must be checked
//	(check)   the key's owner checks the signature
//	Accept    legal only as the next call, once the signature is good: gives the claims
//
// Open is all three, where the keys are on this side. Claims is the last alone, where the other side knows the header,
// and so the parts and the key. A Reader reuses its buffers, so it serves one goroutine at a time; the claims that it
// gives are valid until the next call.
type Reader struct {
	settings *Settings
	keys     KeySet
	ends     []int64 // by key: KeySet.Ends
	kids     kids
	headers  headerCache
	claims   *strictjson.Fields
	scan     strictjson.Scanner // of headers

	// header of the token that was inspected last, in base64url, with its dot; empty where it was remembered
	encoded   []byte
	part      []byte             // its claims in base64url, until they are decoded
	buffer    *strictjson.Buffer // for its header, then its claims
	size      int                // of the claims; -1: they are no base64url
	token     Inspected          // what Inspect said of it
	inspected bool               // whether Accept is legal
	signature []byte             // decoded by Open
	opened    Opened             // what Accept gives
}

// MaxTokenBytes is the longest token that is looked at.
const MaxTokenBytes = 64 << 10

// maxHeaderNames is how many names of members a header may have in all, before anybody has vouched for it.
const maxHeaderNames = 32

// Slots are the claims of Opened that are kept by their place, in the order of the struct and of the ABI.
func (o *Opened) Slots() [12]*strictjson.Value {
	return [12]*strictjson.Value{
		&o.ExpiresAt, &o.IssuedAt, &o.NotBefore, &o.RefreshExpiresAt, &o.TokenIssuer, &o.Audience, &o.Subject, &o.JWTID,
		&o.TokenID, &o.Type, &o.Customer, &o.Revoke,
	}
}

// NewReader is a reader for the settings and keys, which must not change while it is used.
func NewReader(s *Settings, keys KeySet) *Reader {
	r := &Reader{settings: s, keys: keys, ends: keys.ends(), kids: newKids(keys.Keys),
		headers: newHeaderCache(len(keys.Keys)), claims: strictjson.NewFields()}
	o := &r.opened
	for _, claim := range []struct {
		name  string
		place *strictjson.Value
	}{
		{"exp", &o.ExpiresAt}, {"iat", &o.IssuedAt}, {"nbf", &o.NotBefore}, {"iss", &o.TokenIssuer},
		{"aud", &o.Audience}, {"sub", &o.Subject}, {"jti", &o.JWTID},
		{s.SlidingTokenRefreshExpClaim, &o.RefreshExpiresAt}, {s.IDClaim, &o.TokenID}, {s.TokenTypeClaim, &o.Type},
		{s.UserIDClaim, &o.Customer},
		{s.RevokeTokenClaim, &o.Revoke},
	} {
		if claim.name != "" {
			r.claims.Add(claim.name, claim.place)
		}
	}
	return r
}

// Buffer has the reader decode claims into b, so that they always lie at its start.
func (r *Reader) Buffer(b *strictjson.Buffer) { r.buffer = b }

// Inspected says where the signature of a token lies and which key must check it. No claims come out before it was
// checked.
type Inspected struct {
	Cause     cause.Cause // OK, or why the token was refused
	Key       int         // index in the key set
	Input     int         // the signing input is token[:Input] (RFC 7515 §5.2)
	Signature int         // the signature, base64url, is token[Signature:]
}

// Inspect reads form and header of a token. What its claims are decoded to it keeps to itself.
func (r *Reader) Inspect(token []byte) Inspected {
	if r.inspect(token) {
		r.decode(r.part)
	}
	return r.token
}

// inspect is Inspect without the claims. It reports whether there is a key.
func (r *Reader) inspect(token []byte) bool {
	r.token.Cause = r.parts(token)
	r.inspected = r.token.Cause == cause.OK
	if !r.inspected {
		r.token = Inspected{Cause: r.token.Cause}
	}
	return r.inspected
}

// decode decodes claims into the buffer.
func (r *Reader) decode(part []byte) {
	written, read, ok := decode(r.buffer[:], part)
	if r.size = written; !ok || read < len(part) {
		r.size = -1
	}
}

// parts finds the parts of a token, and its key.
func (r *Reader) parts(token []byte) cause.Cause {
	if len(token) > MaxTokenBytes {
		return cause.TooLong
	}
	if r.buffer == nil {
		r.buffer = new(strictjson.Buffer)
	}
	key, first := r.headers.find(token)
	refused := cause.OK
	r.encoded = r.encoded[:0]
	if first == 0 {
		if first = bytes.IndexByte(token, '.'); first <= 0 {
			return cause.Malformed
		}
		written, read, ok := decode(r.buffer[:], token[:first])
		if !ok || read < first {
			return cause.Malformed
		}
		r.encoded = append(r.encoded, token[:first+1]...)
		key, refused = r.header(written)
	}
	size := bytes.IndexByte(token[first+1:], '.')
	last := first + 1 + size
	if size < 0 || refused != cause.OK && bytes.IndexByte(token[last+1:], '.') >= 0 {
		return cause.Malformed
	}
	r.part, r.token.Key, r.token.Input, r.token.Signature = token[first+1:last], key, last, last+1
	return refused
}

// reserve is b, empty, with room for what n characters decode to.
func reserve(b []byte, n int) []byte {
	if size := decodedLen(n) + strictjson.Slack; cap(b) < size {
		return make([]byte, 0, 2*size)
	}
	return b[:0]
}

// DecodePart decodes the claims or the signature of a token, in base64url, into dst from its beginning, or into new
// room where that of dst is less than they may take. strictjson.Slack zeros follow. Not ok says that the token is
// Malformed.
func DecodePart(dst, part []byte) (decoded []byte, ok bool) {
	dst = reserve(dst, len(part))
	written, read, ok := decode(dst[:cap(dst)], part)
	return dst[:written], ok && read == len(part)
}

// header reads a JOSE header (RFC 7515 §4): the key that kid names must take the algorithm alg; no extension is
// understood (crit, §4.1.11; b64, RFC 7797); a trust bundle is no token (typ, §4.1.9); all else is ignored, above all
// keys and addresses of keys (jwk, jku, x5u). It takes the first size bytes of the buffer.
func (r *Reader) header(size int) (key int, c cause.Cause) {
	header := r.buffer[:size]
	var alg, kid, typ strictjson.Value
	var kidText []byte
	for more := r.scan.BeginHeld(r.buffer, size, maxHeaderNames); more; more = r.scan.Next() {
		m := &r.scan.Member
		switch string(m.Name) {
		case "alg":
			alg = m.Value
		case "kid":
			kid = m.Value
		case "typ":
			typ = m.Value
		case "crit":
			return 0, cause.BadHeader
		case "b64":
			if m.Value.Form != strictjson.True {
				return 0, cause.BadHeader
			}
		}
	}
	if !r.scan.Whole || kid.Form != strictjson.Absent && kid.Form != strictjson.String ||
		typ.Form == strictjson.String && isMediaType(typ.TextOver(header), BundleType) {
		return 0, cause.BadHeader
	}
	if kid.Form == strictjson.String {
		kidText = kid.TextOver(header)
	}
	key = r.kids.find(kidText, kid.Form == strictjson.String)
	if key < 0 {
		return 0, cause.UnknownKey
	}
	if alg.Form != strictjson.String || !r.keys.Keys[key].Takes(alg.TextOver(header)) {
		return 0, cause.BadAlgorithm
	}
	return key, cause.OK
}

// BundleType is the typ of a trust bundle, which the keys of a node may sign as well as its tokens.
const BundleType = "edgetoken-bundle+jwt"

// isMediaType reports whether a typ names a media type. Case means nothing, and "application/" may be left out.
func isMediaType(typ []byte, name string) bool {
	const prefix = "application/"
	if len(typ) == len(prefix)+len(name) && bytes.EqualFold(typ[:len(prefix)], []byte(prefix)) {
		typ = typ[len(prefix):]
	}
	return bytes.EqualFold(typ, []byte(name))
}

// Accept gives the claims of the token that was inspected, once its signature is good. ok is false where the last call
// was no Inspect that found a key.
func (r *Reader) Accept() (o *Opened, ok bool) {
	if !r.inspected {
		return nil, false
	}
	r.inspected = false
	if len(r.encoded) > 0 {
		r.headers.learn(r.encoded, r.token.Key)
	}
	return r.read(r.token.Key), true
}

// Claims is Accept for claims that the caller has decoded into the reader's Buffer, of a token that has a good
// signature by a key, and a header that Inspect has read in another token before. ok is false where there is no such
// key, or no such size.
func (r *Reader) Claims(key, size int) (o *Opened, ok bool) {
	r.inspected = false
	if key < 0 || key >= len(r.keys.Keys) || size < 0 || size > strictjson.MaxBytes || r.buffer == nil {
		return nil, false
	}
	*(*[strictjson.Slack]byte)(r.buffer[size:]) = [strictjson.Slack]byte{}
	r.size = size
	return r.read(key), true
}

// read reads the claims that were decoded, of a token whose signature by a key is good. A refused token has no issuer.
func (r *Reader) read(index int) *Opened {
	o, key := &r.opened, &r.keys.Keys[index]
	switch {
	case r.size < 0:
		*o = Opened{Cause: cause.Malformed, Key: index}
		return o
	case !r.claims.Read(r.buffer, r.size):
		*o = Opened{Cause: cause.BadClaims, Key: index}
		return o
	}
	o.Claims = r.buffer[:r.size:r.size]
	if key.RefreshOnly && string(o.Type.Text(o.Claims)) != string(RefreshToken) {
		*o = Opened{Cause: cause.KeyForRefresh, Key: index}
		return o
	}
	o.Cause, o.Key, o.Issuer, o.KeyEnds = cause.OK, index, key.Issuer, r.ends[index]
	o.family.Listed = false // that of the token before; to clear the rest costs a guest 40 ns
	return o
}

// Open inspects a token, has check say whether the signature is that of the key over the input, and accepts. A refused
// token has a Cause and no more. An error is one of check.
func (r *Reader) Open(token []byte, check func(key int, input, signature []byte) (bool, error)) (*Opened, error) {
	if !r.inspect(token) {
		return r.refuse(r.token.Cause), nil
	}
	in := r.token
	var ok bool
	if r.signature, ok = DecodePart(r.signature, token[in.Signature:]); !ok {
		return r.refuse(cause.Malformed), nil
	}
	if good, err := check(in.Key, token[:in.Input], r.signature); err != nil || !good {
		return r.refuse(cause.BadSignature), err
	}
	r.decode(r.part)
	o, _ := r.Accept()
	return o, nil
}

// refuse is a refused token; nothing is left to accept.
func (r *Reader) refuse(c cause.Cause) *Opened {
	r.inspected = false
	r.opened = Opened{Cause: c}
	return &r.opened
}

// Family is what the token's id says; its Start for an id that is not ours is the token's iat, not yet bounded by the
// present. Such an id is hashed for it, unless ReadFamily has done so before.
func (o *Opened) Family() Family {
	if o.family.Listed {
		return o.family
	}
	return o.readFamily()
}

// ReadFamily keeps the family, if it is listed, so that later calls of Family do not hash again. Open does not call it,
// since not everybody asks.
func (o *Opened) ReadFamily() { o.family = o.Family() }

// SetFamily sets the family, whatever the id says, for a request that names one without a token: see Revoke. One that
// is not Listed sets none.
func (o *Opened) SetFamily(f Family) { o.family = f }

// KnownFamily is the family that was read or set; nil if none was, or if the id can be in no list. It is valid until o
// changes.
func (o *Opened) KnownFamily() *Family {
	if !o.family.Listed {
		return nil
	}
	return &o.family
}

// readFamily is what the token's id says, if the token was accepted.
func (o *Opened) readFamily() (f Family) {
	if o.Cause != cause.OK {
		return Family{}
	}
	switch o.TokenID.Form {
	case strictjson.String:
		id := o.TokenID.Text(o.Claims)
		if f, ok := readTokenID(id); ok {
			return f
		}
		f = foreignFamily(id)
	case strictjson.Number:
		f = foreignFamily(numberStr(o.Claims[o.TokenID.Start:o.TokenID.End]))
	case strictjson.True:
		f = foreignFamily([]byte("True"))
	case strictjson.False:
		f = foreignFamily([]byte("False"))
	}
	f.Start = o.issuedAt()
	return f
}

// Expires is exp in Unix seconds, as Python's int() reads it, or refresh_exp where that is later: until then a sliding
// token can be had anew. ok is false where exp is absent or no number.
func (o *Opened) Expires() (at int64, ok bool) {
	at, ok = pythonInt(o.Claims, o.ExpiresAt)
	if until, has := pythonInt(o.Claims, o.RefreshExpiresAt); ok && has {
		at = max(at, until)
	}
	return at, ok
}

// issuedAt is iat in Unix milliseconds, between 1970 and the year 9999; 0 where it is absent or no number.
func (o *Opened) issuedAt() int64 {
	iat, _ := pythonInt(o.Claims, o.IssuedAt)
	return max(0, min(iat, maxTime)) * 1000
}

// minTime and maxTime are the first second of the year 1 and the last one of the year 9999. Python has no dates beyond.
const minTime, maxTime = -62135596800, 253402300799

// FamilyAt is the family of the token as it counts at the given time: an id of ours whose kind does not fit the type
// of the token is a foreign one, and a foreign family never starts after now. A State for Decide is loaded by this
// family.
func (o *Opened) FamilyAt(now time.Time) Family {
	f := o.Family()
	if f.Ours && !f.fits(o) {
		f = foreignFamily(o.TokenID.Text(o.Claims))
		f.Start = o.issuedAt()
	}
	if !f.Ours {
		f.Start = min(f.Start, now.UnixMilli())
	}
	return f
}

// fits reports whether the kind of the id is that of the token's type. A token without a type may be of any: where
// types are used it is refused for that.
func (f Family) fits(o *Opened) bool {
	if o.Type.Form == strictjson.Absent {
		return true
	}
	switch string(o.Type.Text(o.Claims)) {
	case string(RefreshToken):
		return f.Kind == refreshKind
	case string(AccessToken):
		return f.Kind == accessByGeneration || f.Kind == accessByEntropy
	case string(SlidingToken):
		return f.Kind == slidingKind
	}
	return false
}
