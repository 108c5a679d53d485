package engine

import (
	"encoding/base64"
	"slices"
)

var strictBase64 = base64.RawURLEncoding.Strict()

// decodePart is core.DecodePart by the standard library, which natively takes three quarters of its time. That skips
// line breaks, and then decodes less than there is.
func decodePart(dst, part []byte) (decoded []byte, ok bool) {
	size := strictBase64.DecodedLen(len(part))
	dst = slices.Grow(dst[:0], size)
	n, err := strictBase64.Decode(dst[:size], part)
	return dst[:n], err == nil && n == size && len(part)%4 != 1
}
