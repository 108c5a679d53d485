package bundle

import (
	"encoding/binary"

	"github.com/edgetoken/edgetoken/core/codec"
)

// appendNumbers appends the section numbers, where there are any. A delta has all of the result.
func (b *Bundle) appendNumbers(p []byte) []byte {
	if len(b.Numbers) == 0 {
		return p
	}
	p = codec.I64(codec.U16(p, uint16(len(b.Numbers))), b.NumbersSince)
	for _, c := range b.Numbers {
		p = binary.AppendVarint(codec.U16(p, c.Number), int64(b.Epoch)-c.At)
	}
	return p
}

// readNumbers reads the section numbers, where the payload goes on. They must be in order.
func (b *Bundle) readNumbers(r *codec.Reader) {
	if r.Bad || len(r.Rest) == 0 {
		return
	}
	n := int(r.U16())
	b.NumbersSince = r.I64()
	r.Bad = r.Bad || n == 0 || n > len(r.Rest)/3
	for last := uint16(0); n > 0 && !r.Bad; n-- {
		c := NumberCutOff{Number: r.U16(), At: int64(b.Epoch) - varint(r)}
		r.Bad = r.Bad || c.Number <= last
		last, b.Numbers = c.Number, append(b.Numbers, c)
	}
}
