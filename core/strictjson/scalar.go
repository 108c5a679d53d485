package strictjson

import (
	"encoding/binary"
	"math/bits"

	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/core/words"
)

// The first four bytes of the literals, as a word has them.
const (
	wordTrue = 't' | 'r'<<8 | 'u'<<16 | 'e'<<24
	wordNull = 'n' | 'u'<<8 | 'l'<<16 | 'l'<<24
	wordFals = 'f' | 'a'<<8 | 'l'<<16 | 's'<<24
)

// scalar reads true, false, null or a number.
func (s *Scanner) scalar(at int) (Form, int) {
	b := s.src.window(at)
	switch binary.LittleEndian.Uint32(b[:]) {
	case wordTrue:
		return True, at + 4
	case wordNull:
		return Null, at + 4
	case wordFals:
		if b[4] != 'e' {
			return Absent, 0
		}
		return False, at + 5
	}
	if b[0] == '-' {
		at++
	}
	end := at + 1
	if s.src.At(at) != '0' {
		if end = digitsEnd(s.src, at); end == at || end-at > python.MaxDigits && s.src.At(end) != '.' &&
			s.src.At(end)|0x20 != 'e' {
			return Absent, 0
		}
	}
	return Number, s.fraction(end)
}

// fraction reads what follows the integer part of a number.
func (s *Scanner) fraction(at int) int {
	src := s.src
	if src.At(at) == '.' {
		w := src.Word(at + 1)
		size := bits.TrailingZeros64(words.NoDigit(w)) >> 3
		if size == 0 {
			return 0
		}
		if at += 1 + size; size == 8 {
			at = digitsEnd(src, at)
		}
	}
	if src.At(at)|0x20 == 'e' {
		start := at + 1
		if src.At(start) == '-' || src.At(start) == '+' {
			start++
		}
		if at = digitsEnd(src, start); at == start {
			return 0
		}
	}
	return at
}

// digitsEnd is where decimal digits that are read from at on end.
func digitsEnd(src *Buffer, at int) int {
	for {
		if m := words.NoDigit(src.Word(at)); m != 0 {
			return at + bits.TrailingZeros64(m)>>3
		}
		at += 8
	}
}
