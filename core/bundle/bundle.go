package bundle

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/codec"
)

// Bundle is the content of a bundle.
type Bundle struct {
	// Epoch orders bundles: a verifier takes a newer one and never an older one. It is the time of making in Unix
	// milliseconds, or one more than the epoch before.
	Epoch               uint64
	NotBefore, NotAfter int64 // Unix seconds; NotAfter is the first second in which the bundle is too old
	Head
	Revoked
}

// Head is what a verifier reads tokens by.
type Head struct {
	// Settings: Compat, Wire, BlacklistApp, Issuer, Audience, Leeway, AuthTokenClasses and the names of claims count.
	Settings core.Settings
	// Users is what the claim of the customer holds: integer ids, or texts (ids or e-mail addresses).
	Users core.IDKind
	Keys  []Key // our own, public
}

// Key is a public key.
type Key struct {
	core.KeyInfo        // NotAfter is its end, whatever ends it; Issuer is not kept
	Material     []byte // as jws.ReadKey reads it
}

// Revoked is what was revoked and may still have access tokens.
type Revoked struct {
	All                int64 // ends every family that began by then, Unix ms; 0: nothing
	GapAfter, GapUntil int64 // families that began after and until then have ended, Unix ms; 0: none
	Families           []uint64
	CutOffs            []CutOff
	// Numbers end families by the number in their bits, that of the node of a fleet that began them. Those that began
	// by NumbersSince, in Unix ms, have none there.
	Numbers      []NumberCutOff
	NumbersSince int64
}

// CutOff ends every family of a customer that began by then.
type CutOff struct {
	Subject uint64 // what Subject gives
	At      int64  // Unix ms
}

// NumberCutOff ends every family that a node of a fleet began by then: the node was stolen.
type NumberCutOff struct {
	Number uint16 // of the node, not 0
	At     int64  // Unix ms
}

// nameBits are the bits of a family's name.
const nameBits = 51

// Family names a family in bundles: by the bits of its id and when it began, in Unix ms, or by the bits alone where a
// record is about every start.
func Family(bits uint64, start int64, started bool) uint64 {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[0:], bits)
	n := 8
	if started {
		binary.LittleEndian.PutUint64(b[8:], uint64(start))
		n = 16
	}
	sum := sha256.Sum256(b[:n])
	return binary.BigEndian.Uint64(sum[:]) >> (64 - nameBits)
}

// Subject names a customer in bundles, by the value of the user claim: an integer, an id that is a text, or an e-mail
// address as a text.
func Subject(id core.CustomerID) uint64 {
	if id.Kind == core.IntegerID {
		return uint64(id.Int)
	}
	return SubjectOf(sha256.Sum256([]byte(id.Text)))
}

// SubjectOf is Subject for the SHA-256 of a text.
func SubjectOf(digest [sha256.Size]byte) uint64 { return binary.BigEndian.Uint64(digest[:]) }

// Sort puts the lists in order and drops what is there twice; of two cut-offs of one subject the later stays.
func (r *Revoked) Sort() {
	slices.Sort(r.Families)
	r.Families = slices.Compact(r.Families)
	slices.SortFunc(r.CutOffs, func(a, b CutOff) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(b.At, a.At))
	})
	r.CutOffs = slices.CompactFunc(r.CutOffs, func(a, b CutOff) bool { return a.Subject == b.Subject })
	slices.SortFunc(r.Numbers, func(a, b NumberCutOff) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(b.At, a.At))
	})
	r.Numbers = slices.CompactFunc(r.Numbers, func(a, b NumberCutOff) bool { return a.Number == b.Number })
}

// Hash is the hash of the content by which a delta names it.
func (b *Bundle) Hash() (h [16]byte) {
	sum := sha256.Sum256(b.Append(nil))
	return [16]byte(sum[:16])
}

// Kinds of payloads.
const (
	wholeKind = 1
	deltaKind = 2
)

// Append appends the payload. The lists are sorted.
func (b *Bundle) Append(p []byte) []byte {
	p = b.appendTimes(append(p, wholeKind))
	p = codec.Bytes(p, b.Head.append(nil))
	p = b.appendBounds(p)
	p = appendFamilies(p, b.Families)
	p = codec.U32(p, uint32(len(b.CutOffs)))
	return b.appendNumbers(b.appendCutOffs(p, b.CutOffs))
}

// Read reads the payload of a whole bundle; ok is false for anything else, a delta included.
func Read(payload []byte) (b *Bundle, ok bool) {
	r := &codec.Reader{Rest: payload}
	b = &Bundle{}
	if r.U8() != wholeKind {
		return nil, false
	}
	b.readTimes(r)
	head := r.Bytes()
	b.readBounds(r)
	b.Families = readFamilies(r)
	n := int(r.U32())
	b.CutOffs = b.readCutOffs(r, n)
	b.readNumbers(r)
	if !r.Done() || !b.Head.read(head) {
		return nil, false
	}
	return b, true
}

func (b *Bundle) appendTimes(p []byte) []byte {
	return codec.I64(codec.I64(codec.U64(p, b.Epoch), b.NotBefore), b.NotAfter)
}

func (b *Bundle) readTimes(r *codec.Reader) {
	b.Epoch, b.NotBefore, b.NotAfter = r.U64(), r.I64(), r.I64()
	r.Bad = r.Bad || b.Epoch > 1<<62 || b.NotAfter <= b.NotBefore
}

func (b *Bundle) appendBounds(p []byte) []byte {
	return codec.I64(codec.I64(codec.I64(p, b.All), b.GapAfter), b.GapUntil)
}

func (b *Bundle) readBounds(r *codec.Reader) {
	b.All, b.GapAfter, b.GapUntil = r.I64(), r.I64(), r.I64()
}

func (b *Bundle) appendCutOffs(p []byte, list []CutOff) []byte {
	for _, c := range list {
		p = binary.AppendVarint(codec.U64(p, c.Subject), int64(b.Epoch)-c.At)
	}
	return p
}

// readCutOffs reads so many cut-offs, which must be in order.
func (b *Bundle) readCutOffs(r *codec.Reader, n int) (list []CutOff) {
	if r.Bad = r.Bad || n < 0 || n > len(r.Rest)/9; r.Bad {
		return nil
	}
	for i := range n {
		c := CutOff{Subject: r.U64(), At: int64(b.Epoch) - varint(r)}
		r.Bad = r.Bad || i > 0 && c.Subject <= list[i-1].Subject
		list = append(list, c)
	}
	return list
}

func varint(r *codec.Reader) int64   { return shortest(r, binary.Varint) }
func uvarint(r *codec.Reader) uint64 { return shortest(r, binary.Uvarint) }

// shortest takes a varint, which must be in its shortest form.
func shortest[T int64 | uint64](r *codec.Reader, read func([]byte) (T, int)) T {
	v, n := read(r.Rest)
	if n <= 0 || n > 1 && r.Rest[n-1] == 0 {
		r.Bad = true
		return 0
	}
	r.Take(n)
	return v
}

// MoreLeeway is how much more leeway than its bundle's a verifier may give: what was revoked is listed for no longer.
const MoreLeeway = time.Minute

// maxLeeway bounds what a bundle says of LEEWAY.
const maxLeeway = 24 * time.Hour
