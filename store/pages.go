package store

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/edgetoken/edgetoken/store/fact"
)

// This file reads the pages of a bbolt file (bbolt internal/common/page.go) as bytes, and trusts none. bbolt itself
// follows page numbers and lengths without a check, also in goroutines of its own. There a fault ends the process, and
// a cycle never ends. So bbolt gets only what was found sound here. In the byte order of the machine:
//
//	page     u64 its own number | u16 type | u16 elements | u32 pages that belong to it | elements | keys and values
//	branch   u32 key's distance from here | u32 length of the key | u64 page
//	leaf     u32 1 for a bucket | u32 key's distance from here | u32 length of the key | u32 length of the value
//	bucket   u64 page of its root, 0 where a leaf page follows at once | u64 sequence
//	freelist u64 page …; where there are 65535 elements or more, their number is the first
const (
	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10
	elementSize  = 16
	bucketSize   = 16
	bucketFlag   = 1
	manyElements = 0xFFFF
	maxDepth     = 64
	// maxSpan bounds a branch or leaf, in bytes. If records do not fit on a page, bbolt puts at most four there, and
	// the longest is a frame.
	maxSpan = 5 * fact.MaxFrameBytes
)

// pages is a file whose header was found sound.
type pages struct {
	file io.ReaderAt
	meta meta
	used []bool // pages that were read
}

// element is what a page holds.
type element struct {
	key, value []byte
	bucket     bool   // of a leaf
	page       uint64 // of a branch
}

// walk reads the tree that begins at a page, and calls leaf with the elements of its leaves until leaf returns an
// error.
func (p *pages) walk(id uint64, leaf func(element) error) error { return p.descend(id, 0, leaf) }

func (p *pages) descend(id uint64, depth int, leaf func(element) error) error {
	if depth > maxDepth {
		return fmt.Errorf("page %d lies too deep", id)
	}
	b, err := p.span(id, maxSpan)
	if err != nil {
		return err
	}
	list, kind, err := elements(b)
	if err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	for _, e := range list {
		if kind == branchPage {
			err = p.descend(e.page, depth+1, leaf)
		} else {
			err = leaf(e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// span reads a page with those that belong to it. None of them may be in use already.
func (p *pages) span(id uint64, most int64) ([]byte, error) {
	if id < 2 || id >= p.meta.pages {
		return nil, fmt.Errorf("page %d does not exist", id)
	}
	size := int64(p.meta.pageSize)
	var header [pageHeader]byte
	if _, err := p.file.ReadAt(header[:], int64(id)*size); err != nil {
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	if itself := binary.NativeEndian.Uint64(header[:]); itself != id {
		return nil, fmt.Errorf("page %d has another's place: it says that it is page %d", id, itself)
	}
	more := uint64(binary.NativeEndian.Uint32(header[12:]))
	if id+more >= p.meta.pages || int64(more)*size > most {
		return nil, fmt.Errorf("page %d claims %d pages more", id, more)
	}
	for i := id; i <= id+more; i++ {
		if p.used[i] {
			return nil, fmt.Errorf("page %d is in use twice", i)
		}
		p.used[i] = true
	}
	b := make([]byte, int64(more+1)*size)
	if _, err := p.file.ReadAt(b, int64(id)*size); err != nil {
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	return b, nil
}

// elements splits a branch or leaf. bbolt writes keys and values in order and without gaps. Anything else is damage,
// which could make a value pass for a key.
func elements(b []byte) (list []element, kind uint16, err error) {
	if len(b) < pageHeader {
		return nil, 0, fmt.Errorf("it is cut short")
	}
	order := binary.NativeEndian
	kind = order.Uint16(b[8:])
	if kind != branchPage && kind != leafPage {
		return nil, 0, fmt.Errorf("it is of type %#x where a branch or a leaf should be", kind)
	}
	count := int(order.Uint16(b[10:]))
	next := uint64(pageHeader + count*elementSize)
	if kind == branchPage && count == 0 {
		return nil, 0, fmt.Errorf("it is a branch without elements")
	}
	for i := range count {
		at := pageHeader + i*elementSize
		if at+elementSize > len(b) {
			return nil, 0, fmt.Errorf("it has no room for %d elements", count)
		}
		var e element
		var begin, key, value uint64
		if h := b[at:]; kind == branchPage {
			begin, key, e.page = uint64(order.Uint32(h)), uint64(order.Uint32(h[4:])), order.Uint64(h[8:])
		} else {
			flags := order.Uint32(h)
			if flags > bucketFlag {
				return nil, 0, fmt.Errorf("element %d has unknown flags", i)
			}
			e.bucket = flags == bucketFlag
			begin, key, value = uint64(order.Uint32(h[4:])), uint64(order.Uint32(h[8:])), uint64(order.Uint32(h[12:]))
		}
		if uint64(at)+begin != next || key == 0 || next+key+value > uint64(len(b)) {
			return nil, 0, fmt.Errorf("element %d does not lie where it must", i)
		}
		e.key, e.value = b[next:next+key], b[next+key:next+key+value]
		next += key + value
		list = append(list, e)
	}
	return list, kind, nil
}

// bucket reads the tree of a bucket from its entry in the bucket of buckets, and calls see with each record. A bucket
// may hold nothing else.
func (p *pages) bucket(entry []byte, see func(key, value []byte)) error {
	record := func(e element) error {
		if e.bucket {
			return fmt.Errorf("it holds a bucket where a record should be")
		}
		see(e.key, e.value)
		return nil
	}
	if len(entry) < bucketSize {
		return fmt.Errorf("its entry is cut short")
	}
	root := binary.NativeEndian.Uint64(entry)
	if root != 0 {
		return p.walk(root, record)
	}
	list, kind, err := elements(entry[bucketSize:])
	if err != nil {
		return fmt.Errorf("its entry: %w", err)
	}
	if kind != leafPage {
		return fmt.Errorf("its entry is no leaf")
	}
	for _, e := range list {
		if err := record(e); err != nil {
			return err
		}
	}
	return nil
}

// freelist reads the list of free pages.
func (p *pages) freelist() error {
	id := p.meta.freelist
	b, err := p.span(id, int64(p.meta.pages)*8+pageHeader+8)
	if err != nil {
		return err
	}
	order := binary.NativeEndian
	if kind := order.Uint16(b[8:]); kind != freelistPage {
		return fmt.Errorf("page %d is of type %#x", id, kind)
	}
	count, at := uint64(order.Uint16(b[10:])), uint64(pageHeader)
	if count == manyElements {
		count, at = order.Uint64(b[at:]), at+8
	}
	if count > p.meta.pages || at+count*8 > uint64(len(b)) {
		return fmt.Errorf("page %d has no room for %d elements", id, count)
	}
	for ; count > 0; count, at = count-1, at+8 {
		if free := order.Uint64(b[at:]); free < 2 || free >= p.meta.pages {
			return fmt.Errorf("page %d does not exist", free)
		}
	}
	return nil
}
