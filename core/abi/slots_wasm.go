package abi

import (
	"unsafe"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// putSlots copies the places of the claims as they lie in memory. A guest is little-endian and takes words at any
// address, so that is the layout. Each accepted token needs this, and one by one the places would take as long as
// reading half of the claims.
func putSlots(b *[slotsBytes]byte, o *core.Opened) {
	*b = *(*[slotsBytes]byte)(unsafe.Pointer(&o.ExpiresAt))
}

// The claims of core.Opened lie one after the other and have the layout of slots; else this does not compile.
const (
	_ = -(unsafe.Sizeof(strictjson.Value{}) - slotBytes)
	_ = -(unsafe.Offsetof(strictjson.Value{}.Form) - 0)
	_ = -(unsafe.Offsetof(strictjson.Value{}.Start) - 4)
	_ = -(unsafe.Offsetof(strictjson.Value{}.End) - 8)
	_ = -(unsafe.Offsetof(core.Opened{}.Revoke) - unsafe.Offsetof(core.Opened{}.ExpiresAt) - (slotsBytes - slotBytes))
)
