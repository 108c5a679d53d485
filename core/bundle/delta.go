package bundle

import (
	"encoding/binary"

	"github.com/edgetoken/edgetoken/core/codec"
)

// AppendDelta appends the payload of the delta that leads from base to b.
func (b *Bundle) AppendDelta(p []byte, base *Bundle) []byte {
	of, result := base.Hash(), b.Hash()
	p = b.appendTimes(append(p, deltaKind))
	p = append(append(codec.U64(p, base.Epoch), of[:]...), result[:]...)
	head := b.Head.append(nil)
	changed := string(head) != string(base.Head.append(nil))
	if p = codec.Bool(p, changed); changed {
		p = codec.Bytes(p, head)
	}
	p = b.appendBounds(p)

	removed, added := difference(base.Families, b.Families, func(v uint64) uint64 { return v })
	p = appendIndices(p, removed)
	p = binary.AppendUvarint(p, uint64(len(added)))
	for _, name := range added {
		p = append(p, byte(name), byte(name>>8), byte(name>>16), byte(name>>24), byte(name>>32), byte(name>>40),
			byte(name>>48))
	}
	gone, cutOffs := difference(base.CutOffs, b.CutOffs, func(c CutOff) uint64 { return c.Subject })
	p = appendIndices(p, gone)
	return b.appendNumbers(b.appendCutOffs(binary.AppendUvarint(p, uint64(len(cutOffs))), cutOffs))
}

// difference gives the indices in base of what is not in next, and what of next is not in base. Both are sorted by key,
// and what differs under one key is removed and added.
func difference[T comparable](base, next []T, key func(T) uint64) (removed []int, added []T) {
	i := 0
	for _, v := range next {
		for ; i < len(base) && key(base[i]) < key(v); i++ {
			removed = append(removed, i)
		}
		if i < len(base) && base[i] == v {
			i++
			continue
		}
		added = append(added, v)
	}
	for ; i < len(base); i++ {
		removed = append(removed, i)
	}
	return removed, added
}

func appendIndices(p []byte, list []int) []byte {
	p = binary.AppendUvarint(p, uint64(len(list)))
	last := 0
	for _, i := range list {
		p = binary.AppendUvarint(p, uint64(i-last))
		last = i
	}
	return p
}

// IsDelta reports whether a payload is that of a delta.
func IsDelta(payload []byte) bool { return len(payload) > 0 && payload[0] == deltaKind }

// Apply gives the bundle to which a delta leads from base. ok is false where the payload is no delta of this base, and
// where the result is not the one that it names.
func Apply(base *Bundle, payload []byte) (b *Bundle, ok bool) {
	r := &codec.Reader{Rest: payload}
	b = &Bundle{Head: base.Head}
	if r.U8() != deltaKind {
		return nil, false
	}
	b.readTimes(r)
	epoch := r.U64()
	of, result := string(r.Take(16)), string(r.Take(16))
	if hash := base.Hash(); r.Bad || epoch != base.Epoch || of != string(hash[:]) {
		return nil, false
	}
	if r.Bool() {
		b.Head = Head{}
		r.Bad = !b.Head.read(r.Bytes()) || r.Bad
	}
	b.readBounds(r)

	removed := readIndices(r, len(base.Families))
	b.Families = changed(r, base.Families, removed, readNames(r), func(v uint64) uint64 { return v })
	removed = readIndices(r, len(base.CutOffs))
	cutOffs := b.readCutOffs(r, int(min(uvarint(r), 1<<24)))
	b.CutOffs = changed(r, base.CutOffs, removed, cutOffs, func(c CutOff) uint64 { return c.Subject })
	b.readNumbers(r)
	if !r.Done() || len(b.Families) > maxFamilies {
		return nil, false
	}
	hash := b.Hash()
	return b, string(hash[:]) == result
}

// readNames reads the names that are added, which are in order.
func readNames(r *codec.Reader) (names []uint64) {
	n := uvarint(r)
	for ; n > 0 && !r.Bad; n-- {
		if t := r.Take(7); t != nil {
			name := uint64(binary.LittleEndian.Uint32(t)) | uint64(binary.LittleEndian.Uint16(t[4:]))<<32 |
				uint64(t[6])<<48
			r.Bad = r.Bad || name >= 1<<nameBits
			names = append(names, name)
		}
	}
	return names
}

// readIndices reads indices of a list of that size, which are in order.
func readIndices(r *codec.Reader, size int) (list []int) {
	n := uvarint(r)
	for at := 0; n > 0 && !r.Bad; n-- {
		step := uvarint(r)
		r.Bad = r.Bad || step >= uint64(size-at) || step == 0 && len(list) > 0
		at += int(step)
		list = append(list, at)
	}
	return list
}

// changed is a list without what stands at the removed indices, and with what is added. r is bad where the result is
// not in order, or has something twice.
func changed[T any](r *codec.Reader, base []T, removed []int, added []T, key func(T) uint64) []T {
	list := make([]T, 0, len(base)+len(added))
	put := func(v T) {
		r.Bad = r.Bad || len(list) > 0 && key(v) <= key(list[len(list)-1])
		list = append(list, v)
	}
	for i, v := range base {
		if len(removed) > 0 && removed[0] == i {
			removed = removed[1:]
			continue
		}
		for ; len(added) > 0 && key(added[0]) < key(v); added = added[1:] {
			put(added[0])
		}
		put(v)
	}
	for _, v := range added {
		put(v)
	}
	return list
}
