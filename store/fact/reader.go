package fact

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/codec"
)

// Bounds of what a fact may say.
const (
	maxText       = 1024      // ids, e-mail addresses, names, hashes: bytes
	maxAttributes = 64 * 1024 // bytes
	maxKey        = 32 * 1024 // of a record, bytes: bbolt takes no longer one
	maxLifetime   = math.MaxInt64 / int64(time.Second)

	// The range of Python's datetime, in Unix microseconds: what Django can show.
	firstMoment = -62135596800000000 // 0001-01-01T00:00:00Z
	lastMoment  = 253402300799999999 // 9999-12-31T23:59:59.999999Z
)

// reader takes values off the front of a payload, and refuses those that a store cannot keep.
type reader struct {
	codec.Reader
	version byte // of the payload
}

// require makes r bad unless ok.
func (r *reader) require(ok bool) { r.Bad = r.Bad || !ok }

// between takes an integer from low to high.
func (r *reader) between(low, high int64) int64 {
	v := r.I64()
	r.require(low <= v && v <= high)
	return v
}

func (r *reader) moment() int64      { return r.between(firstMoment, lastMoment) }         // Unix microseconds
func (r *reader) start() int64       { return r.between(0, core.LastStart) }               // Unix milliseconds
func (r *reader) familyStart() int64 { return r.between(0, lastMoment/1000) }              // Unix milliseconds
func (r *reader) until() int64       { return r.between(-core.LastUntil, core.LastUntil) } // Unix seconds
func (r *reader) second() int64      { return r.between(0, core.LastUntil) }               // Unix seconds
func (r *reader) lifetime() int64    { return r.between(0, maxLifetime) }                  // seconds

// text takes UTF-8 without null characters.
func (r *reader) text() string {
	s := r.Text()
	r.require(len(s) <= maxText && utf8.ValidString(s) && !strings.ContainsRune(s, 0))
	return s
}

// name takes a text that is not empty.
func (r *reader) name() string {
	s := r.text()
	r.require(s != "")
	return s
}

// names takes a list of names in strictly rising order; nil if it is empty.
func (r *reader) names() (list []string) {
	for n := r.U16(); n > 0 && !r.Bad; n-- {
		s := r.name()
		r.require(len(list) == 0 || list[len(list)-1] < s)
		list = append(list, s)
	}
	return list
}

// disjoint reports whether two sorted lists have no text in common.
func disjoint(a, b []string) bool {
	for len(a) > 0 && len(b) > 0 {
		switch cmp.Compare(a[0], b[0]) {
		case 0:
			return false
		case -1:
			a = a[1:]
		default:
			b = b[1:]
		}
	}
	return true
}

// attributes takes a JSON object; nil for none.
func (r *reader) attributes() []byte {
	raw := r.Bytes()
	if len(raw) == 0 {
		return nil
	}
	r.require(len(raw) <= maxAttributes && raw[0] == '{' && utf8.Valid(raw) && json.Valid(raw))
	return bytes.Clone(raw)
}

// stamp takes the stamp of a fact.
func (r *reader) stamp() Stamp {
	s := ReadStamp(&r.Reader)
	r.require(0 < s.Time && s.Time <= lastMoment)
	return s
}

// stamps takes the stamp of what was made and that of the fact, which is not earlier.
func (r *reader) stamps() (made, stamp Stamp) {
	made, stamp = r.stamp(), r.stamp()
	r.require(!made.After(stamp))
	return made, stamp
}

// digest takes a SHA-256.
func (r *reader) digest() (d [sha256.Size]byte) {
	copy(d[:], r.Take(len(d)))
	return d
}

// customer takes the id that a token may name: any text, or none.
func (r *reader) customer() core.CustomerID {
	switch core.IDKind(r.U8()) {
	case core.NoCustomer:
	case core.IntegerID:
		return core.Integer(r.I64())
	case core.TextID:
		s := r.Text()
		r.require(len(s) <= maxText && utf8.ValidString(s))
		return core.Text(s)
	default:
		r.Bad = true
	}
	return core.CustomerID{}
}

// id takes the id that a customer may have.
func (r *reader) id() core.CustomerID {
	id := r.customer()
	r.require(id.Kind == core.IntegerID || id.Text != "" && !strings.ContainsRune(id.Text, 0))
	return id
}

// appendID appends u8 kind (0 none, 1 integer, 2 text), then i64 or text.
func appendID(b []byte, id core.CustomerID) []byte {
	b = append(b, byte(id.Kind))
	switch id.Kind {
	case core.IntegerID:
		b = codec.I64(b, id.Int)
	case core.TextID:
		b = codec.Text(b, id.Text)
	}
	return b
}

// family takes the name of a family.
func (r *reader) family() core.FamilyKey {
	issuer := r.Text()
	r.require(len(issuer) <= maxText && utf8.ValidString(issuer))
	return core.FamilyKey{Issuer: issuer, Customer: r.customer(), Bits: r.U64()}
}

// appendFamily appends issuer | customer | u64 bits.
func appendFamily(b []byte, k core.FamilyKey) []byte {
	return codec.U64(appendID(codec.Text(b, k.Issuer), k.Customer), k.Bits)
}
