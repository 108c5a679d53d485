package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// maxText bounds ids, e-mail addresses, names and password hashes, in bytes. Django's longest usual columns have 255
// characters, of at most 4 bytes in UTF-8.
const maxText = 1024

// idKey is the key of a customer. An integer has 8 bytes, big-endian, with the sign bit flipped, so that -1 sorts
// before 0. A text is its own key.
func idKey(id core.CustomerID) []byte {
	if id.Kind == core.TextID {
		return []byte(id.Text)
	}
	return appendInteger(nil, id.Int)
}

func appendInteger(b []byte, i int64) []byte {
	return binary.BigEndian.AppendUint64(b, uint64(i)^1<<63)
}

// readIDKey reads what idKey made for a store that holds ids of the given kind.
func readIDKey(kind core.IDKind, key []byte) (core.CustomerID, error) {
	if kind == core.TextID {
		if id := core.Text(string(key)); checkText("id", id.Text) == nil && id.Text != "" {
			return id, nil
		}
	} else if len(key) == 8 {
		return core.Integer(int64(binary.BigEndian.Uint64(key) ^ 1<<63)), nil
	}
	return core.CustomerID{}, fmt.Errorf("customer key of %d bytes: %w", len(key), ErrCorrupt)
}

// checkText says why a text cannot be stored.
func checkText(field, s string) error {
	switch {
	case len(s) > maxText:
		return fmt.Errorf("%s %w: it has %d bytes, the most is %d", field, ErrInvalid, len(s), maxText)
	case !utf8.ValidString(s):
		return fmt.Errorf("%s %w: it is not UTF-8", field, ErrInvalid)
	case strings.ContainsRune(s, 0):
		return fmt.Errorf("%s %w: it contains a null character", field, ErrInvalid)
	}
	return nil
}

// familyKey is the key of a family record; ok is false if the name is too long to be recorded. Lengths stand before
// texts, so that all families of one customer lie together. A start, where the name has one, comes last, so that all
// records about one family lie together.
func familyKey(k core.FamilyKey) (key []byte, ok bool) {
	if len(k.Issuer) > maxText || len(k.Customer.Text) > maxText {
		return nil, false
	}
	key = make([]byte, 0, 2+len(k.Issuer)+1+2+max(8, len(k.Customer.Text))+8+8)
	key = binary.BigEndian.AppendUint16(key, uint16(len(k.Issuer)))
	key = append(key, k.Issuer...)
	key = append(key, byte(k.Customer.Kind))
	switch k.Customer.Kind {
	case core.IntegerID:
		key = appendInteger(key, k.Customer.Int)
	case core.TextID:
		key = binary.BigEndian.AppendUint16(key, uint16(len(k.Customer.Text)))
		key = append(key, k.Customer.Text...)
	}
	key = binary.BigEndian.AppendUint64(key, k.Bits)
	if k.Start != 0 {
		key = binary.BigEndian.AppendUint64(key, uint64(k.Start))
	}
	return key, true
}

// bitsLength is the length of the bits at the end of a family's key without a start. The bytes before them are the same
// for all families of its issuer and customer.
const bitsLength = 8

// readFamilyKey reads what familyKey made.
func readFamilyKey(key []byte) (k core.FamilyKey, ok bool) {
	r := keyReader{rest: key}
	k.Issuer = r.text()
	switch k.Customer.Kind = core.IDKind(r.take(1)[0]); k.Customer.Kind {
	case core.IntegerID:
		k.Customer.Int = int64(binary.BigEndian.Uint64(r.take(8)) ^ 1<<63)
	case core.TextID:
		k.Customer.Text = r.text()
	}
	k.Bits = binary.BigEndian.Uint64(r.take(8))
	if len(r.rest) > 0 {
		k.Start = int64(binary.BigEndian.Uint64(r.take(8)))
	}
	again, _ := familyKey(k)
	return k, bytes.Equal(again, key) && k.Customer.Kind <= core.TextID
}

// keyReader takes values off the front of a key. If too little is left, it gives zero.
type keyReader struct{ rest []byte }

func (r *keyReader) take(n int) []byte {
	if n > len(r.rest) {
		r.rest = nil
		return make([]byte, n)
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *keyReader) text() string {
	return string(r.take(int(binary.BigEndian.Uint16(r.take(2)))))
}

// expiryKey is the key under which Purge finds a record: until (Unix seconds) as idKey writes it, the kind of record,
// and its own key.
func expiryKey(until int64, kind fact.Record, key []byte) []byte {
	b := appendInteger(make([]byte, 0, 8+1+len(key)), until)
	return append(append(b, byte(kind)), key...)
}

// readExpiryKey reads what expiryKey made.
func readExpiryKey(k []byte) (until int64, kind fact.Record, key []byte, err error) {
	if len(k) < 10 || !strings.ContainsRune("fct", rune(k[8])) {
		return 0, 0, nil, fmt.Errorf("expiry key of %d bytes: %w", len(k), ErrCorrupt)
	}
	return int64(binary.BigEndian.Uint64(k) ^ 1<<63), fact.Record(k[8]), k[9:], nil
}

// parkedKey is the key of a parked customer: the length of the key of its id (2 bytes) | that key | when it was made.
func parkedKey(key []byte, made fact.Stamp) []byte { return made.Append(parkedPrefix(key)) }

func parkedPrefix(key []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(key))), key...)
}
