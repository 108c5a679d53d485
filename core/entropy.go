package core

import "encoding/binary"

// EntropyBytes is how many random bytes a request needs that writes tokens.
const EntropyBytes = 32

// HasEntropy reports whether entropy can be some: enough, no zeros, and not KnownEntropy. All of an id comes from the
// first half of it.
func HasEntropy(entropy []byte) bool {
	return len(entropy) >= EntropyBytes && !KnownEntropy(entropy) &&
		binary.BigEndian.Uint64(entropy)|binary.BigEndian.Uint64(entropy[8:]) != 0
}

// KnownEntropy reports whether entropy begins as that which wazero gives every guest unless told otherwise: the first
// of it, or what is left once Go's runtime has taken its part. A host that passes it on would give the same ids as any
// other.
func KnownEntropy(entropy []byte) bool {
	begin := binary.BigEndian.Uint64(entropy)
	return begin == 0x538c7f96b164bf1b || begin == 0xdfd79b4d76429b61
}
