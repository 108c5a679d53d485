package main

// memory is where Envoy puts what it answers: it asks for room within a call of ours, fills it, and gives its address.
// What it put there stands until reset, which begins each callback.
type memory struct {
	room []byte
	used int
	last []byte // what take gave last
}

// memoryKept is the most that is kept for the next callback, in bytes: most requests need less, and one with a large
// answer doesn't hold its room for good.
const memoryKept = 64 << 10

func (m *memory) reset() {
	m.used, m.last = 0, nil
	if len(m.room) > memoryKept {
		m.room = nil
	}
}

// reserve has the next room of size bytes at hand. What was given before stays where it is.
func (m *memory) reserve(size int) {
	if size > len(m.room)-m.used {
		m.room, m.used = make([]byte, max(size, 4<<10, min(2*len(m.room), memoryKept))), 0
	}
}

// take gives room for size bytes.
func (m *memory) take(size int) []byte {
	m.reserve(size)
	m.last = m.room[m.used : m.used+size : m.used+size]
	m.used += size
	return m.last
}
