package core

import (
	"errors"
	"strconv"

	"github.com/edgetoken/edgetoken/core/python"
)

// errDraft says that a draft is one that no decision gives.
var errDraft = errors.New("the draft names a key that signs nothing, or claims that may not be configured")

// Write appends the signing inputs of the tokens in a draft to dst, one after the other, and gives them one by one.
// They are valid until the next call, or for as long as dst. An error says that no decision gives such a draft.
func (w *Writer) Write(dst []byte, t *Draft) (all []byte, inputs [][]byte, err error) {
	if t.Key < 0 || t.Key >= len(w.fixed.headers) || w.fixed.headers[t.Key] == nil || !w.keepAll(t.Extra) {
		return dst, nil, errDraft
	}
	all, inputs = w.write(dst, t, w.prepared.Inputs[:0])
	w.prepared.Inputs = inputs
	return all, inputs, nil
}

// write is Write for a draft whose configured claims were kept.
func (w *Writer) write(dst []byte, t *Draft, inputs [][]byte) ([]byte, [][]byte) {
	if t.Claims == nil {
		w.share(t)
	}
	for i := range t.Tokens {
		token, begins := &t.Tokens[i], len(dst)
		if token.Anew {
			dst = w.rewrite(dst, t, token)
		} else {
			dst = w.anew(dst, t, token)
		}
		inputs = append(inputs, dst[begins:len(dst):len(dst)])
	}
	return dst, inputs
}

// share writes the claims that all tokens of a log-in have, after those of their own.
func (w *Writer) share(t *Draft) {
	b := append(w.shared[:0], w.fixed.user...)
	switch {
	case t.UserID.Kind == TextID:
		b = python.AppendJSON(b, t.UserID.Text)
	case w.fixed.userIDAsText:
		b = append(strconv.AppendInt(append(b, '"'), t.UserID.Int, 10), '"')
	default:
		b = strconv.AppendInt(b, t.UserID.Int, 10)
	}
	if w.fixed.revoke != nil {
		b = python.AppendJSON(append(b, w.fixed.revoke...), t.RevokeClaim)
	}
	for i := range w.more {
		b = append(b, w.more[i].member...)
	}
	w.shared = append(b, w.fixed.ending...)
}

// anew appends a new token: type, times and id of its own, then what the tokens of a log-in share, or what it takes
// over.
func (w *Writer) anew(dst []byte, t *Draft, token *DraftToken) []byte {
	begun := w.begin(t, token)
	b := append(w.claims[:0], begun.claims...)
	if w.fixed.id != nil {
		b = append(token.ID.appendTokenID(b, token.ID.Kind, token.ID.Generation), '"')
	}
	switch {
	case t.Claims != nil:
		w.takeOver(&w.fixed.copied)
		b = w.configured(w.copied(b, t.Claims))
	case token.Type == DraftSliding:
		b = append(strconv.AppendInt(append(b, w.fixed.refreshExp...), token.RefreshExpires, 10), w.shared...)
	default:
		b = append(b, w.shared...)
	}
	return w.close(dst, begun.input, b)
}

// rewrite appends the token that was presented anew, with its claims in their order, but for exp, iat, and the id of a
// refresh token.
func (w *Writer) rewrite(dst []byte, t *Draft, token *DraftToken) []byte {
	set := &w.fixed.slid
	w.fresh = w.fresh[:0]
	if token.Type == DraftRefresh {
		set = &w.fixed.rotated
	}
	w.takeOver(set)
	w.anewOwn = append(w.anewOwn[:0], set.own...)
	w.own = w.anewOwn
	for i := range w.own[:set.dropped+1] {
		at := len(w.fresh)
		switch {
		case i == 0:
			w.fresh = appendTime(w.fresh, "exp", token.Expires)
		case i == set.dropped:
			w.fresh = appendTime(w.fresh, "iat", t.Issued)
		default:
			w.fresh = append(w.fresh, w.fixed.id...)
			w.fresh = append(token.ID.appendTokenID(w.fresh, token.ID.Kind, token.ID.Generation), '"')
		}
		w.own[i].member = w.fresh[at:len(w.fresh):len(w.fresh)]
	}
	b := w.configured(w.copied(w.claims[:0], t.Claims))
	b[0] = '{'
	return w.close(dst, w.fixed.headers[t.Key], b)
}

// appendTime appends a claim that is a time in Unix seconds.
func appendTime(b []byte, name string, at int64) []byte {
	return strconv.AppendInt(append(append(append(b, `,"`...), name...), `":`...), at, 10)
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

// begin begins a new token: header, type, exp, iat.
func (w *Writer) begin(t *Draft, token *DraftToken) *begun {
	g := &w.begun[token.Type]
	copied := token.Type == DraftAccess && len(t.CopiedAt) > 0
	if !copied && len(g.input) > 0 && g.key == t.Key && g.expires == token.Expires && g.issued == t.Issued {
		return g
	}
	b := append(strconv.AppendInt(append(w.claims[:0], w.fixed.begin[token.Type]...), token.Expires, 10), `,"iat":`...)
	if copied {
		b = append(b, t.CopiedAt...)
		g = &w.begun[3]
	} else {
		b = strconv.AppendInt(b, t.Issued, 10)
	}
	b = append(b, w.fixed.id...)
	whole := len(b) / 3 * 3
	g.key, g.expires, g.issued = t.Key, token.Expires, t.Issued
	g.input = appendBase64(append(g.input[:0], w.fixed.headers[t.Key]...), b[:whole])
	g.claims, w.claims = append(g.claims[:0], b[whole:]...), b
	return g
}

// close appends a token of its beginning, encoded, and the rest of its claims, which lack their end.
func (w *Writer) close(dst, input, claims []byte) []byte {
	w.claims = append(claims, '}')
	return appendBase64(append(dst, input...), w.claims)
}
