package verify

import (
	"crypto/sha256"
	"encoding/binary"
)

// memory remembers signatures that were found good, by their names. It is bounded: memorySets sets of memoryWays names.
// Only a good signature enters, so strangers drive nothing out; and a name is a whole SHA-256, so nobody finds another
// input for it.
type memory struct {
	sets []set // nil before the first one
}

// set has the latest names first.
type set [memoryWays][sha256.Size]byte

const (
	memorySets = 1 << 10
	memoryWays = 4
)

// name is the name of a signature: SHA-256 over the key's material, the length of the input, the input and the
// signature. So it stands for just one question, whatever the input has in it.
func name(material, input, signature []byte) (n [sha256.Size]byte) {
	h := sha256.New()
	var sizes [16]byte
	binary.LittleEndian.PutUint64(sizes[0:], uint64(len(material)))
	binary.LittleEndian.PutUint64(sizes[8:], uint64(len(input)))
	h.Write(sizes[:])
	h.Write(material)
	h.Write(input)
	h.Write(signature)
	h.Sum(n[:0])
	return n
}

func (m *memory) set(n *[sha256.Size]byte) *set {
	return &m.sets[binary.LittleEndian.Uint64(n[:])%memorySets]
}

// has reports whether a name is remembered.
func (m *memory) has(n *[sha256.Size]byte) bool {
	if m.sets == nil {
		return false
	}
	s := m.set(n)
	for i := range s {
		if s[i] == *n {
			copy(s[1:i+1], s[:i])
			s[0] = *n
			return true
		}
	}
	return false
}

// learn remembers a name, in place of the one that was least recently there.
func (m *memory) learn(n *[sha256.Size]byte) {
	if m.has(n) {
		return
	}
	if m.sets == nil {
		m.sets = make([]set, memorySets)
	}
	s := m.set(n)
	copy(s[1:], s[:memoryWays-1])
	s[0] = *n
}

// forget forgets everything.
func (m *memory) forget() { clear(m.sets) }
