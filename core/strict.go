package core

// MaxStrictBytes is how long an object may be that Strict reads. MaxDepth and MaxNames bound it, too.
const MaxStrictBytes = 1<<16 - slack

// Strict reports whether b is one JSON object that the claims of a token may hold, of at most MaxStrictBytes: what
// issuing and reading tokens ask of it.
func Strict(b []byte) bool {
	var s scanner
	for more := s.begin(b, MaxNames); more; more = s.next() {
		continue
	}
	return s.whole
}
