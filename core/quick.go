package core

import (
	"encoding/binary"
	"math/bits"
)

// knownClaim is a claim that means something, and where Opened holds it.
type knownClaim struct {
	name          string
	claim         *Claim
	first, second uint64      // the first eight bytes of the name and the next eight, zeros where there are less
	same          *knownClaim // another meaning of the same name
	next          *knownClaim // another name of the same hash
}

func newKnown(name string, claim *Claim) *knownClaim {
	k := &knownClaim{name: name, claim: claim, first: word([]byte(name), 0)}
	if len(name) > 8 {
		k.second = word([]byte(name), 8)
	}
	return k
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

// find is the known claim that has this name in any case, or a name that begins like it; nil where there is none.
func (n *names) find(first uint64, size int) *knownClaim {
	k := n[nameHash(first, size)]
	for k != nil && (k.first^first)&^(0x20*each)|uint64(len(k.name)^size) != 0 {
		k = k.next
	}
	return k
}

// fold makes letters in either case the same, and some other characters too.
func fold(first uint64) uint64 { return first | 0x20*each }

func nameHash(first uint64, size int) uint64 {
	return (fold(first) ^ uint64(size)) * 0x9e3779b97f4a7c15 >> 58
}

// quick reads claims as most tokens have them into r.opened, word by word: names without escapes, and none that is a
// known one in another case. Where it gives false nothing is known yet: the scanner, which knows all of the rules,
// then reads everything anew. As in nested, several conditions are one number; and a name's words are read here as
// there, not by a function of both, since a call costs a guest 7 to 9 ns for each name.
func (r *Reader) quick() bool {
	src, scan := r.buffer, &r.scan
	if !r.ascii || src[0] != '{' {
		return false
	}
	scan.start(src, len(r.decoded), MaxNames)
	for at := 1; ; at++ {
		b := src.window(at)
		first := binary.LittleEndian.Uint64(b[1:])
		size, second := bits.TrailingZeros64(special(first))>>3, uint64(0)
		first &= 1<<(8*size) - 1
		if size == 8 {
			second = binary.LittleEndian.Uint64(b[9:])
			more := bits.TrailingZeros64(special(second)) >> 3
			second &= 1<<(8*more) - 1
			if size += more; size == 16 {
				size = plainEnd(src, at+17) - at - 1
			}
		}
		if uint64(b[0]^'"')|uint64(uint16(src.word(at+size+1))^('"'|':'<<8))|below(uint64(scan.left), 1) != 0 {
			if next := scan.space(at); next != at {
				at = next - 1
				continue
			}
			return false
		}
		scan.left--

		claim := &r.other
		k := r.names.find(first, size)
		if k == nil {
			hash := scopedHash(first, second, size, scan.scopes[1])
			e := &scan.names.entries[hash>>(scan.names.shift&63)]
			if uint64(size>>4)|^below(uint64(e.scope), uint64(scan.names.oldest)) == 0 {
				*e = nameEntry{hash, scan.scopes[1], uint32(at + 1), uint32(size)}
			} else if !scan.names.add(src, at+1, size, scan.scopes[1]) {
				return false
			}
		} else if claim = k.claim; (k.first^first)|(k.second^second)|uint64(claim.Form) != 0 || size > 16 && string(src[at+1:at+1+size]) != k.name {
			return false // perhaps in another case, or twice
		}

		at += size + 3
		b = src.window(at)
		end := 0
		if b[0] == '"' {
			quote := at + 1
			if m := special(binary.LittleEndian.Uint64(b[1:])); m != 0 {
				quote += bits.TrailingZeros64(m) >> 3
			} else {
				quote = plainEnd(src, at+9)
			}
			if src.at(quote) == '"' {
				*claim = Claim{Form: String, Start: uint32(at + 1), End: uint32(quote)}
				end = quote + 1
			}
		} else if b[0]-'1' < 9 {
			after := at + bits.TrailingZeros64(noDigit(binary.LittleEndian.Uint64(b[0:])))>>3
			if after == at+8 {
				after += bits.TrailingZeros64(noDigit(binary.LittleEndian.Uint64(b[8:]))) >> 3 // of more than 15 digits it stops within them
			}
			if d := uint64(src.at(after)); (d^',')*(d^'}') == 0 {
				*claim = Claim{Form: Number, Start: uint32(at), End: uint32(after)}
				end = after
			}
		}
		if end == 0 {
			if *claim, end = scan.value(scan.space(at)); end == 0 {
				return false
			}
			end = scan.space(end)
		}
		if k != nil {
			for same := k.same; same != nil; same = same.same {
				*same.claim = *claim
			}
		}
		if at = end; src.at(at) != ',' {
			return src.at(at) == '}' && at+1 == len(r.decoded)
		}
	}
}
