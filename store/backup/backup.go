// Package backup is the format of a backup: one file that holds a store without private parts of keys, and sealed keys
// if they were asked for. It knows nothing of what is in either.
//
//	65646765746f6b656e206261636b7570   "edgetoken backup"
//	01000000                           u32 version of this format
//	04000000                           u32 schema of the store
//	3e5af0...                          16 bytes, the id of the store
//	80841e0000000000                   i64 when the backup was made by the clock of the store, Unix microseconds
//	00000000                           u32 length of the sealed keys; 0: there are none
//	0000040000000000                   i64 length of the store
//	sealed keys                        whatever sealed them; here they are only bytes
//	store                              a whole bbolt file
//	sha256                             32 bytes, the SHA-256 of everything before
//
// All integers are little-endian. The magic comes first so that nobody starts a node on a backup by giving it the name
// of a store: that would bring back to life what was revoked after the backup was made.
//
// The one rule: what Reader.Extract has written counts only once it returns nil. Then no bit is flipped, nothing is
// missing, and nothing follows.
package backup

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/edgetoken/edgetoken/core/codec"
)

const (
	magic   = "edgetoken backup"
	version = 1
	size    = len(magic) + 4 + 4 + 16 + 8 + 4 + 8
)

// MaxKeys bounds the sealed keys of a backup, in bytes.
const MaxKeys = 1 << 20

// Reasons why a backup cannot be read.
var (
	ErrForeign = errors.New("not a backup of edgetoken")
	ErrDamaged = errors.New("the backup is damaged")
	ErrNewer   = errors.New("the backup was made by a newer version")
)

// Header says what a backup holds.
type Header struct {
	Schema uint32
	ID     [16]byte // of the store
	Made   int64    // Unix microseconds
	Keys   int      // bytes of the sealed keys
	Store  int64    // bytes of the store
}

// Size is the length of the whole backup, in bytes.
func (h Header) Size() int64 { return int64(size) + int64(h.Keys) + h.Store + sha256.Size }

func (h Header) encode() []byte {
	b := codec.U32(codec.U32([]byte(magic), version), h.Schema)
	b = codec.I64(append(b, h.ID[:]...), h.Made)
	return codec.I64(codec.U32(b, uint32(h.Keys)), h.Store)
}

// maxStore keeps Header.Size from overflowing.
const maxStore = 1 << 62

func decode(b []byte) (Header, error) {
	r := codec.Reader{Rest: b}
	if string(r.Take(len(magic))) != magic {
		return Header{}, ErrForeign
	}
	if v := r.U32(); v != version {
		return Header{}, fmt.Errorf("%w: its format is %d, and this version knows %d", ErrNewer, v, version)
	}
	h := Header{Schema: r.U32()}
	copy(h.ID[:], r.Take(len(h.ID)))
	h.Made = r.I64()
	keys := r.U32()
	h.Store = r.I64()
	if !r.Done() || keys > MaxKeys || h.Store < 1 || h.Store > maxStore {
		return Header{}, fmt.Errorf("%w: its header contradicts itself", ErrDamaged)
	}
	h.Keys = int(keys)
	return h, nil
}

// Is reports whether a file begins like a backup.
func Is(f io.ReaderAt) bool {
	b := make([]byte, len(magic))
	_, err := f.ReadAt(b, 0)
	return err == nil && string(b) == magic
}

// Stream returns a reader that gives a backup, and how many bytes it gives. It reads h.Store bytes of store meanwhile;
// fewer are io.ErrUnexpectedEOF.
func Stream(h Header, keys []byte, store io.Reader) (r io.Reader, size int64, err error) {
	if h.Keys = len(keys); h.Keys > MaxKeys {
		return nil, 0, fmt.Errorf("the sealed keys have %d bytes, and at most %d fit into a backup", h.Keys, MaxKeys)
	}
	sum := sha256.New()
	content := io.MultiReader(bytes.NewReader(append(h.encode(), keys...)), &exactly{store, h.Store})
	return io.MultiReader(io.TeeReader(content, sum), &checksum{of: sum}), h.Size(), nil
}

// exactly reads so many bytes.
type exactly struct {
	from io.Reader
	left int64
}

func (r *exactly) Read(b []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n, err := r.from.Read(b[:min(int64(len(b)), r.left)])
	if r.left -= int64(n); errors.Is(err, io.EOF) && r.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// checksum reads as the checksum of all that was read before it.
type checksum struct {
	of   hash.Hash
	rest []byte
	is   bool
}

func (c *checksum) Read(b []byte) (int, error) {
	if !c.is {
		c.rest, c.is = c.of.Sum(nil), true
	}
	if len(c.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// Reader reads a backup once, from its beginning to its end.
type Reader struct {
	Header Header
	Keys   []byte // sealed; they are known to be whole once Extract has returned nil

	from io.Reader
	sum  hash.Hash
}

// NewReader reads the header and the sealed keys. The error is ErrForeign, ErrNewer, ErrDamaged or that of r.
func NewReader(r io.Reader) (*Reader, error) {
	b := &Reader{from: r, sum: sha256.New()}
	head := make([]byte, size)
	n, err := io.ReadFull(r, head)
	if !bytes.HasPrefix(head[:n], []byte(magic)) && (err == nil || cutShort(err)) {
		return nil, ErrForeign
	}
	if err != nil {
		return nil, short(err)
	}
	if b.Header, err = decode(head); err != nil {
		return nil, err
	}
	b.Keys = make([]byte, b.Header.Keys)
	if _, err := io.ReadFull(r, b.Keys); err != nil {
		return nil, short(err)
	}
	b.sum.Write(head)
	b.sum.Write(b.Keys)
	return b, nil
}

// Extract writes the store to w. It returns nil only if the whole backup is as it was made.
func (b *Reader) Extract(w io.Writer) error {
	_, err := io.CopyN(io.MultiWriter(w, b.sum), b.from, b.Header.Store)
	if err != nil {
		return short(err)
	}
	sum := make([]byte, sha256.Size)
	if _, err := io.ReadFull(b.from, sum); err != nil {
		return short(err)
	}
	if !bytes.Equal(sum, b.sum.Sum(nil)) {
		return fmt.Errorf("%w: its checksum is another one", ErrDamaged)
	}
	switch _, err := io.ReadFull(b.from, make([]byte, 1)); {
	case err == nil:
		return fmt.Errorf("%w: something follows its end", ErrDamaged)
	case !errors.Is(err, io.EOF):
		return err
	}
	return nil
}

// short is the error for a backup that ends too early, unless reading failed otherwise.
func short(err error) error {
	if cutShort(err) {
		return fmt.Errorf("%w: it is cut short", ErrDamaged)
	}
	return err
}

func cutShort(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
