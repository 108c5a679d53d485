// Package codecs decodes text as the codecs of Python's standard library do, with their names and their errors. It has
// the single-byte and the Unicode ones.
package codecs

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Codec is one of Python's text codecs.
type Codec struct {
	// name is how the codec calls itself in errors.
	name string
	// next reads one character at the head of b, which is not empty.
	next func(b []byte) step
	// marks are the byte order marks that the codec looks for, with what follows each; nil if it
	// looks for none.
	marks []mark
	// needsMark says that a stream without a byte order mark is refused; streamName is for that error.
	needsMark  bool
	streamName string
}

type mark struct {
	bytes string
	next  *Codec
}

// step is what a codec reads at the head of some bytes: a character, or bytes that are wrong for a reason (in Python's
// words), or too few bytes to tell, which is an error only if no more can come.
type step struct {
	r       rune
	n       int
	wrong   string
	partial bool
}

func good(r rune, n int) step       { return step{r: r, n: n} }
func bad(n int, wrong string) step  { return step{n: n, wrong: wrong} }
func part(n int, wrong string) step { return step{n: n, wrong: wrong, partial: true} }

// Lookup finds a codec by any of its names, as codecs.lookup does: nil if it is unsupported here, and known is false if
// Python knows no such name.
func Lookup(label string) (c *Codec, known bool) {
	name, known := nameOf(label)
	return all[name], known
}

// nameOf returns Python's own name for a codec, "" if it is known but unsupported here.
func nameOf(label string) (name string, known bool) {
	if strings.Contains(label, "\x00") {
		return "", false // codecs.lookup refuses it
	}
	normal := normalize(label)
	if name, known = names[normal]; !known {
		name, known = names[strings.ReplaceAll(normal, ".", "_")]
	}
	return name, known
}

// normalize reads a name as Python's codec registry does: ASCII letters in lower case, digits and dots, with one
// underscore for every run of anything else.
func normalize(label string) string {
	var b []byte
	gap := false
	for i := 0; i < len(label); i++ {
		c := label[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' {
			if gap && len(b) > 0 {
				b = append(b, '_')
			}
			gap = false
			b = append(b, c)
		} else {
			gap = true
		}
	}
	return string(b)
}

// decodeError is Python's UnicodeDecodeError.
type decodeError struct {
	codec      string
	bytes      []byte
	start, end int
	reason     string
}

func (e *decodeError) Error() string {
	if e.end == e.start+1 {
		return fmt.Sprintf("'%s' codec can't decode byte 0x%02x in position %d: %s",
			e.codec, e.bytes[e.start], e.start, e.reason)
	}
	return fmt.Sprintf("'%s' codec can't decode bytes in position %d-%d: %s", e.codec, e.start, e.end-1, e.reason)
}

// DecodeStream decodes a whole body as Python's StreamReader does: it silently drops a partial character at the
// end, and UTF-16 and UTF-32 need a byte order mark.
func (c *Codec) DecodeStream(b []byte) (string, error) {
	if c.streamName == "utf-8-sig" && len(b) < 3 && strings.HasPrefix("\xef\xbb\xbf", string(b)) {
		return "", nil
	}
	of, skip := c.afterMark(b)
	// The positions in errors count the mark of UTF-16, but not that of UTF-8.
	from := skip
	if c.streamName == "utf-8-sig" {
		b, from = b[skip:], 0
	}
	text, consumed, err := of.run(b, from, false, false)
	if err != nil {
		return "", err
	}
	if c.needsMark && skip == 0 && consumed >= len(c.marks[0].bytes) {
		return "", fmt.Errorf("%s stream does not start with BOM", c.streamName)
	}
	return text, nil
}

// Decode decodes a whole text, as Python's bytes.decode() does.
func (c *Codec) Decode(b []byte) (string, error) {
	of, skip := c.afterMark(b)
	text, _, err := of.run(b, skip, true, false)
	return text, err
}

// DecodeReplacing is Decode with U+FFFD in place of errors.
func (c *Codec) DecodeReplacing(b []byte) string {
	of, skip := c.afterMark(b)
	text, _, _ := of.run(b, skip, true, true)
	return text
}

// afterMark returns the codec that the byte order mark names, and the length of the mark.
func (c *Codec) afterMark(b []byte) (of *Codec, skip int) {
	for _, m := range c.marks {
		if bytes.HasPrefix(b, []byte(m.bytes)) {
			return m.next, len(m.bytes)
		}
	}
	if c.marks != nil {
		return c.marks[0].next, 0
	}
	return c, 0
}

// run decodes b from a position on; final: no more bytes can come.
func (c *Codec) run(b []byte, from int, final, replace bool) (text string, consumed int, err error) {
	if c == UTF8 && utf8.Valid(b[from:]) {
		return string(b[from:]), len(b), nil
	}
	out := make([]byte, 0, len(b)-from)
	at := from
	for at < len(b) {
		s := c.next(b[at:])
		switch {
		case s.wrong == "":
			out = utf8.AppendRune(out, s.r)
		case s.partial && !final:
			return string(out), at, nil
		case replace:
			out = utf8.AppendRune(out, utf8.RuneError)
		default:
			return "", 0, &decodeError{c.name, b, at, at + s.n, s.wrong}
		}
		at += s.n
	}
	return string(out), at, nil
}
