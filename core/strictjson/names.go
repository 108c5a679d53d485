package strictjson

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/edgetoken/edgetoken/core/words"
)

// nameTable holds the member names of all objects of one text by their hash, to find a name that is there twice.
// Objects that are open at one time or another are told apart by scopes, numbers that never come again, so that
// nothing has to be removed: what an earlier text left counts as empty.
type nameTable struct {
	entries     []nameEntry // a power of two, at least two for each name that there may be
	shift       int         // of a hash, to the index of its entry
	scope       uint32      // the last one that was given
	oldest      uint32      // the first one of this text
	start, size int         // the name that was added last
	unescaped   []byte      // names that had escapes, as they are without
}

// nameEntry is a name and where it lies.
type nameEntry struct {
	hash        uint64
	scope       uint32
	start, size uint32
}

// inUnescaped is added to the start of a name that lies in nameTable.unescaped.
const inUnescaped = 1 << 30

// reset empties the table for a text of at most that many names, and opens the scope of its outermost object.
func (t *nameTable) reset(names int) uint32 {
	if n := 2 * names; n > len(t.entries) {
		t.shift = bits.LeadingZeros64(uint64(n - 1))
		t.entries = make([]nameEntry, 1<<(64-t.shift))
	}
	if t.scope >= 1<<31 {
		clear(t.entries)
		t.scope = 0
	}
	t.scope++
	t.oldest = t.scope
	t.unescaped = t.unescaped[:0]
	return t.scope
}

// open is the scope of a further object.
func (t *nameTable) open() uint32 {
	t.scope++
	return t.scope
}

// scopedHash is the hash of a name in a scope: of its first eight bytes, the next eight, zeros where there are less,
// and its size.
func scopedHash(first, second uint64, size int, scope uint32) uint64 {
	return (first ^ bits.RotateLeft64(second, 23) ^ uint64(scope)<<32 ^ uint64(size)) * 0x9e3779b97f4a7c15
}

// add adds the name that stands in src between quotes, with the escapes that it has. It gives false where the scope
// has the name already.
func (t *nameTable) add(src *Buffer, start, size int, scope uint32) bool {
	name := src[start : start+size]
	if bytes.IndexByte(name, '\\') >= 0 {
		from := len(t.unescaped)
		t.unescaped = unescape(t.unescaped, name)
		name = t.unescaped[from:]
		start, size = inUnescaped+from, len(name)
	}
	first, second := words.At(name, 0), uint64(0)
	if size > 8 {
		second = words.At(name, 8)
	}
	if size >= 16 { // what they begin with is the same for many
		second ^= bits.RotateLeft64(binary.LittleEndian.Uint64(name[size-8:]), 31)
	}
	return t.addHashed(src, scopedHash(first, second, size, scope), start, size, scope)
}

func (t *nameTable) addHashed(src *Buffer, hash uint64, start, size int, scope uint32) bool {
	t.start, t.size = start, size
	e := &t.entries[hash>>(t.shift&63)]
	if e.scope >= t.oldest {
		return t.addBeside(src, hash, scope)
	}
	*e = nameEntry{hash, scope, uint32(start), uint32(size)}
	return true
}

// addBeside adds the name where the entry of its hash is taken.
func (t *nameTable) addBeside(src *Buffer, hash uint64, scope uint32) bool {
	name := t.text(src, t.start, t.size)
	for i := int(hash >> (t.shift & 63)); ; i = (i + 1) & (len(t.entries) - 1) {
		e := &t.entries[i]
		if e.scope < t.oldest {
			*e = nameEntry{hash, scope, uint32(t.start), uint32(t.size)}
			return true
		}
		if e.hash == hash && e.scope == scope && bytes.Equal(t.text(src, int(e.start), int(e.size)), name) {
			return false
		}
	}
}

// text is a name that was added.
func (t *nameTable) text(src *Buffer, start, size int) []byte {
	if start >= inUnescaped {
		start -= inUnescaped
		return t.unescaped[start : start+size : start+size]
	}
	return src[start : start+size : start+size]
}
