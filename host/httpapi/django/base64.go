package django

import (
	"strings"

	"github.com/edgetoken/edgetoken/core/python"
)

// decodeBase64 decodes as Python's base64.b64decode does without validation: it skips characters outside the alphabet
// and ends where the padding is complete. ok is false if the last group is cut.
func decodeBase64(b []byte) (decoded []byte, ok bool) {
	var out []byte
	var group uint32
	inGroup, pads := 0, 0
	for _, c := range b {
		if c == '=' {
			if inGroup >= 2 {
				if pads++; inGroup+pads >= 4 {
					return out, true
				}
			}
			continue
		}
		value, ok := base64Value(c)
		if !ok {
			continue
		}
		pads = 0
		group = group<<6 | uint32(value)
		if inGroup > 0 {
			// The second character completes the first byte, and so on.
			out = append(out, byte(group>>(6-2*inGroup)))
		}
		inGroup = (inGroup + 1) % 4
	}
	return out, inGroup == 0
}

func base64Value(c byte) (byte, bool) {
	switch {
	case c >= 'A' && c <= 'Z':
		return c - 'A', true
	case c >= 'a' && c <= 'z':
		return c - 'a' + 26, true
	case c >= '0' && c <= '9':
		return c - '0' + 52, true
	case c == '+':
		return 62, true
	case c == '/':
		return 63, true
	}
	return 0, false
}

// decodeBase64File decodes a file sent in base64, whose lines may break anywhere.
func decodeBase64File(content []byte, rules Rules) (decoded []byte, ok bool) {
	packed := make([]byte, 0, len(content))
	for _, c := range content {
		if strings.IndexByte(python.ByteSpace, c) < 0 {
			packed = append(packed, c)
		}
	}
	if rules.StrictParts && len(packed)%4 != 0 {
		return nil, false
	}
	return decodeBase64(packed)
}
