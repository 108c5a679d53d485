package main

import (
	"encoding/binary"
	"errors"
	"unsafe"
)

// pair is a header: its name, which Envoy has made lower-case, and its value.
type pair struct{ name, value string }

var errPairs = errors.New("headers that are not laid out as proxy-wasm does")

// readPairs reads headers as proxy-wasm lays them out, and appends them to list:
//
//	u32 count | count × (u32 size of the name, u32 size of the value) | count × (name 0x00 value 0x00)
//
// All integers are little-endian. The texts are parts of b.
func readPairs(list []pair, b []byte) ([]pair, error) {
	if len(b) < 4 {
		return nil, errPairs
	}
	count := uint64(binary.LittleEndian.Uint32(b))
	sizes := b[4:]
	if count > uint64(len(sizes)/8) {
		return nil, errPairs
	}
	texts := sizes[8*count:]
	next := func(size uint32) (string, bool) {
		if uint64(len(texts)) < uint64(size)+1 || texts[size] != 0 {
			return "", false
		}
		text := unsafe.String(unsafe.SliceData(texts), size)
		texts = texts[size+1:]
		return text, true
	}
	for ; count > 0; count-- {
		name, ok1 := next(binary.LittleEndian.Uint32(sizes))
		value, ok2 := next(binary.LittleEndian.Uint32(sizes[4:]))
		if !ok1 || !ok2 {
			return nil, errPairs
		}
		list = append(list, pair{name, value})
		sizes = sizes[8:]
	}
	return list, nil
}

// appendPairs lays out headers as readPairs reads them.
func appendPairs(b []byte, list []pair) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(list)))
	for _, p := range list {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(p.name)))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(p.value)))
	}
	for _, p := range list {
		b = append(append(b, p.name...), 0)
		b = append(append(b, p.value...), 0)
	}
	return b
}
