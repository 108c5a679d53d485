package core

import (
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
	w.set, w.own, w.used = set, set.own, 0
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
		if w.used>>i&1 == 0 {
			b = append(b, w.own[i].member...)
		}
	}
	return b
}

// find is the claim of this name that is not taken over from the token that is refreshed, which is then used; nil where
// the claim is taken over.
func (w *Writer) find(first uint64, name []byte) *ownClaim {
	for at := w.set.table[words.NameHash(first, len(name))]; at != 0; at = w.own[at-1].next {
		if o := &w.own[at-1]; o.is(first, name) {
			w.used |= 1 << (at - 1)
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
// members, and names that are written as they stand. What is copied as it stands is copied in runs, each from a comma
// on. ok is false for others.
func (w *Writer) copiedQuickly(b, claims []byte) (_ []byte, ok bool) {
	src := &w.room
	if !src.Hold(claims) || src[0] != '{' {
		return b, false
	}
	src[0] = ','
	run := 0
	for at := 1; ; at++ {
		name := at + 1
		first := src.Word(name)
		end := name
		if m := nameSpecial(first); m != 0 {
			end += bits.TrailingZeros64(m) >> 3
			first &= 1<<(8*(end-name)) - 1
		} else {
			end = nameEnd(src, name+8)
		}
		colon := src.Word(end)
		if src.At(at) != '"' || uint16(colon) != '"'|':'<<8 {
			return b, false
		}
		value, next := end+2, 0
		switch c := byte(colon >> 16); {
		case c == '"':
			if e := src.PlainEnd(value + 1); src.At(e) == '"' {
				next = e + 1
			}
		case c-'1' < 9:
			next = value + bits.TrailingZeros64(words.NoDigit(src.Word(value)))>>3
			if next == value+8 {
				next += bits.TrailingZeros64(words.NoDigit(src.Word(next))) >> 3
			}
			if d := src.At(next); d != ',' && d != '}' {
				next = 0
			}
		}
		var v strictjson.Value
		odd := next == 0
		if odd {
			if v, next = w.scan.ValueAt(src, len(claims), value); next == 0 {
				return b, false
			}
		}
		if o := w.find(first, src[name:end]); o != nil {
			b = append(append(b, src[run:at-1]...), o.member...)
			run = next
		} else if odd {
			b = append(append(b, src[run:value]...), v.JSON(claims)...)
			run = next
		}
		if at = next; src.At(at) == ',' {
			continue
		}
		return append(b, src[run:at]...), src.At(at) == '}' && at+1 == len(claims)
	}
}

// nameSpecial has the highest bit of each byte of a word that may not stand in a name: one where PlainEnd ends, or DEL,
// which python.AppendJSON does not write as it stands.
func nameSpecial(word uint64) uint64 { return words.Special(word) | (word+words.Each)&words.High }

// nameEnd is where a name ends that is read from at on.
func nameEnd(src *strictjson.Buffer, at int) int {
	for ; ; at += 8 {
		if s := nameSpecial(src.Word(at)); s != 0 {
			return at + bits.TrailingZeros64(s)>>3
		}
	}
}
