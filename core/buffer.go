package core

import "encoding/binary"

// Buffer holds a text while it is read, with zeros after it, which end every loop. Its size is a constant, so that no place in it has to be checked: places
// are below 1<<16.
type Buffer [1<<16 + slack]byte

// slack is how many zeros there are at least after a text, and how many bytes from a place on may be looked at. decode may write as many beyond its text.
const slack = 32

// hold copies text, or gives false where there is no room for it.
func (b *Buffer) hold(text []byte) bool {
	if len(text) > 1<<16-slack {
		return false
	}
	copy(b[:], text)
	clear(b[len(text) : len(text)+slack])
	return true
}

func (b *Buffer) at(i int) byte { return b[uint16(i)] }

// word is eight bytes, the first lowest.
func (b *Buffer) word(i int) uint64 { return binary.LittleEndian.Uint64(b[uint16(i):]) }

// window is what may be looked at.
func (b *Buffer) window(i int) *[slack]byte { return (*[slack]byte)(b[uint16(i):]) }
