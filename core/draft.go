package core

import (
	"encoding/binary"

	"github.com/edgetoken/edgetoken/core/strictjson"
)

// Draft is what a decision has the tokens say that it grants: all that a Writer needs, so that it decides nothing.
type Draft struct {
	Key    int   // index of the key that must sign
	Issued int64 // iat, Unix seconds
	Tokens []DraftToken

	// Of a log-in.
	UserID      CustomerID
	RevokeClaim string

	// Of a refresh: the claims of the token that is presented, and its iat as JSON where an access token takes it over.
	Claims   []byte
	CopiedAt []byte

	Extra []byte // Request.Extra
}

// DraftType is a type of tokens by its number, which a guest compares faster than a text.
type DraftType uint8

// The types of tokens in a Draft.
const (
	DraftRefresh DraftType = iota
	DraftAccess
	DraftSliding
)

// TokenType is the type.
func (t DraftType) TokenType() TokenType {
	return [...]TokenType{RefreshToken, AccessToken, SlidingToken}[t]
}

// Known reports whether it is one of the types.
func (t DraftType) Known() bool { return t <= DraftSliding }

// DraftToken is one token of a Draft.
type DraftToken struct {
	Type DraftType
	// Anew says that this is the presented token with other times, and not a new one with some of its claims.
	Anew           bool
	Expires        int64  // exp, Unix seconds
	RefreshExpires int64  // SLIDING_TOKEN_REFRESH_EXP_CLAIM of a new sliding token, Unix seconds
	ID             Family // what its id says: Start, Bits, Kind and Generation
}

// Prepare decides a request that writes tokens. Into p it puts the outcome and the key, and into t what the tokens say,
// which a Writer makes into p.Inputs; both refer to req, and their room is used again. A refused request has an empty
// draft. The error is that of CheckWriting.
func Prepare(s *Settings, keys KeySet, req *Request, p *Prepared, t *Draft) error {
	key := keys.SigningAt(req.Now)
	if err := checkExtra(s, key, req); err != nil {
		return err
	}
	d := newDecision(s, req)
	return d.prepare(keys, key, p, t)
}

// prepare is Prepare for the key that signs and a request that lacks nothing else.
func (d *decision) prepare(keys KeySet, key int, p *Prepared, t *Draft) error {
	p.Key, p.Inputs, p.Tokens, p.Effects.List = key, p.Inputs[:0], p.Tokens[:0], p.Effects.List[:0]
	*t = Draft{Tokens: t.Tokens[:0]}
	if d.decide(&p.Outcome); p.Refused() {
		return nil
	}
	if d.req.Op == Refresh {
		d.repeat(keys, p)
	}
	switch {
	case keys.ended(key, d.req.Now):
		return ErrKeyEnded
	case !d.req.issues():
		return ErrClock
	}
	t.Key, t.Issued, t.Extra = p.Key, seconds(d.issued), d.req.Extra
	switch d.req.Op {
	case Refresh:
		d.refresh(keys, p, t)
	case SlidingRefresh:
		d.slide(p, t)
	default:
		d.login(p, t)
	}
	for i := range t.Tokens {
		p.Tokens = append(p.Tokens, Token{Type: t.Tokens[i].Type.TokenType()})
	}
	return nil
}

// login drafts the tokens of a log-in, which begins a family: its refresh token of generation 0, and an access token
// with the same claims; or a sliding token.
func (d *decision) login(p *Prepared, t *Draft) {
	fam := newFamily(max(d.req.Now.UnixMilli(), d.req.State.CutOff+1), d.req)
	d.begins(p, fam.Start)
	c := &d.req.State.Customer
	if d.s.UpdateLastLogin {
		p.Effects.List = append(p.Effects.List, Effect{Kind: RecordLogin, Customer: c.ID, At: d.now})
	}
	t.UserID, t.RevokeClaim = c.UserID, c.RevokeClaim
	if d.req.Op == SlidingLogin {
		d.add(t, DraftSliding, fam.of(slidingKind, d.sequence()))
		t.Tokens[0].RefreshExpires = seconds(d.now + d.s.SlidingTokenRefreshLifetime.Microseconds())
		return
	}
	d.add(t, DraftRefresh, fam.of(refreshKind, 0))
	d.add(t, DraftAccess, fam.of(accessByEntropy, d.sequence()))
}

// refresh drafts the access token that a refresh token gives: its own type, times and id, then the other claims of the
// refresh token in their order. With rotation it also drafts the refresh token that follows.
func (d *decision) refresh(keys KeySet, p *Prepared, t *Draft) {
	t.Claims = d.o.Claims
	if d.v.copiesIssuedAt && d.o.IssuedAt.Form != strictjson.Absent {
		t.CopiedAt = d.o.IssuedAt.JSON(d.o.Claims)
	}
	fam := d.fam
	if !fam.Listed { // an id that can be in no list names no family: fresh bits
		fam.Bits = newFamily(0, d.req).Bits
	}
	if !d.s.Advances() {
		d.add(t, DraftAccess, fam.of(accessByEntropy, d.sequence()))
		if d.s.RotateRefreshTokens {
			// A family of its own, which counts as begun when that of the old token began.
			d.add(t, DraftRefresh, newFamily(fam.Start, d.req).of(refreshKind, 0))
			t.Tokens[1].Anew = true
		}
		return
	}
	d.add(t, DraftAccess, fam.of(accessByGeneration, d.successor().Generation))
	next := d.successor()
	d.add(t, DraftRefresh, next.of(refreshKind, next.Generation))
	t.Tokens[1].Anew = true
	if !d.again {
		d.advance(keys, p)
	}
}

// slide drafts a sliding token anew, with its id.
//
// An id of ours says when the family began. Any other begins at its iat, which moves here: that counts as a start, so
// that a later cut-off is not before it, though the clock be set back.
func (d *decision) slide(p *Prepared, t *Draft) {
	t.Claims = d.o.Claims
	d.add(t, DraftSliding, Family{})
	t.Tokens[0].Anew = true
	if !d.fam.Ours {
		d.begins(p, d.req.Now.UnixMilli())
	}
}

// add adds a token with the id that id says.
func (d *decision) add(t *Draft, token DraftType, id Family) {
	t.Tokens = append(t.Tokens, DraftToken{Type: token, Expires: d.expires(token.TokenType()), ID: id})
}

// of is what an id of a token in the family says.
func (f Family) of(kind uint8, sequence uint32) Family {
	return Family{Start: max(f.Start, familyEpoch), Bits: f.Bits, Kind: kind, Generation: sequence}
}

// begins notes that a family begins at the given Unix milliseconds.
func (d *decision) begins(p *Prepared, start int64) {
	e := &p.Effects
	e.Reads.Start = start
	if start > d.req.State.HighWater {
		e.List = append(e.List, Effect{Kind: ReserveStart, At: ReserveUntil(start)})
	}
}

// sequence is the random part of an access or a sliding token's id: 4 bytes of entropy that name no family.
func (d *decision) sequence() uint32 { return binary.LittleEndian.Uint32(d.req.Entropy[8:]) }

// seconds are the whole seconds of Unix microseconds.
func seconds(micros int64) int64 {
	s := micros / 1e6
	if micros < s*1e6 {
		s--
	}
	return s
}
