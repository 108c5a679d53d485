package abi

import (
	"unsafe"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// putSlots writes the places of the claims as they lie in the memory of a guest, which is little-endian and takes
// words at any address: that is the layout. It is the answer to every token that was accepted, and one by one they
// take a guest as long as reading half of its claims.
func putSlots(b *[slotsBytes]byte, o *core.Opened) {
	*b = *(*[slotsBytes]byte)(unsafe.Pointer(&o.ExpiresAt))
}

// The claims of core.Opened lie one after the other and are laid out as slots: what is not so does not compile.
const (
	_ = -(unsafe.Sizeof(strictjson.Value{}) - slotBytes)
	_ = -(unsafe.Offsetof(strictjson.Value{}.Form) - 0)
	_ = -(unsafe.Offsetof(strictjson.Value{}.Start) - 4)
	_ = -(unsafe.Offsetof(strictjson.Value{}.End) - 8)
	_ = -(unsafe.Offsetof(core.Opened{}.Revoke) - unsafe.Offsetof(core.Opened{}.ExpiresAt) - (slotsBytes - slotBytes))
)
