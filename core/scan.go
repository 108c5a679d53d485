package core

import (
	"encoding/binary"
	"math/bits"

	"github.com/edgetoken/edgetoken/core/python"
)

// Bounds of what is read. They hold before anything is parsed.
const (
	// MaxTokenBytes is the longest token that is looked at.
	MaxTokenBytes = 64 << 10
	// MaxDepth is how deep a header or claims may nest.
	MaxDepth = 64
	// MaxNames is how many member names claims may have in all, and maxHeaderNames a header, which is nobody's word yet.
	MaxNames       = 1024
	maxHeaderNames = 32
)

// scanner reads one JSON object in a single pass, strictly (RFC 8259 and RFC 8725 §3): valid UTF-8, no duplicate
// names (compared unescaped), no lone surrogate, no NaN or Infinity, no trailing bytes, bounded depth and number of
// names. It allocates only what it keeps between uses.
//
//	for more := s.begin(src, names); more; more = s.next() { … s.member … }
//	if !s.whole { refuse }
//
// A guest pays for jumps and calls, not for arithmetic: so text is read in words of eight bytes, nesting takes no
// recursion, and the zeros that follow what is read end every loop. Methods that read something take the place where
// it begins and give the place after it, or 0 where it is not good: a value never ends at 0.
type scanner struct {
	src    *Buffer
	size   int // without
	pos    int
	member member // the one that begin or next came to
	whole  bool   // the object was read to its end, and nothing is left
	names  nameTable
	left   int         // how many more names there may be
	scopes [128]uint32 // of the objects that are open, by depth; a power of two, so that no place has to be checked
	// depth and objects are for nested alone; objects has a bit for each object or array that is open, the innermost
	// lowest: whether it is an object.
	depth   int
	objects uint64
	own     *Buffer // for what others hold
}

// member is one member of the outermost object.
type member struct {
	name  []byte // unescaped; valid until the next use of the scanner
	value Claim
}

// begin comes to the first member of src, which may have that many names in all. What does not fit into a Buffer is
// refused.
func (s *scanner) begin(src []byte, names int) bool {
	if s.own == nil {
		s.own = new(Buffer)
	}
	return s.own.hold(src) && s.beginHeld(s.own, len(src), names)
}

// beginHeld is begin for the first size bytes of src, which zeros follow.
func (s *scanner) beginHeld(src *Buffer, size, names int) bool {
	s.start(src, size, names)
	at := s.space(0)
	if src.at(at) != '{' {
		return false
	}
	if at = s.space(at + 1); src.at(at) == '}' {
		return s.end(at)
	}
	return s.one(at)
}

// start makes the scanner ready for the outermost object in the first size bytes of src, which zeros follow.
func (s *scanner) start(src *Buffer, size, names int) {
	s.src, s.size, s.left, s.whole = src, size, names, false
	s.scopes[1] = s.names.reset(min(names, size/minMember+1))
}

// minMember is the size of the least member and what stands between it and the next: `"":0,`.
const minMember = 5

// next comes to the next member.
func (s *scanner) next() bool {
	switch s.src.at(s.pos) {
	case ',':
		return s.one(s.pos + 1)
	case '}':
		return s.end(s.pos)
	}
	return false
}

// one reads the member at that place.
func (s *scanner) one(at int) bool {
	if at = s.name(at, s.scopes[1]); at == 0 {
		return false
	}
	s.member.name = s.names.text(s.src, s.names.start, s.names.size)
	c, end := s.value(at)
	if end == 0 {
		return false
	}
	s.member.value, s.pos = c, s.space(end)
	return true
}

// end is at the closing brace of the outermost object.
func (s *scanner) end(at int) bool {
	s.whole = s.space(at+1) == s.size
	return false
}

// name reads a name, which must differ from others in that scope, the colon, and the space around them.
func (s *scanner) name(at int, scope uint32) int {
	src := s.src
	at = s.space(at)
	if src.at(at) != '"' || s.left == 0 {
		return 0
	}
	s.left--
	at++
	end := plainEnd(src, at)
	if src.at(end) != '"' {
		if end = s.text(end); end == 0 {
			return 0
		}
	}
	if !s.names.add(src, at, end-at, scope) {
		return 0
	}
	if end++; src.at(end) != ':' {
		if end = s.space(end); src.at(end) != ':' {
			return 0
		}
	}
	if end++; src.at(end) <= ' ' {
		return s.space(end)
	}
	return end
}

// value reads a value of the outermost object.
func (s *scanner) value(at int) (c Claim, end int) {
	c.Start = uint32(at)
	switch s.src.at(at) {
	case '"':
		if end = plainEnd(s.src, at+1); s.src.at(end) != '"' {
			if end = s.text(end); end == 0 {
				return c, 0
			}
		}
		return Claim{Form: String, Start: uint32(at + 1), End: uint32(end)}, end + 1
	case '{':
		c.Form, end = Object, s.nested(at)
	case '[':
		c.Form, end = Array, s.nested(at)
	default:
		c.Form, end = s.scalar(at)
	}
	c.End = uint32(end)
	return c, end
}

// nested reads an object or array within the outermost one, and all that is in it. What is usual it reads by itself,
// without a call. Each condition costs a guest a jump, with all that is held in variables, so that several are one
// number that must be 0, and what is seldom needed stays in memory.
func (s *scanner) nested(at int) int {
	src := s.src
	s.depth, s.objects = 1, 0
	for {
		if s.objects&1 != 0 { // a name is next
			b := src.window(at)
			first := binary.LittleEndian.Uint64(b[1:])
			size, second := bits.TrailingZeros64(special(first))>>3, uint64(0)
			first &= 1<<(8*size) - 1
			if size == 8 {
				second = binary.LittleEndian.Uint64(b[9:])
				more := bits.TrailingZeros64(special(second)) >> 3
				second &= 1<<(8*more) - 1
				size += more
			}
			scope := s.scopes[s.depth&127]
			hash := scopedHash(first, second, size, scope)
			e := &s.names.entries[hash>>(s.names.shift&63)]
			after := src.word(at + size + 1)
			if uint64(b[0]^'"')|uint64(uint16(after)^('"'|':'<<8))|below(after>>16&0xff, '!')|uint64(size>>4)|below(uint64(s.left), 1)|^below(uint64(e.scope), uint64(s.names.oldest)) == 0 {
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
			if m := special(binary.LittleEndian.Uint64(b[1:])); m != 0 {
				at += 1 + bits.TrailingZeros64(m)>>3
			} else {
				at = plainEnd(src, at+9)
			}
			if src.at(at) != '"' {
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
			if at++; src.at(at) <= ' ' {
				at = s.space(at)
			}
			if src.at(at) != c+2 {
				continue
			}
		} else {
			size := bits.TrailingZeros64(noDigit(w)) >> 3 // of the digits that a number begins with, or of a literal
			end := at + size
			if size == 8 {
				end += bits.TrailingZeros64(noDigit(binary.LittleEndian.Uint64(b[8:]))) >> 3
			}
			if src.at(end) == '.' {
				if more := bits.TrailingZeros64(noDigit(src.word(end+1))) >> 3; more > 0 {
					end += 1 + more
				}
			}
			if uint32(w) == wordTrue {
				size, end = 4, at+4
			}
			if uint32(w) == wordNull {
				size, end = 4, at+4
			}
			d := uint64(src.at(end))
			if below(uint64(c), '1')|below(uint64(size), 1)|(d^',')*(d|0x20^'}') == 0 {
				at = end
			} else if next := s.space(at); next != at { // in an array
				at = next
				continue
			} else if _, at = s.scalar(at); at == 0 {
				return 0
			}
		}
		// A value is over.
		for src.at(at) != ',' {
			if uint64(src.at(at)) == ']'+s.objects&1<<5 {
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

// text reads a string from within it on, where it has a character that is not plain, and gives the place of its
// closing quote.
func (s *scanner) text(at int) int {
	src := s.src
	for {
		w := src.word(at)
		switch b := byte(w); {
		case b == '"':
			return at
		case b == '\\':
			switch c := byte(w >> 8); {
			case c != 'u':
				if c >= 0x80 || escapes[c>>6]>>(c&63)&1 == 0 {
					return 0
				}
				at += 2
			case !isHex(w >> 16):
				return 0
			case w>>16&0xdf != 'D' || w>>24&0xff < '8':
				at += 6
			default: // a surrogate
				_, size := unicodeEscape(src[at:])
				if size == 0 {
					return 0
				}
				at += size
			}
		case b < 0xc2: // a control character, or what does not begin a character
			return 0
		case b < 0xe0:
			if w>>8&0xc0 != 0x80 {
				return 0
			}
			at += 2
		case b < 0xf0:
			if r := w&0xf<<12 | w>>8&0x3f<<6 | w>>16&0x3f; w&0xc0c000 != 0x808000 || r < 0x800 || r-0xd800 < 0x800 {
				return 0
			}
			at += 3
		case b < 0xf5:
			if r := w&7<<18 | w>>8&0x3f<<12 | w>>16&0x3f<<6 | w>>24&0x3f; w&0xc0c0c000 != 0x80808000 || r-0x10000 >= 0x100000 {
				return 0
			}
			at += 4
		default:
			return 0
		}
		if m := special(src.word(at)); m != 0 {
			at += bits.TrailingZeros64(m) >> 3
		} else {
			at = plainEnd(src, at+8)
		}
	}
}

// escapes has a bit for each character that may follow a backslash, but u.
var escapes = [2]uint64{1<<'"' | 1<<'/', 1<<('\\'-64) | 1<<('b'-64) | 1<<('f'-64) | 1<<('n'-64) | 1<<('r'-64) | 1<<('t'-64)}

// isHex reports whether the four lowest bytes of h are hexadecimal digits.
func isHex(h uint64) bool {
	y := h &^ highs
	z := y | 0x20*each
	digit := (y + (0x80-'0')*each) &^ (y + (0x80-'9'-1)*each)
	letter := (z + (0x80-'a')*each) &^ (z + (0x80-'f'-1)*each)
	return (digit|letter)&^h&0x80808080 == 0x80808080
}

// The first four bytes of the literals, as a word has them.
const (
	wordTrue = 't' | 'r'<<8 | 'u'<<16 | 'e'<<24
	wordNull = 'n' | 'u'<<8 | 'l'<<16 | 'l'<<24
	wordFals = 'f' | 'a'<<8 | 'l'<<16 | 's'<<24
)

// scalar reads true, false, null or a number.
func (s *scanner) scalar(at int) (Form, int) {
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
	if s.src.at(at) != '0' {
		if end = digitsEnd(s.src, at); end == at || end-at > python.MaxDigits && s.src.at(end) != '.' && s.src.at(end)|0x20 != 'e' {
			return Absent, 0
		}
	}
	return Number, s.fraction(end)
}

// fraction reads what follows the integer part of a number.
func (s *scanner) fraction(at int) int {
	src := s.src
	if src.at(at) == '.' {
		w := src.word(at + 1)
		size := bits.TrailingZeros64(noDigit(w)) >> 3
		if size == 0 {
			return 0
		}
		if at += 1 + size; size == 8 {
			at = digitsEnd(src, at)
		}
	}
	if src.at(at)|0x20 == 'e' {
		start := at + 1
		if src.at(start) == '-' || src.at(start) == '+' {
			start++
		}
		if at = digitsEnd(src, start); at == start {
			return 0
		}
	}
	return at
}

// space is where white space that begins at that place ends.
func (s *scanner) space(at int) int {
	src := s.src
	for src.at(at) == ' ' || src.at(at) == '\n' || src.at(at) == '\t' || src.at(at) == '\r' {
		at++
	}
	return at
}
