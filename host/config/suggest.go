package config

import "strings"

// nearest returns the name below block ("" or "simple_jwt.") that an unknown one most likely means; "" if none is near.
// Case does not count. Up to two letters may be wrong, missing, too many or exchanged with their neighbour, but not
// more than a third of the name.
func nearest(block, name string) string {
	best, found := 3, ""
	for _, r := range rows {
		other, below := strings.CutPrefix(r.key, block)
		if !below {
			continue
		}
		other, _, _ = strings.Cut(other, ".")
		if d := edits(strings.ToLower(name), strings.ToLower(other)); d < best && 3*d <= len(name) {
			best, found = d, other
		}
	}
	return found
}

// edits returns how many letters to change, add, remove or exchange with their neighbour to make b from a (the
// restricted distance of Damerau and Levenshtein), in bytes.
func edits(a, b string) int {
	if len(a)-len(b) > 2 || len(b)-len(a) > 2 {
		return 3 // more than is asked for
	}
	rowOf := func() []int { return make([]int, len(b)+1) }
	before, last, next := rowOf(), rowOf(), rowOf()
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(last[j]+1, next[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, last, next = last, next, before
	}
	return last[len(b)]
}
