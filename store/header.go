package store

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"

	"github.com/edgetoken/edgetoken/store/backup"
)

// A bbolt file begins with two meta pages, written in turn. Of the whole ones, the one with the higher transaction id
// counts. After 16 bytes of page header, in the byte order of the machine (bbolt's package internal/common):
//
//	u32 magic | u32 version | u32 page size | u32 flags | u64 root page | u64 root sequence |
//	u64 freelist page | u64 pages | u64 transaction | u64 checksum (FNV-1a)
//
// The store reads them before bbolt does. bbolt cannot tell a foreign file from a damaged one, and it faults on a file
// that is cut short.
const (
	pageHeader     = 16
	metaSize       = 64
	boltMagic      = 0xED0CDAED
	boltVersion    = 2
	noFreelist     = 1<<64 - 1
	minPageSize    = 1 << 10
	maxPageSize    = 1 << 24
	maxPages       = 1 << 38      // bbolt maps 256 TiB at most
	metaFieldsSize = metaSize - 8 // what the checksum covers
)

// meta is one meta page.
type meta struct {
	offset      int64 // of the page
	pageSize    uint32
	root        uint64 // page of the bucket of buckets
	freelist    uint64
	pages       uint64
	transaction uint64
}

// readMeta reads the meta page at offset. magic says that bbolt wrote it, ok that it is also whole.
func readMeta(f io.ReaderAt, offset int64) (m meta, magic, ok bool) {
	var b [metaSize]byte
	if _, err := f.ReadAt(b[:], offset+pageHeader); err != nil {
		return meta{}, false, false
	}
	order := binary.NativeEndian
	if order.Uint32(b[:]) != boltMagic {
		return meta{}, false, false
	}
	sum := fnv.New64a()
	sum.Write(b[:metaFieldsSize])
	m = meta{
		offset: offset, pageSize: order.Uint32(b[8:]), root: order.Uint64(b[16:]), freelist: order.Uint64(b[32:]),
		pages: order.Uint64(b[40:]), transaction: order.Uint64(b[48:]),
	}
	return m, true, order.Uint32(b[4:]) == boltVersion && order.Uint64(b[56:]) == sum.Sum64()
}

// metas reads the whole meta pages of a file, the one that counts first; magic says whether bbolt wrote any. The second
// lies one page into the file. Only the first says how large a page is; if that is damaged, metas tries all sizes.
func metas(f io.ReaderAt) (found []meta, magic bool) {
	first, magic, ok := readMeta(f, 0)
	if ok {
		second, _, whole := readMeta(f, int64(first.pageSize))
		return inTurn(first, true, second, whole), true
	}
	for size := int64(minPageSize); size <= maxPageSize; size *= 2 {
		second, has, whole := readMeta(f, size)
		magic = magic || has
		if whole && int64(second.pageSize) == size {
			return inTurn(first, false, second, true), true
		}
	}
	return nil, magic
}

// inTurn returns the whole ones of two meta pages, the one that bbolt believes first.
func inTurn(first meta, firstWhole bool, second meta, secondWhole bool) []meta {
	switch {
	case !secondWhole:
		return []meta{first}
	case !firstWhole:
		return []meta{second}
	case second.transaction > first.transaction:
		return []meta{second, first}
	}
	return []meta{first, second}
}

// checkHeader refuses files that bbolt must not open.
func checkHeader(f io.ReaderAt, size int64) error {
	found, magic := metas(f)
	if !magic && backup.Is(f) {
		return fmt.Errorf("%w: it is a backup of one; run edgetoken restore", ErrForeign)
	}
	if !magic {
		return fmt.Errorf("%w: it is another kind of file; name the right path", ErrForeign)
	}
	if len(found) == 0 {
		return fmt.Errorf("%w: both copies of its header are; restore a backup", ErrCorrupt)
	}
	m := found[0]
	if m.freelist == noFreelist {
		return fmt.Errorf("%w: another program wrote this bbolt file; name the right path", ErrForeign)
	}
	if m.pageSize < minPageSize || m.pageSize > maxPageSize || m.pageSize != found[len(found)-1].pageSize ||
		m.pages > maxPages || m.freelist >= m.pages {
		return fmt.Errorf("%w: its header contradicts itself; restore a backup", ErrCorrupt)
	}
	if need := int64(m.pages) * int64(m.pageSize); size < need {
		return fmt.Errorf("%w: it is cut short at %d bytes of %d; restore a backup, or copy it again with the node "+
			"stopped", ErrCorrupt, size, need)
	}
	return nil
}

// disk is what undo and renew need of a file.
type disk interface {
	io.ReaderAt
	io.WriterAt
	Sync() error
}

// undo takes back the failed commit with the given transaction id. It spoils the commit's meta page, so that the one
// before counts; no later commit can have touched the pages of that. Without undo, the page cache might go on showing a
// commit of which the disk kept nothing, since the kernel marks pages as written even if writing them failed. Later
// commits would then build on it. The lock must still be held.
//
// undo also spoils a page that looks spoiled: if an earlier call wrote it but could not sync it, the disk may still
// have the commit.
func undo(f disk, transaction uint64) error {
	found, _ := metas(f)
	spoilt := int64(-1)
	switch {
	case len(found) == 2 && found[0].transaction == transaction:
		spoilt = found[0].offset
	case len(found) == 1 && found[0].transaction < transaction:
		if spoilt = 0; found[0].offset == 0 {
			spoilt = int64(found[0].pageSize)
		}
	}
	if spoilt >= 0 {
		if _, err := f.WriteAt(make([]byte, metaSize), spoilt+pageHeader); err != nil {
			return fmt.Errorf("take back a failed commit: %w", err)
		}
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("take back a failed commit: %w", err)
	}
	return nil
}

// renew writes both meta pages once more, as they are, and syncs them. The process before may have ended before it
// could sync its last commit or take one back, so the page cache may show a commit of which the disk kept nothing, or
// hide one that the disk has: see undo. Nothing may be committed or answered before renew.
func renew(f disk, pageSize int) error {
	for _, offset := range []int64{0, int64(pageSize)} {
		var b [metaSize]byte
		_, err := f.ReadAt(b[:], offset+pageHeader)
		if err == nil {
			_, err = f.WriteAt(b[:], offset+pageHeader)
		}
		if err != nil {
			return fmt.Errorf("write its header once more: %w", err)
		}
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync its header: %w", err)
	}
	return nil
}
