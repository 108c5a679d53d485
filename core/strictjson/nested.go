package strictjson

import (
	"encoding/binary"
	"math/bits"

	"github.com/edgetoken/edgetoken/core/words"
)

// nested reads an object or array within the outermost one, and all that is in it. What is usual it reads by itself,
// without a call. Each condition costs a guest a jump, with all that is held in variables, so that several are one
// number that must be 0, and what is seldom needed stays in memory.
func (s *Scanner) nested(at int) int {
	src := s.src
	s.depth, s.objects = 1, 0
	for {
		if s.objects&1 != 0 { // a name is next
			b := src.window(at)
			first := binary.LittleEndian.Uint64(b[1:])
			size, second := bits.TrailingZeros64(words.Special(first))>>3, uint64(0)
			first &= 1<<(8*size) - 1
			if size == 8 {
				second = binary.LittleEndian.Uint64(b[9:])
				more := bits.TrailingZeros64(words.Special(second)) >> 3
				second &= 1<<(8*more) - 1
				size += more
			}
			scope := s.scopes[s.depth&127]
			hash := scopedHash(first, second, size, scope)
			e := &s.names.entries[hash>>(s.names.shift&63)]
			after := src.Word(at + size + 1)
			if uint64(b[0]^'"')|uint64(uint16(after)^('"'|':'<<8))|words.Below(after>>16&0xff, '!')|uint64(size>>4)|
				words.Below(uint64(s.left), 1)|^words.Below(uint64(e.scope), uint64(s.names.oldest)) == 0 {
				*e = nameEntry{hash, scope, uint32(at + 1), uint32(size)}
				s.left--
				at += size + 3
			} else if at = s.name(at, scope); at == 0 {
				return 0
			}
		}
		b := src.window(at)
		w := binary.LittleEndian.Uint64(b[0:])
		c := byte(w)
		if c == '"' {
			if m := words.Special(binary.LittleEndian.Uint64(b[1:])); m != 0 {
				at += 1 + bits.TrailingZeros64(m)>>3
			} else {
				at = src.PlainEnd(at + 9)
			}
			if src.At(at) != '"' {
				if at = s.text(at); at == 0 {
					return 0
				}
			}
			at++
		} else if c|0x20 == '{' { // [ or {
			if s.depth++; s.depth > MaxDepth {
				return 0
			}
			s.objects = s.objects<<1 | w>>5&1
			s.scopes[s.depth&127] = s.names.open()
			if at++; src.At(at) <= ' ' {
				at = s.space(at)
			}
			if src.At(at) != c+2 {
				continue
			}
		} else {
			// The size of the digits that a number begins with, or of a literal.
			size := bits.TrailingZeros64(words.NoDigit(w)) >> 3
			end := at + size
			if size == 8 {
				end += bits.TrailingZeros64(words.NoDigit(binary.LittleEndian.Uint64(b[8:]))) >> 3
			}
			if src.At(end) == '.' {
				if more := bits.TrailingZeros64(words.NoDigit(src.Word(end+1))) >> 3; more > 0 {
					end += 1 + more
				}
			}
			if uint32(w) == wordTrue {
				size, end = 4, at+4
			}
			if uint32(w) == wordNull {
				size, end = 4, at+4
			}
			d := uint64(src.At(end))
			if words.Below(uint64(c), '1')|words.Below(uint64(size), 1)|(d^',')*(d|0x20^'}') == 0 {
				at = end
			} else if next := s.space(at); next != at { // in an array
				at = next
				continue
			} else if _, at = s.scalar(at); at == 0 {
				return 0
			}
		}
		// A value is over.
		for src.At(at) != ',' {
			if uint64(src.At(at)) == ']'+s.objects&1<<5 {
				at++
				s.objects >>= 1
				if s.depth--; s.depth == 1 {
					return at
				}
			} else if next := s.space(at); next != at {
				at = next
			} else {
				return 0
			}
		}
		at++
	}
}
