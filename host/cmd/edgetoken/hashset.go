package main

// hashSet is a set of hashes, in half the memory of a map. The zero value is empty.
type hashSet struct {
	slots []uint64 // a power of two of them, 0 where there is none
	n     int
}

// add adds a hash, and reports whether it was not there.
func (s *hashSet) add(h uint64) bool {
	if s.n*4 >= len(s.slots)*3 {
		old := s.slots
		s.slots, s.n = make([]uint64, max(1024, 2*len(old))), 0
		for _, h := range old {
			if h != 0 {
				s.add(h)
			}
		}
	}
	h |= 1
	mask := uint64(len(s.slots) - 1)
	for i := h >> 1 & mask; ; i = (i + 1) & mask {
		switch s.slots[i] {
		case h:
			return false
		case 0:
			s.slots[i] = h
			s.n++
			return true
		}
	}
}
