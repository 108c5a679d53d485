package core

// Bounds of Strict, for those who say why it is false.
const (
	MaxDepth       = maxDepth
	MaxNames       = maxNames
	MaxStrictBytes = 1<<16 - slack
)

// Strict reports whether b is one JSON object that the claims of a token may hold, of at most MaxStrictBytes: what issuing and reading tokens ask of it.
func Strict(b []byte) bool {
	var s scanner
	for more := s.begin(b, maxNames); more; more = s.next() {
		continue
	}
	return s.whole
}
