package fleet

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/edgetoken/edgetoken/core/codec"
)

// Agreed are the values of a configuration on which the nodes of a fleet have to agree, as they compare them while they
// run: by hashes, since hellos are many. An operator may change one node after the other, or forget one.
type Agreed struct {
	digest uint64
	list   string            // u16 count | text key, u32 hash, of each
	hashes map[string]uint32 // by key
}

// NewAgreed makes one of values by their keys.
func NewAgreed(values map[string]string) *Agreed {
	a := &Agreed{hashes: map[string]uint32{}}
	list := codec.U16(nil, uint16(len(values)))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		sum := sha256.Sum256([]byte(key + "\x00" + values[key]))
		a.hashes[key] = binary.LittleEndian.Uint32(sum[:])
		list = codec.U32(codec.Text(list, key), a.hashes[key])
	}
	sum := sha256.Sum256(list)
	a.digest, a.list = binary.LittleEndian.Uint64(sum[:]), string(list)
	return a
}

// agreed gives those in force; none where nobody compares any.
func agreed(in func() *Agreed) *Agreed {
	if in == nil {
		return &Agreed{}
	}
	return in()
}

// differing are the keys, in order, whose values are others in the list of another node. Those that one of the two does
// not know are left out: it is of another version.
func (a *Agreed) differing(list string) (keys []string) {
	r := codec.Reader{Rest: []byte(list)}
	for n := r.U16(); n > 0 && !r.Bad; n-- {
		key, hash := r.Text(), r.U32()
		if own, known := a.hashes[key]; known && own != hash && !r.Bad {
			keys = append(keys, key)
		}
	}
	return keys
}
