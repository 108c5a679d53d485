package customerfile

import (
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/edgetoken/edgetoken/core/words"
	"github.com/edgetoken/edgetoken/host/exactjson"
)

// Why a row is bad.
var (
	errCut  = errors.New("is cut off: the file ends within it")
	errLong = fmt.Errorf("is longer than %d bytes", maxObject)
)

// splitter cuts a file into objects: those of one array, or one after the other. It looks only at quotes and brackets:
// what it cuts may still be no JSON.
type splitter struct {
	window
	begun bool
	array bool
}

func newSplitter(in io.Reader) *splitter { return &splitter{window: newWindow(in)} }

// object gives the next object and the line where it begins. bad says that something else is there, and why; the next
// object can be read. err is io.EOF after the last object, or says why nothing more can be read.
func (s *splitter) object() (raw []byte, line int, bad, err error) {
	c, err := s.peek()
	if !s.begun {
		s.begun = true
		if s.array = c == '['; s.array && err == nil {
			s.from++
			if c, err = s.peek(); c == ']' {
				return nil, 0, nil, s.close()
			}
		}
	} else if s.array && err == nil {
		switch c {
		case ',':
			s.from++
			c, err = s.peek()
		case ']':
			return nil, 0, nil, s.close()
		default:
			return nil, 0, nil, s.atLine(exactjson.ErrNoJSON)
		}
	}
	switch {
	case errors.Is(err, io.EOF) && s.array:
		return nil, 0, nil, s.atLine(errors.New("the file ends within the array: is it all there?"))
	case err != nil:
		return nil, 0, nil, err
	case c == '{':
		return s.cut()
	case s.array:
		return nil, 0, nil, s.atLine(errors.New("an object must stand here"))
	}
	line = s.line
	s.skipLine()
	return nil, line, exactjson.ErrNoJSON, nil
}

// peek is the next byte that is no white space. It stays unread.
func (s *splitter) peek() (byte, error) {
	for {
		for s.from < s.to {
			switch c := s.buf[s.from]; {
			case c == '\n':
				s.line++
			case !isSpace(c):
				return c, nil
			}
			s.from++
		}
		if !s.fill() {
			return 0, s.last
		}
	}
}

// close reads the end of the array, after which nothing follows.
func (s *splitter) close() error {
	s.from++
	if _, err := s.peek(); err != nil {
		return err
	}
	return s.atLine(errors.New("something follows the array"))
}

// cut gives the object that begins here.
func (s *splitter) cut() (raw []byte, line int, bad, err error) {
	line = s.line
	n := nesting{lines: !s.array}
	size, long := 0, false
	for {
		more, end := n.scan(s.buf[s.from+size : s.to])
		size += more
		switch {
		case end == broken:
			s.give(size)
			return nil, line, exactjson.ErrNoJSON, nil
		case end == whole:
			if raw = s.give(size); long || size > maxObject {
				return nil, line, errLong, nil
			}
			return raw, line, nil, nil
		}
		if size > maxObject {
			long = true
			s.give(size)
			size = 0
		}
		if !s.fill() {
			break
		}
	}
	s.give(s.to - s.from)
	switch {
	case !errors.Is(s.last, io.EOF):
		return nil, 0, nil, s.last
	case s.array:
		return nil, 0, nil, fmt.Errorf("line %d: an object begins here, and the file ends within it: is it all there?",
			line)
	}
	return nil, line, errCut, nil
}

// nesting is how deep a place in an object is.
type nesting struct {
	depth  int
	quoted bool
	lines  bool // one object follows the other, mostly each on its line
}

// The ends of a scan.
const (
	within = iota // the object goes on
	whole         // the object ends
	broken        // it is no JSON; the next line may be
)

// scan looks through the next bytes of an object, and gives how many of them it has passed.
func (n *nesting) scan(b []byte) (size, end int) {
	for i := 0; i < len(b); i++ {
		if n.quoted {
			i = plainEnd(b, i)
		}
		switch b[i] {
		case '\\':
			if i+1 == len(b) {
				return i, within
			}
			if n.quoted && b[i+1] != '\n' {
				i++
			}
		case '"':
			n.quoted = !n.quoted
		case '\n': // An object may take several lines, but a line that starts with a brace begins the next object.
			switch {
			case !n.lines:
			case n.quoted:
				return i, broken
			case i+1 == len(b):
				return i, within
			case b[i+1] == '{':
				return i, broken
			}
		case '{', '[':
			if !n.quoted {
				n.depth++
			}
		case '}', ']':
			if n.quoted {
				continue
			}
			if n.depth--; n.depth == 0 {
				return i + 1, whole
			}
		}
	}
	return len(b), within
}

// plainEnd skips characters that do not end a text, eight at a time.
func plainEnd(b []byte, at int) int {
	for ; at+8 < len(b); at += 8 {
		if special := words.Special(words.At(b, at)); special != 0 {
			return at + bits.TrailingZeros64(special)>>3
		}
	}
	return at
}
