package abi

import (
	"encoding/binary"
	"math"
	"slices"
	"time"
	"unsafe"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/codec"
)

// requestBytes is the size of the fixed part of a request.
const requestBytes = 162

// AppendRequest appends the message of Prepare and Decide:
//
//	0  u8 op (1 authenticate, 2 verify, 3 log-in, 4 refresh, 5 blacklist, 6 log-out, 7 revoke,
//	   8 sliding log-in, 9 sliding refresh)
//	1  i64 now (Unix µs)
//	9  u8 flags (1 customer active, 2 password good, 4 unreadable customer, 8 family dead, 16 of any start,
//	   32 nobody holds the customer's id)
//	10 u8 kind of the customer's id (0 none, 1 integer, 2 text) | 11 u8 kind of its user id
//	12 i64 id | 20 i64 user id (0 but for integers) | 28 u64 customer version | 36 u64 family version
//	44 i64 cut-off (ms) | 52 i64 high-water mark (ms)
//	60 i64 longest lifetime of an access token (s) | 68 i64 of a refresh token | 76 i64 of a foreign token
//	84 i64 end of the token's key (Unix s, 0: none)
//	92 7 × u32 bytes of id, user id (0 but for texts), revoke claim, extra, entropy, issuer, claims
//	120 u32 generation of the family | 124 i64 when that was issued (µs) | 132 i64, 140 i64 after how long access and
//	   refresh token of it end (s) | 148 i64 its age (µs) | 156 u32 bytes of the kid that signed it
//	160 u16 number of the node
//	162 these, one after the other, the kid last
//	   but for a log-in: Opened (fixed, see AppendOpened)
//
// The host gives issuer and end of the token's key, since it opened the token and the guest may have other keys by now.
// A log-in has neither, and no claims. One at 2026-01-01 begins
//
//	03 | 00 40 20 46 48 47 06 00 | …
//
// and has, where access tokens live for an hour and refresh tokens for three days, at 60
//
//	10 0e 00 00 00 00 00 00 | 80 f4 03 00 00 00 00 00 | 00 00 00 00 00 00 00 00
func AppendRequest(b []byte, q *core.Request) []byte {
	c, at := &q.State.Customer, len(b)
	holder, unheld := &c.ID, !q.State.Unheld.IsZero()
	if unheld {
		holder = &q.State.Unheld
	}
	b = slices.Grow(b, requestBytes)[:at+requestBytes]
	fixed := (*[requestBytes]byte)(b[at:])
	fixed[0], fixed[9] = byte(q.Op), flags(c.Active, q.State.PasswordGood, q.State.UnreadableCustomer,
		q.State.Family.Dead, q.State.Family.AnyStart, unheld)
	fixed[10], fixed[11] = byte(holder.Kind), byte(c.UserID.Kind)
	id, idText := parts(holder)
	userID, userIDText := parts(&c.UserID)
	issuer, keyEnds, claims := q.Opened.Issuer, q.Opened.KeyEnds, q.Opened.Claims
	if q.Op.LogsIn() {
		issuer, keyEnds, claims = "", 0, nil
	}
	for i, v := range [...]uint64{
		id, userID, c.Version, q.State.Family.Version, uint64(q.State.CutOff), uint64(q.State.HighWater),
		uint64(q.State.Longest.Access), uint64(q.State.Longest.Refresh), uint64(q.State.Longest.Foreign),
		uint64(keyEnds),
	} {
		binary.LittleEndian.PutUint64(fixed[12+8*i:], v)
	}
	binary.LittleEndian.PutUint64(fixed[1:], uint64(q.Now.UnixMicro()))
	for i, n := range [...]int{len(idText), len(userIDText), len(c.RevokeClaim), len(q.Extra), len(q.Entropy),
		len(issuer), len(claims)} {
		binary.LittleEndian.PutUint32(fixed[92+4*i:], uint32(n))
	}
	f := &q.State.Family
	binary.LittleEndian.PutUint32(fixed[120:], f.Generation)
	for i, v := range [...]int64{f.Issued, f.Access, f.Refresh, f.Age.Microseconds()} {
		binary.LittleEndian.PutUint64(fixed[124+8*i:], uint64(v))
	}
	binary.LittleEndian.PutUint32(fixed[156:], uint32(len(f.KeyID)))
	binary.LittleEndian.PutUint16(fixed[160:], q.State.Number)
	b = append(append(append(b, idText...), userIDText...), c.RevokeClaim...)
	b = append(append(append(append(append(b, q.Extra...), q.Entropy...), issuer...), claims...), f.KeyID...)
	if !q.Op.LogsIn() {
		b = AppendOpened(b, &q.Opened)
	}
	return b
}

// parts returns the integer and the text of an id. At most one of them means something.
func parts(id *core.CustomerID) (integer uint64, text string) {
	switch id.Kind {
	case core.IntegerID:
		return uint64(id.Int), ""
	case core.TextID:
		return 0, id.Text
	}
	return 0, ""
}

// flags has a bit for each value, the first lowest.
func flags(values ...bool) (f byte) {
	for i, v := range values {
		if v {
			f |= 1 << i
		}
	}
	return f
}

// ReadRequest reads the message into q. Its texts and byte strings stay part of b, which must not change while they are
// in use. The token may have been opened under an older key set.
func ReadRequest(b []byte, q *core.Request) bool {
	if len(b) < requestBytes {
		return false
	}
	fixed, c := (*[requestBytes]byte)(b), &q.State.Customer
	q.Op = core.Op(fixed[0])
	q.Now = time.UnixMicro(int64(binary.LittleEndian.Uint64(fixed[1:]))).UTC()
	f := fixed[9]
	c.Active, q.State.PasswordGood, q.State.UnreadableCustomer = f&1 != 0, f&2 != 0, f&4 != 0
	family := &q.State.Family
	family.Dead, family.AnyStart = f&8 != 0, f&16 != 0
	c.ID.Kind, c.UserID.Kind = core.IDKind(fixed[10]), core.IDKind(fixed[11])
	c.ID.Int = int64(binary.LittleEndian.Uint64(fixed[12:]))
	c.UserID.Int = int64(binary.LittleEndian.Uint64(fixed[20:]))
	c.Version = binary.LittleEndian.Uint64(fixed[28:])
	family.Version = binary.LittleEndian.Uint64(fixed[36:])
	family.Generation = binary.LittleEndian.Uint32(fixed[120:])
	family.Issued = int64(binary.LittleEndian.Uint64(fixed[124:]))
	family.Access = int64(binary.LittleEndian.Uint64(fixed[132:]))
	family.Refresh = int64(binary.LittleEndian.Uint64(fixed[140:]))
	age := binary.LittleEndian.Uint64(fixed[148:])
	family.Age = time.Duration(age) * time.Microsecond
	q.State.Number = binary.LittleEndian.Uint16(fixed[160:])
	q.State.CutOff = int64(binary.LittleEndian.Uint64(fixed[44:]))
	q.State.HighWater = int64(binary.LittleEndian.Uint64(fixed[52:]))
	q.State.Longest = core.Lifetimes{
		Access:  int64(binary.LittleEndian.Uint64(fixed[60:])),
		Refresh: int64(binary.LittleEndian.Uint64(fixed[68:])),
		Foreign: int64(binary.LittleEndian.Uint64(fixed[76:])),
	}
	keyEnds := int64(binary.LittleEndian.Uint64(fixed[84:]))
	rest, good := b[requestBytes:], age <= math.MaxInt64/uint64(time.Microsecond)
	next := func(at int) []byte {
		size := uint64(binary.LittleEndian.Uint32(fixed[at:]))
		if size > uint64(len(rest)) {
			rest, good = nil, false
			return nil
		}
		taken := rest[:size:size]
		rest = rest[size:]
		return taken
	}
	c.ID.Text, c.UserID.Text, c.RevokeClaim = shared(next(92)), shared(next(96)), shared(next(100))
	q.State.Unheld = core.CustomerID{}
	if good = good && whole(&c.ID); f&32 != 0 {
		good = good && !c.ID.IsZero()
		q.State.Unheld, c.ID = c.ID, core.CustomerID{}
	}
	q.Extra, q.Entropy = next(104), next(108)
	issuer, claims := next(112), next(116)
	family.KeyID = shared(next(156))
	if q.Op.LogsIn() {
		q.Opened = core.Opened{}
		return good && f < 64 && whole(&c.UserID) && keyEnds == 0 &&
			len(issuer)+len(claims)+len(rest) == 0
	}
	size, ok := ReadOpened(rest, &q.Opened)
	q.Opened.Issuer, q.Opened.KeyEnds, q.Opened.Claims = shared(issuer), keyEnds, claims
	return good && q.Op.Known() && f < 64 && whole(&c.UserID) && ok && size == len(claims) &&
		len(rest) == OpenedBytes
}

// shared returns b as a text without copying it: a copy costs a guest too much time.
func shared(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// whole reports whether an id is of a known kind and has nothing that its kind does not have.
func whole(id *core.CustomerID) bool {
	return id.Kind <= core.TextID && (id.Kind == core.IntegerID || id.Int == 0) &&
		(id.Kind == core.TextID || id.Text == "")
}

// AppendOutcome appends the answer to Decide. With signing inputs as values it is also the first part of that to
// Prepare:
//
//	u8 count | count × (u8 cause | text class) | u8 count | count × (text type | bytes value) | bytes effects
//
// A refusal of an expired access token in a header, without effects of its own:
//
//	01 | 0f | 06 00 61 63 63 65 73 73 | 00 | …
func AppendOutcome(b []byte, o *core.Outcome) []byte {
	b = appendRefusals(b, o)
	b = append(b, byte(len(o.Tokens)))
	for _, t := range o.Tokens {
		b = codec.Text(b, string(t.Type))
		b = append(codec.U32(b, uint32(len(t.Value))), t.Value...)
	}
	return appendEffects(b, o)
}

func appendRefusals(b []byte, o *core.Outcome) []byte {
	b = append(b, byte(len(o.Refusals)))
	for _, f := range o.Refusals {
		b = append(b, numbers[f.Cause])
		b = codec.Text(b, string(f.Class))
	}
	return b
}

func appendEffects(b []byte, o *core.Outcome) []byte {
	return AppendFramed(b, func(b []byte) []byte {
		b, _ = o.Effects.AppendBinary(b)
		return b
	})
}

// ReadOutcome reads the answer to Decide; it keeps nothing of b.
func ReadOutcome(b []byte) (o core.Outcome, ok bool) {
	r := codec.Reader{Rest: b}
	if !readRefusals(&r, &o) {
		return o, false
	}
	for n := r.U8(); n > 0 && !r.Bad; n-- {
		o.Tokens = append(o.Tokens, core.Token{Type: readType(&r), Value: string(r.Bytes())})
	}
	ok = o.Effects.UnmarshalBinary(r.Bytes()) == nil
	return o, ok && r.Done()
}

// readRefusals reports whether every cause is one.
func readRefusals(r *codec.Reader, o *core.Outcome) bool {
	for n := r.U8(); n > 0 && !r.Bad; n-- {
		c, known := causeOf(r.U8())
		if !known || c == cause.OK {
			return false
		}
		o.Refusals = append(o.Refusals, core.Refusal{Cause: c, Class: core.TokenType(r.Text())})
	}
	return true
}

// readType copies only types that nobody knows.
func readType(r *codec.Reader) core.TokenType {
	b := r.Take(int(r.U16()))
	for _, t := range [...]core.TokenType{core.RefreshToken, core.AccessToken, core.SlidingToken} {
		if string(b) == string(t) {
			return t
		}
	}
	return core.TokenType(b)
}

// AppendPrepared appends the answer to Prepare: an outcome with signing inputs as the values of its tokens, then u32
// key.
func AppendPrepared(b []byte, p *core.Prepared) []byte {
	b = appendRefusals(b, &p.Outcome)
	b = append(b, byte(len(p.Inputs)))
	for i, input := range p.Inputs {
		b = codec.Text(b, string(p.Tokens[i].Type))
		b = codec.Bytes(b, input)
	}
	b = appendEffects(b, &p.Outcome)
	return codec.U32(b, uint32(int32(p.Key)))
}

// ReadPrepared reads the answer to Prepare, for a key set of that many keys, into p, and reuses the memory of p. Inputs
// stay part of b.
func ReadPrepared(b []byte, keys int, p *core.Prepared) bool {
	r := codec.Reader{Rest: b}
	p.Refusals, p.Tokens, p.Inputs = nil, p.Tokens[:0], p.Inputs[:0]
	if !readRefusals(&r, &p.Outcome) {
		return false
	}
	for n := r.U8(); n > 0 && !r.Bad; n-- {
		p.Tokens = append(p.Tokens, core.Token{Type: readType(&r)})
		p.Inputs = append(p.Inputs, r.Bytes())
	}
	ok := p.Effects.UnmarshalBinary(r.Bytes()) == nil
	p.Key = int(int32(r.U32()))
	return ok && r.Done() && p.Key >= -1 && p.Key < keys && (p.Key >= 0 || len(p.Inputs) == 0)
}

// AppendFramed appends u32 size and then what encode appends. So Prepare and Decide can give an answer of any size.
// `Hi` is
//
//	02 00 00 00 | 48 69
func AppendFramed(b []byte, encode func([]byte) []byte) []byte {
	at := len(b)
	b = encode(codec.U32(b, 0))
	binary.LittleEndian.PutUint32(b[at:], uint32(len(b)-at-4))
	return b
}

// ReadFramed is the answer that AppendFramed put at the start of an area.
func ReadFramed(area []byte) ([]byte, bool) {
	r := &codec.Reader{Rest: area}
	b := r.Bytes()
	return b, !r.Bad
}
