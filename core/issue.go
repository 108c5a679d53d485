package core

import (
	"encoding/binary"
	"strconv"

	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// login writes the tokens of a log-in, which begins a family: its refresh token of generation 0, and an access token
// with the same claims; or a sliding token.
func (w *Writer) login(d *decision) {
	p := &w.prepared
	fam := newFamily(max(d.req.Now.UnixMilli(), d.req.State.CutOff+1), d.req)
	w.begins(d, fam.Start)
	w.takeOver(&w.fixed.copied)
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
	if d.req.Op == SlidingLogin {
		begun := w.begin(d, SlidingToken)
		b = append(w.identified(d, SlidingToken, begun, fam), w.fixed.refreshExp...)
		b = strconv.AppendInt(b, seconds(d.now+d.s.SlidingTokenRefreshLifetime.Microseconds()), 10)
		w.write(SlidingToken, begun, append(b, w.shared...))
		return
	}
	begun := w.begin(d, RefreshToken)
	w.write(RefreshToken, begun, append(w.identified(d, RefreshToken, begun, fam), w.shared...))
	begun = w.begin(d, AccessToken)
	w.write(AccessToken, begun, append(w.identified(d, AccessToken, begun, fam), w.shared...))
}

// refresh writes the access token that a refresh token gives: its own type, times and id, then the other claims of
// the refresh token in their order. With rotation it also writes the refresh token that follows.
func (w *Writer) refresh(d *decision) {
	begun := w.begin(d, AccessToken)
	b := w.identified(d, AccessToken, begun, d.fam)
	w.takeOver(&w.fixed.copied)
	w.write(AccessToken, begun, w.configured(w.copied(b, d.o.Claims)))
	switch {
	case d.s.Advances():
		w.rewrite(d, RefreshToken, d.successor())
		if !d.again {
			w.advance(d)
		}
	case d.s.RotateRefreshTokens:
		w.sibling(d)
	}
}

// sibling writes a refresh token of a family of its own, which counts as begun when that of the old token began.
func (w *Writer) sibling(d *decision) {
	w.rewrite(d, RefreshToken, newFamily(max(d.fam.Start, familyEpoch), d.req))
}

// slide writes a sliding token anew, with its id.
//
// An id of ours says when the family began. Any other begins at its iat, which moves here: that counts as a start, so
// that a later cut-off is not before it, though the clock be set back.
func (w *Writer) slide(d *decision) {
	w.rewrite(d, SlidingToken, Family{})
	if !d.fam.Ours {
		w.begins(d, d.req.Now.UnixMilli())
	}
}

// rewrite writes the token that was presented anew, with its claims in their order, but for exp, iat, and the id of a
// refresh token.
func (w *Writer) rewrite(d *decision, t TokenType, fam Family) {
	set := &w.fixed.slid
	w.fresh = w.fresh[:0]
	if t == RefreshToken {
		set = &w.fixed.rotated
	}
	w.takeOver(set)
	for i := range w.own[:set.dropped+1] {
		at := len(w.fresh)
		switch {
		case i == 0:
			w.fresh = appendTime(w.fresh, "exp", d.expires(t))
		case i == set.dropped:
			w.fresh = appendTime(w.fresh, "iat", seconds(d.issued))
		default:
			w.fresh = append(fam.appendTokenID(append(w.fresh, w.fixed.id...), refreshKind, fam.Generation), '"')
		}
		w.own[i].member = w.fresh[at:len(w.fresh):len(w.fresh)]
	}
	b := w.configured(w.copied(w.claims[:0], d.o.Claims))
	b[0] = '{'
	w.write(t, &begun{input: w.fixed.headers[w.prepared.Key]}, b)
}

// appendTime appends a claim that is a time in Unix seconds.
func appendTime(b []byte, name string, at int64) []byte {
	return strconv.AppendInt(append(append(append(b, `,"`...), name...), `":`...), at, 10)
}

// begins notes that a family begins at the given Unix milliseconds.
func (w *Writer) begins(d *decision, start int64) {
	e := &w.prepared.Effects
	e.Reads.Start = start
	if start > d.req.State.HighWater {
		e.List = append(e.List, Effect{Kind: ReserveStart, At: ReserveUntil(start)})
	}
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
	g, begin := &w.begun[0], w.fixed.refresh
	switch t {
	case AccessToken:
		g, begin = &w.begun[1], w.fixed.access
	case SlidingToken:
		g, begin = &w.begun[2], w.fixed.sliding
	}
	expires, issued := d.expires(t), seconds(d.issued)
	copied := d.v.copiesIssuedAt && d.req.Op == Refresh && d.o.IssuedAt.Form != strictjson.Absent
	key := w.prepared.Key
	if !copied && len(g.input) > 0 && g.key == key && g.expires == expires && g.issued == issued {
		return g
	}
	b := append(strconv.AppendInt(append(w.claims[:0], begin...), expires, 10), `,"iat":`...)
	if copied {
		b = append(b, d.o.IssuedAt.JSON(d.o.Claims)...)
		g = &w.begun[3]
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
		fam.Bits = newFamily(0, d.req).Bits
	}
	fam.Start = max(fam.Start, familyEpoch)
	switch t {
	case RefreshToken:
		return append(fam.appendTokenID(b, refreshKind, 0), '"')
	case SlidingToken:
		return append(fam.appendTokenID(b, slidingKind, d.sequence()), '"')
	}
	if d.req.Op == Refresh && d.s.Advances() {
		return append(fam.appendTokenID(b, accessByGeneration, d.successor().Generation), '"')
	}
	return append(fam.appendTokenID(b, accessByEntropy, d.sequence()), '"')
}

// sequence is the random part of an access or a sliding token's id: 4 bytes of entropy that name no family.
func (d *decision) sequence() uint32 { return binary.LittleEndian.Uint32(d.req.Entropy[8:]) }

// write adds a token of what is begun and the rest of its claims, which lack their end.
func (w *Writer) write(t TokenType, g *begun, claims []byte) {
	w.claims = append(claims, '}')
	at := len(w.inputs)
	w.inputs = appendBase64(append(w.inputs, g.input...), w.claims)
	w.prepared.Inputs = append(w.prepared.Inputs, w.inputs[at:len(w.inputs):len(w.inputs)])
	w.prepared.Tokens = append(w.prepared.Tokens, Token{Type: t})
}
