package strictjson

// Scanner comes to the members of one object in a single pass:
//
//	for more := s.Begin(src, names); more; more = s.Next() { … s.Member … }
//	if !s.Whole { refuse }
//
// A guest pays for jumps and calls, not for arithmetic: so text is read in words of eight bytes, nesting takes no
// recursion, and the zeros that follow what is read end every loop. Methods that read something take the place where
// it begins and give the place after it, or 0 where it is not good: a value never ends at 0.
type Scanner struct {
	Member Member // the one that Begin or Next came to
	Whole  bool   // the object was read to its end, and nothing is left

	src    *Buffer
	size   int // of the text in it
	pos    int
	names  nameTable
	left   int         // how many more names there may be
	scopes [128]uint32 // of the objects that are open, by depth; a power of two, so that no place has to be checked
	// depth and objects are for nested alone; objects has a bit for each object or array that is open, the innermost
	// lowest: whether it is an object.
	depth   int
	objects uint64
	own     *Buffer // for texts that lie in no Buffer
}

// Member is one member of the outermost object.
type Member struct {
	Name  []byte // without escapes; valid until the next use of the scanner
	Value Value
}

// Begin comes to the first member of src, which may have that many names in all. What does not fit into a Buffer is
// refused.
func (s *Scanner) Begin(src []byte, names int) bool {
	if s.own == nil {
		s.own = new(Buffer)
	}
	s.Whole = false
	return s.own.Hold(src) && s.BeginHeld(s.own, len(src), names)
}

// BeginHeld is Begin for the first size bytes of src, which zeros follow.
func (s *Scanner) BeginHeld(src *Buffer, size, names int) bool {
	s.start(src, size, names)
	at := s.space(0)
	if src.At(at) != '{' {
		return false
	}
	if at = s.space(at + 1); src.At(at) == '}' {
		return s.end(at)
	}
	return s.one(at)
}

// start makes the scanner ready for the outermost object in the first size bytes of src, which zeros follow.
func (s *Scanner) start(src *Buffer, size, names int) {
	s.src, s.size, s.left, s.Whole = src, size, names, false
	s.scopes[1] = s.names.reset(min(names, size/minMember+1))
}

// minMember is the size of the least member and what stands between it and the next: `"":0,`.
const minMember = 5

// Next comes to the next member.
func (s *Scanner) Next() bool {
	switch s.src.At(s.pos) {
	case ',':
		return s.one(s.pos + 1)
	case '}':
		return s.end(s.pos)
	}
	return false
}

// one reads the member at that place.
func (s *Scanner) one(at int) bool {
	if at = s.name(at, s.scopes[1]); at == 0 {
		return false
	}
	s.Member.Name = s.names.text(s.src, s.names.start, s.names.size)
	c, end := s.value(at)
	if end == 0 {
		return false
	}
	s.Member.Value, s.pos = c, s.space(end)
	return true
}

// end is at the closing brace of the outermost object.
func (s *Scanner) end(at int) bool {
	s.Whole = s.space(at+1) == s.size
	return false
}

// name reads a name, which must differ from others in that scope, the colon, and the space around them.
func (s *Scanner) name(at int, scope uint32) int {
	src := s.src
	at = s.space(at)
	if src.At(at) != '"' || s.left == 0 {
		return 0
	}
	s.left--
	at++
	end := src.PlainEnd(at)
	if src.At(end) != '"' {
		if end = s.text(end); end == 0 {
			return 0
		}
	}
	if !s.names.add(src, at, end-at, scope) {
		return 0
	}
	if end++; src.At(end) != ':' {
		if end = s.space(end); src.At(end) != ':' {
			return 0
		}
	}
	if end++; src.At(end) <= ' ' {
		return s.space(end)
	}
	return end
}

// value reads a value of the outermost object.
func (s *Scanner) value(at int) (c Value, end int) {
	c.Start = uint32(at)
	switch s.src.At(at) {
	case '"':
		if end = s.src.PlainEnd(at + 1); s.src.At(end) != '"' {
			if end = s.text(end); end == 0 {
				return c, 0
			}
		}
		return Value{Form: String, Start: uint32(at + 1), End: uint32(end)}, end + 1
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

// ValueAt reads the one value that begins at a place of the first size bytes of src, which zeros follow. White space
// may stand around it; end is after that, and 0 where there is no value.
func (s *Scanner) ValueAt(src *Buffer, size, at int) (v Value, end int) {
	s.start(src, size, MaxNames)
	if v, end = s.value(s.space(at)); end != 0 {
		end = s.space(end)
	}
	return v, end
}

// space is where white space that begins at that place ends.
func (s *Scanner) space(at int) int {
	src := s.src
	for src.At(at) == ' ' || src.At(at) == '\n' || src.At(at) == '\t' || src.At(at) == '\r' {
		at++
	}
	return at
}
