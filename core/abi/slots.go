//go:build !wasm

package abi

import (
	"encoding/binary"

	"github.com/edgetoken/edgetoken/core"
)

// putSlots writes the places of the claims, in the order of core.Opened.Slots.
func putSlots(b *[slotsBytes]byte, o *core.Opened) {
	for i, c := range o.Slots() {
		slot := (*[slotBytes]byte)(b[i*slotBytes:])
		binary.LittleEndian.PutUint32(slot[0:], uint32(c.Form))
		binary.LittleEndian.PutUint32(slot[4:], c.Start)
		binary.LittleEndian.PutUint32(slot[8:], c.End)
	}
}
