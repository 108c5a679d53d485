package strictjson

import (
	"encoding/binary"
	"math/bits"

	"github.com/edgetoken/edgetoken/core/words"
)

// Buffer holds a text while it is read, with zeros after it, which end every loop. Its size is a constant and places
// in it are below 1<<16, so that no place has to be checked.
type Buffer [1<<16 + Slack]byte

// Slack is how many zeros follow a text at least, and how many bytes from any place on may be looked at.
const Slack = 32

// Hold copies text, or gives false where there is no room for it.
func (b *Buffer) Hold(text []byte) bool {
	if len(text) > MaxBytes {
		return false
	}
	copy(b[:], text)
	clear(b[len(text) : len(text)+Slack])
	return true
}

// At is the byte at a place.
func (b *Buffer) At(i int) byte { return b[uint16(i)] }

// Word is eight bytes, the first lowest.
func (b *Buffer) Word(i int) uint64 { return binary.LittleEndian.Uint64(b[uint16(i):]) }

// window is what may be looked at.
func (b *Buffer) window(i int) *[Slack]byte { return (*[Slack]byte)(b[uint16(i):]) }

// PlainEnd is where a string that is read from at on has its first character that is not plain: its closing quote, a
// backslash, a control character, or one beyond ASCII. A jump backwards and a call cost a guest more than several
// words that are read straight on.
func (b *Buffer) PlainEnd(at int) int {
	for {
		w := b.window(at)
		if s := words.Special(binary.LittleEndian.Uint64(w[0:])); s != 0 {
			return at + bits.TrailingZeros64(s)>>3
		}
		if s := words.Special(binary.LittleEndian.Uint64(w[8:])); s != 0 {
			return at + 8 + bits.TrailingZeros64(s)>>3
		}
		if s := words.Special(binary.LittleEndian.Uint64(w[16:])); s != 0 {
			return at + 16 + bits.TrailingZeros64(s)>>3
		}
		if s := words.Special(binary.LittleEndian.Uint64(w[24:])); s != 0 {
			return at + 24 + bits.TrailingZeros64(s)>>3
		}
		at += Slack
	}
}

// quote is the closing quote of a text that is read from at on, and known to have one.
func (b *Buffer) quote(at int) int {
	for ; b.At(at) != '"'; at++ {
		if b.At(at) == '\\' {
			at++
		}
	}
	return at
}
