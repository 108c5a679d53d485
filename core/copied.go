package core

import (
	"encoding/binary"
	"math/bits"

	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/core/strictjson"
	"github.com/edgetoken/edgetoken/core/words"
)

// keepAll keeps the configured claims of a customer, or reports that they may not be.
func (w *Writer) keepAll(extra []byte) bool {
	w.more, w.extra = w.more[:0], w.extra[:0]
	return len(extra) == 0 ||
		eachExtra(&w.extraScan, extra, func(m *strictjson.Member) bool { return w.keep(extra, m) })
}

// keep keeps a configured claim, or reports that it may not be one. One that is null is left out of the tokens,
// whatever the token says that is refreshed.
func (w *Writer) keep(extra []byte, m *strictjson.Member) bool {
	o := ownClaim{name: m.Name, first: words.At(m.Name, 0)}
	// Of ASCII names, those that are the same but for case have one hash.
	if (w.fixed.reserved>>words.NameHash(o.first, len(m.Name))&1 != 0 || !w.fixed.ascii || !words.IsASCII(m.Name)) &&
		w.settings.Reserved(string(m.Name)) {
		return false
	}
	if m.Value.Form != strictjson.Null {
		at := len(w.extra)
		w.extra = append(python.AppendJSON(append(w.extra, ','), string(m.Name)), ':')
		w.extra = append(w.extra, m.Value.JSON(extra)...)
		o.member = w.extra[at:len(w.extra):len(w.extra)]
	}
	w.more = append(w.more, o)
	return true
}

// takeOver begins a token that takes over all claims but these and the configured ones.
func (w *Writer) takeOver(set *claimSet) {
	w.set, w.own = set, append(w.own[:0], set.own...)
	for i := range w.more {
		w.more[i].used = false
	}
}

// configured appends the claims that are configured for customers, fresh at each log-in and refresh, then aud and
// iss, but for those that stand in the token already.
func (w *Writer) configured(b []byte) []byte {
	for i := range w.more {
		if o := &w.more[i]; !o.used {
			b = append(b, o.member...)
		}
	}
	for i := w.set.dropped; i < len(w.own); i++ {
		if o := &w.own[i]; !o.used {
			b = append(b, o.member...)
		}
	}
	return b
}

// find is the claim of this name that is not taken over from the token that is refreshed, which is then used; nil where
// the claim is taken over.
func (w *Writer) find(first uint64, name []byte) *ownClaim {
	for at := w.set.table[words.NameHash(first, len(name))]; at != 0; at = w.own[at-1].next {
		if o := &w.own[at-1]; o.is(first, name) {
			o.used = true
			return o
		}
	}
	for i := range w.more {
		if o := &w.more[i]; o.is(first, name) {
			o.used = true
			return o
		}
	}
	return nil
}

// copied appends the claims that a token takes over from the one of which it is made, in their order. A claim of its
// own, or a configured one, replaces that of the other token.
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
