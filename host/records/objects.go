package records

import (
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/edgetoken/edgetoken/core/words"
	"github.com/edgetoken/edgetoken/host/exactjson"
)

var errCut = errors.New("is cut off: the file ends within it")

// Objects cuts a file of JSON into objects: those of one array, or one after the other. It looks only at quotes and
// brackets, so that what it gives may still be no JSON within.
type Objects struct {
	// Array says that the objects are those of an array. It is known after the first Next.
	Array bool

	window
	begun bool
}

// NewObjects reads from in, where no byte order mark may stand.
func NewObjects(in io.Reader) *Objects { return &Objects{window: newWindow(in)} }

// Next gives the next object, which is valid until the following call, and the line on which it begins. bad says that
// something else is there, and why; the object behind it can be read. err is io.EOF after the last object, or says why
// nothing more can be read.
func (o *Objects) Next() (raw []byte, line int, bad, err error) {
	c, err := o.peek()
	if !o.begun {
		o.begun = true
		if o.Array = c == '['; o.Array && err == nil {
			o.from++
			if c, err = o.peek(); c == ']' {
				return nil, 0, nil, o.close()
			}
		}
	} else if o.Array && err == nil {
		switch c {
		case ',':
			o.from++
			c, err = o.peek()
		case ']':
			return nil, 0, nil, o.close()
		default:
			return nil, 0, nil, o.atLine(exactjson.ErrNoJSON)
		}
	}
	switch {
	case errors.Is(err, io.EOF) && o.Array:
		return nil, 0, nil, o.atLine(errors.New("the file ends within the array: is it all there?"))
	case err != nil:
		return nil, 0, nil, err
	case c == '{':
		return o.cut()
	case o.Array:
		return nil, 0, nil, o.atLine(errors.New("an object must stand here"))
	}
	line = o.line
	o.skipLine()
	return nil, line, exactjson.ErrNoJSON, nil
}

// peek is the next byte that is no white space. It stays unread.
func (o *Objects) peek() (byte, error) {
	for {
		for o.from < o.to {
			switch c := o.buf[o.from]; {
			case c == '\n':
				o.line++
			case c != ' ' && c != '\t' && c != '\r':
				return c, nil
			}
			o.from++
		}
		if !o.fill() {
			return 0, o.last
		}
	}
}

// close reads the end of the array, after which nothing follows.
func (o *Objects) close() error {
	o.from++
	if _, err := o.peek(); err != nil {
		return err
	}
	return o.atLine(errors.New("something follows the array"))
}

// cut gives the object that begins here.
func (o *Objects) cut() (raw []byte, line int, bad, err error) {
	line = o.line
	n := nesting{lines: !o.Array}
	size, long := 0, false
	for {
		more, end := n.scan(o.buf[o.from+size : o.to])
		size += more
		switch {
		case end == broken:
			o.give(size)
			return nil, line, exactjson.ErrNoJSON, nil
		case end == whole:
			if raw = o.give(size); long || size > maxBytes {
				return nil, line, errLong, nil
			}
			return raw, line, nil, nil
		}
		if size > maxBytes {
			long = true
			o.give(size)
			size = 0
		}
		if !o.fill() {
			break
		}
	}
	o.give(o.to - o.from)
	switch {
	case !errors.Is(o.last, io.EOF):
		return nil, 0, nil, o.last
	case o.Array:
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
