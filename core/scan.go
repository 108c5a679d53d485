package core

import (
	"bytes"
	"unicode/utf8"
)

// Bounds of what is read. They hold before anything is parsed.
const (
	// MaxTokenBytes is the longest token that is looked at.
	MaxTokenBytes = 64 << 10
	// maxDepth is how deep a header or claims may nest.
	maxDepth = 64
	// maxDigits is how many digits an integer may have: Python reads no longer ones (sys.get_int_max_str_digits()).
	maxDigits = 4300
	// maxNames is how many member names claims may have in all, and maxHeaderNames a header, which is nobody's word yet.
	maxNames       = 1024
	maxHeaderNames = 32
)

// scanner reads one JSON object in a single pass, strictly (RFC 8259 and RFC 8725 §3): valid UTF-8, no duplicate names (compared unescaped), no
// lone surrogate, no NaN or Infinity, no trailing bytes, bounded depth and number of names. It allocates only what it keeps between uses.
//
//	for more := s.begin(src, names); more; more = s.next() { … s.member … }
//	if !s.whole { refuse }
type scanner struct {
	src    []byte
	pos    int
	member member // the one that begin or next came to
	whole  bool   // the object was read to its end, and nothing is left
	// names are those of all objects that are open now, in the order in which they came.
	names []name
	left  int // how many more names there may be
	// unescaped holds the names that had escapes, as they are without.
	unescaped []byte
}

// name is a member name: its bytes between the quotes, unescaped. The tag tells most different names apart.
type name struct {
	tag  uint32
	text []byte
}

// member is one member of the outermost object.
type member struct {
	name  []byte // unescaped; valid until the next use of the scanner
	value Claim
}

// begin comes to the first member of src, which may have that many names in all.
func (s *scanner) begin(src []byte, names int) bool {
	s.start(src, names)
	s.space()
	if !s.byte('{') {
		return false
	}
	s.space()
	if s.byte('}') {
		return s.end()
	}
	return s.one()
}

// start makes the scanner ready for src.
func (s *scanner) start(src []byte, names int) {
	s.src, s.pos, s.left, s.whole = src, 0, names, false
	s.names, s.unescaped = s.names[:0], s.unescaped[:0]
}

// next comes to the next member.
func (s *scanner) next() bool {
	if s.byte(',') {
		s.space()
		return s.one()
	}
	if s.byte('}') {
		return s.end()
	}
	return false
}

func (s *scanner) one() (ok bool) {
	s.member.name, s.member.value, ok = s.pair(0, 1)
	return ok
}

// end is after the closing brace of the outermost object.
func (s *scanner) end() bool {
	s.space()
	s.whole = s.pos == len(s.src)
	return false
}

// object scans an object within another, from its opening brace to its closing one.
func (s *scanner) object(depth int) bool {
	if depth > maxDepth {
		return false
	}
	s.pos++
	first := len(s.names)
	s.space()
	if s.byte('}') {
		return true
	}
	for {
		if _, _, ok := s.pair(first, depth); !ok {
			return false
		}
		if s.byte(',') {
			s.space()
			continue
		}
		s.names = s.names[:first]
		return s.byte('}')
	}
}

// pair scans a name, which must differ from those since first, and its value.
func (s *scanner) pair(first, depth int) (text []byte, value Claim, ok bool) {
	if text, ok = s.name(first); !ok {
		return nil, value, false
	}
	s.space()
	if !s.byte(':') {
		return nil, value, false
	}
	value, ok = s.value(depth)
	return text, value, ok
}

func (s *scanner) name(first int) ([]byte, bool) {
	c, ok := s.string()
	if !ok || s.left == 0 {
		return nil, false
	}
	s.left--
	text := s.src[c.Start:c.End]
	if bytes.IndexByte(text, '\\') >= 0 {
		from := len(s.unescaped)
		s.unescaped = unescape(s.unescaped, text)
		text = s.unescaped[from:len(s.unescaped):len(s.unescaped)]
	}
	tag := uint32(len(text)) << 16
	if len(text) > 0 {
		tag |= uint32(text[0])<<8 | uint32(text[len(text)-1])
	}
	for i := first; i < len(s.names); i++ {
		if s.names[i].tag == tag && bytes.Equal(s.names[i].text, text) {
			return nil, false
		}
	}
	s.names = append(s.names, name{tag, text})
	return text, true
}

// value scans a value and the white space around it.
func (s *scanner) value(depth int) (Claim, bool) {
	s.space()
	if s.pos == len(s.src) {
		return Claim{}, false
	}
	c := Claim{Start: uint32(s.pos)}
	ok := false
	switch b := s.src[s.pos]; b {
	case '"':
		c, ok = s.string()
		s.space()
		return c, ok
	case '{':
		c.Form, ok = Object, s.object(depth+1)
	case '[':
		c.Form, ok = Array, s.array(depth+1)
	case 't':
		c.Form, ok = True, s.literal("true")
	case 'f':
		c.Form, ok = False, s.literal("false")
	case 'n':
		c.Form, ok = Null, s.literal("null")
	default:
		c.Form, ok = Number, s.number()
	}
	c.End = uint32(s.pos)
	s.space()
	return c, ok
}

func (s *scanner) array(depth int) bool {
	if depth > maxDepth {
		return false
	}
	s.pos++
	s.space()
	if s.byte(']') {
		return true
	}
	for {
		if _, ok := s.value(depth); !ok {
			return false
		}
		if s.byte(',') {
			continue
		}
		return s.byte(']')
	}
}

// string scans a string; the claim spans what stands between the quotes.
func (s *scanner) string() (Claim, bool) {
	if !s.byte('"') {
		return Claim{}, false
	}
	start := s.pos
	for s.pos < len(s.src) {
		b := s.src[s.pos]
		switch {
		case b == '"':
			c := Claim{Form: String, Start: uint32(start), End: uint32(s.pos)}
			s.pos++
			return c, true
		case b < 0x20:
			return Claim{}, false
		case b == '\\':
			if !s.escape() {
				return Claim{}, false
			}
		case b < utf8.RuneSelf:
			s.pos++
		default:
			r, size := utf8.DecodeRune(s.src[s.pos:])
			if r == utf8.RuneError && size == 1 {
				return Claim{}, false
			}
			s.pos += size
		}
	}
	return Claim{}, false
}

// escape scans one escape; the second half of a surrogate pair belongs to the first.
func (s *scanner) escape() bool {
	if s.pos+1 >= len(s.src) {
		return false
	}
	switch s.src[s.pos+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.pos += 2
		return true
	case 'u':
		_, size := unicodeEscape(s.src[s.pos:])
		s.pos += size
		return size > 0
	}
	return false
}

func (s *scanner) number() bool {
	s.byte('-')
	start := s.pos
	switch {
	case s.byte('0'):
	case s.digits():
	default:
		return false
	}
	integer := s.pos
	if s.byte('.') && !s.digits() {
		return false
	}
	if s.byte('e') || s.byte('E') {
		if !s.byte('-') {
			s.byte('+')
		}
		return s.digits()
	}
	return s.pos > integer || integer-start <= maxDigits
}

// digits scans at least one digit.
func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.src) && s.src[s.pos]-'0' < 10 {
		s.pos++
	}
	return s.pos > start
}

func (s *scanner) literal(word string) bool {
	if len(s.src)-s.pos < len(word) || string(s.src[s.pos:s.pos+len(word)]) != word {
		return false
	}
	s.pos += len(word)
	return true
}

func (s *scanner) byte(b byte) bool {
	if s.pos < len(s.src) && s.src[s.pos] == b {
		s.pos++
		return true
	}
	return false
}

func (s *scanner) space() {
	for s.pos < len(s.src) {
		switch s.src[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}
