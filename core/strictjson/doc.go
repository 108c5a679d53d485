// Package strictjson reads one JSON object in a single pass, strictly (RFC 8259 and RFC 8725 §3): valid UTF-8, no name
// twice (compared without escapes), no half of a surrogate pair, no NaN or Infinity, no trailing bytes, and bounds on
// size, depth and number of names. It is what everything is read by that others must not be able to read differently:
// the headers and claims of tokens.
//
// There are three ways to read. Valid only says whether an object is good. A Scanner comes to its members one after
// the other. Fields put the members that mean something into their places, fast for objects as most programs write
// them.
//
// A value is kept as its Form and its place in the text; nothing is copied. Readers reuse their room: they allocate
// when they first meet a larger object than before, within the bounds, and else nothing. None of them is safe for
// concurrent use.
package strictjson

// Bounds of what is read. They hold before anything is parsed.
const (
	// MaxBytes is how long an object may be.
	MaxBytes = 1<<16 - Slack
	// MaxDepth is how deep it may nest.
	MaxDepth = 64
	// MaxNames is how many names of members it may have in all, unless a reader asks for less.
	MaxNames = 1024
)

// Valid reports whether b is one strict object within the bounds.
func Valid(b []byte) bool {
	var s Scanner
	for more := s.Begin(b, MaxNames); more; more = s.Next() {
		continue
	}
	return s.Whole
}
