package core

import (
	"encoding/binary"
	"math/bits"
)

// knownClaim is a claim that means something, and where Opened holds it.
type knownClaim struct {
	name  string
	claim *Claim
	first uint64      // the first eight bytes of the name, zeros where there are less
	same  *knownClaim // another meaning of the same name
	next  *knownClaim // another name of the same hash
}

// names are known claims by the hash of their names.
type names [64]*knownClaim

func (n *names) add(k *knownClaim) {
	at := &n[nameHash(k.first, len(k.name))]
	for other := *at; other != nil; other = other.next {
		if other.name == k.name {
			k.same, other.same = other.same, k
			return
		}
	}
	k.next, *at = *at, k
}

// fold makes letters in either case the same, and some other characters too.
func fold(first uint64) uint64 { return first | 0x20*each }

func nameHash(first uint64, size int) uint64 {
	return (fold(first) ^ uint64(size)) * 0x9e3779b97f4a7c15 >> 58
}

// maxForeign is how many members quick reads that mean nothing here.
const maxForeign = 24

// foreignName is the name of one: its first eight bytes and its length, which tell it from most others.
type foreignName struct {
	first uint64
	size  int
}

// quick reads claims as most tokens have them into r.opened, word by word: no space between members, names without escapes, and none that is a known one in
// another case. Values that are no plain text and no integer it leaves to the scanner. Where it gives false nothing is known yet: the scanner, which
// knows all of the rules, then reads everything anew.
func (r *Reader) quick() bool {
	src := r.decoded[: len(r.decoded)+slack : len(r.decoded)+slack] // the slack is zeros, which end every loop
	if !r.ascii || src[0] != '{' {
		return false
	}
	for at, left, foreign := 1, maxNames, 0; left > 0; {
		b := (*[slack]byte)(src[at:])
		if b[0] != '"' {
			return false
		}
		first := binary.LittleEndian.Uint64(b[1:])
		size := bits.TrailingZeros64(special(first)) >> 3
		start, value := at+1, byte(0)
		if size < 8 {
			first &= 1<<(8*size) - 1
			if b[1+size] != '"' || b[2+size] != ':' {
				return false
			}
			value = b[3+size]
		} else {
			end := plainEnd(src, start+8)
			size = end - start
			if src[end] != '"' || src[end+1] != ':' {
				return false
			}
			value = src[end+2]
		}
		left--

		at += size + 3
		var c Claim
		switch {
		case value == '"':
			end := at + 1
			if s := special(binary.LittleEndian.Uint64(src[end:])); s != 0 {
				end += bits.TrailingZeros64(s) >> 3
			} else {
				end = plainEnd(src, end+8)
			}
			if src[end] == '"' {
				c = Claim{Form: String, Start: uint32(at + 1), End: uint32(end)}
				at = end + 1
			}
		case '1' <= value && value <= '9':
			b := (*[slack]byte)(src[at:])
			end := at
			if s := noDigit(binary.LittleEndian.Uint64(b[0:])); s != 0 {
				end += bits.TrailingZeros64(s) >> 3
			} else {
				end += 8 + bits.TrailingZeros64(noDigit(binary.LittleEndian.Uint64(b[8:])))>>3 // of more than 15 digits it stops within them
			}
			if src[end] == ',' || src[end] == '}' {
				c = Claim{Form: Number, Start: uint32(at), End: uint32(end)}
				at = end
			}
		}
		if c.Form == Absent {
			r.scan.start(r.decoded, left)
			r.scan.pos = at
			var ok bool
			if c, ok = r.scan.value(1); !ok {
				return false
			}
			at, left = r.scan.pos, r.scan.left
		}

		k := r.names[nameHash(first, size)]
		for k != nil && (len(k.name) != size || fold(k.first) != fold(first)) {
			k = k.next
		}
		switch {
		case k == nil:
			if foreign == maxForeign || r.saw(foreign, first, size) {
				return false // perhaps twice
			}
			r.foreign[foreign] = foreignName{first, size}
			foreign++
		case k.first != first || k.claim.Form != Absent || size > 8 && string(src[start+8:start+size]) != k.name[8:]:
			return false // perhaps in another case, or twice
		default:
			*k.claim = c
			for k = k.same; k != nil; k = k.same {
				*k.claim = c
			}
		}
		switch src[at] {
		case ',':
			at++
		case '}':
			return at+1 == len(r.decoded)
		default:
			return false
		}
	}
	return false
}

// saw reports whether one of the first count foreign names is this one, or begins like it.
func (r *Reader) saw(count int, first uint64, size int) bool {
	for i := range r.foreign[:count] {
		if f := &r.foreign[i]; f.first == first && f.size == size {
			return true
		}
	}
	return false
}

// plainEnd is where a string that is read from at on has its first character that is not plain: its end, or an escape, a control character, or one beyond ASCII. A
// jump backwards and a call cost a guest more than several words that are read straight on.
func plainEnd(src []byte, at int) int {
	for {
		b := (*[slack]byte)(src[at:])
		if s := special(binary.LittleEndian.Uint64(b[0:])); s != 0 {
			return at + bits.TrailingZeros64(s)>>3
		}
		if s := special(binary.LittleEndian.Uint64(b[8:])); s != 0 {
			return at + 8 + bits.TrailingZeros64(s)>>3
		}
		if s := special(binary.LittleEndian.Uint64(b[16:])); s != 0 {
			return at + 16 + bits.TrailingZeros64(s)>>3
		}
		if s := special(binary.LittleEndian.Uint64(b[24:])); s != 0 {
			return at + 24 + bits.TrailingZeros64(s)>>3
		}
		at += slack
	}
}

// noDigit has the highest bit of each byte of w that is no decimal digit.
func noDigit(w uint64) uint64 {
	w ^= '0' * each
	return (w&^highs + (0x80-10)*each | w) & highs
}

// special has the highest bit of each byte of w that is no plain character of a string, from the lowest such byte on right.
func special(w uint64) uint64 {
	quote, escape := w^'"'*each, w^'\\'*each
	return ((quote-each)&^quote | (escape-each)&^escape | (w - 0x20*each) | w) & highs
}
