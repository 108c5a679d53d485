package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// lastImport is the record of what the last import said of a customer or a group: a digest of each member. By it the
// next import tells what has changed there from what has changed here.
type lastImport struct {
	run     uint64
	digests []byte // nil: it was removed here since
	kept    []byte // JSON; nil for nothing
}

// digestBytes is how much of a SHA-256 is kept of each member: a change at the source is overlooked once in 2^40.
const digestBytes = 5

// importedMembers are the members of a customer that an import compares, but for last_login, of which the later counts.
var importedMembers = [...]struct {
	name string
	of   func(*Customer) string
}{
	{"email", func(c *Customer) string { return c.Email }},
	{"first_name", func(c *Customer) string { return c.FirstName }},
	{"last_name", func(c *Customer) string { return c.LastName }},
	{"is_active", func(c *Customer) string { return strconv.FormatBool(c.IsActive) }},
	{"is_staff", func(c *Customer) string { return strconv.FormatBool(c.IsStaff) }},
	{"is_superuser", func(c *Customer) string { return strconv.FormatBool(c.IsSuperuser) }},
	// The claim is that of the source's hash, whatever hash of the same password is here by now.
	{"password", func(c *Customer) string { return c.RevokeClaim }},
	// dumpdata cuts microseconds off.
	{"date_joined", func(c *Customer) string { return strconv.FormatInt(c.DateJoined.UnixMilli(), 10) }},
	{"attributes", func(c *Customer) string { return string(c.Attributes) }},
	{"permissions", func(c *Customer) string { return strings.Join(c.Permissions, "\x00") }},
	{"groups", func(c *Customer) string { return strings.Join(c.Groups, "\x00") }},
}

func appendDigest(b []byte, text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return append(b, sum[:digestBytes]...)
}

// digestsOf are the digests of all members of a customer.
func digestsOf(c *Customer) []byte {
	b := make([]byte, 0, len(importedMembers)*digestBytes)
	for _, m := range importedMembers {
		b = appendDigest(b, m.of(c))
	}
	return b
}

// repeat has digests of a customer say again what was said of some members.
func (l lastImport) repeat(digests []byte, members []string) {
	if len(members) == 0 || len(l.digests) != len(digests) {
		return
	}
	for i, m := range importedMembers {
		if slices.Contains(members, m.name) {
			copy(digests[i*digestBytes:(i+1)*digestBytes], l.digests[i*digestBytes:])
		}
	}
}

// digestsOfGroup is the digest of the permissions of a group, which are sorted.
func digestsOfGroup(permissions []string) []byte {
	return appendDigest(nil, strings.Join(permissions, "\x00"))
}

// encode: version 1 | u64 run | u8 length | digests | kept.
func (l lastImport) encode() []byte {
	b := make([]byte, 0, 10+len(l.digests)+len(l.kept))
	b = codec.U64(append(b, recordVersion), l.run)
	return append(append(append(b, byte(len(l.digests))), l.digests...), l.kept...)
}

func decodeLastImport(value []byte) (lastImport, error) {
	r := begin(value)
	l := lastImport{run: r.U64()}
	l.digests = slices.Clone(r.Take(int(r.U8())))
	if len(r.Rest) > 0 {
		l.kept = r.rest()
	}
	if !r.Done() || len(l.kept) > 0 && !json.Valid(l.kept) {
		return lastImport{}, corrupt("import")
	}
	return l, nil
}

// lastImport reads what the last import said of the customer or group with a key; ok is false if none said anything.
func (t tables) lastImport(key []byte) (l lastImport, ok bool, err error) {
	value := t.get(importsBucket, key)
	if value == nil {
		return lastImport{}, false, nil
	}
	l, err = decodeLastImport(value)
	return l, err == nil, err
}

func (w *writer) joinImported(f fact.Imported) {
	w.put(importsBucket, f.Key, lastImport{f.Run, f.Said, f.Kept}.encode())
}

// disown notes that what an import brought was removed here. Nothing else of it is kept.
func (w *writer) disown(key []byte) {
	if w.get(importsBucket, key) != nil {
		w.put(importsBucket, key, lastImport{}.encode())
	}
}

// leaveAddress notes that a customer who was imported has an address no more, for rows that name it by that alone.
func (w *writer) leaveAddress(key []byte, email string) {
	if w.get(importsBucket, key) != nil {
		w.put(importsBucket, subjectKey(fact.ByAddress(email)), append([]byte{recordVersion}, key...))
	}
}

// leftBy is the customer whom an import last said to have an address, which it has no more or was removed with; zero if
// there is none.
func (t tables) leftBy(ids core.IDKind, email string) (id core.CustomerID, err error) {
	value := t.get(importsBucket, subjectKey(fact.ByAddress(email)))
	if value == nil {
		return id, nil
	}
	if id, err = decodeLeft(ids, value); err != nil {
		return id, err
	}
	last, _, err := t.lastImport(idKey(id))
	if err != nil || len(last.digests) > 0 && !bytes.HasPrefix(last.digests, appendDigest(nil, email)) {
		return core.CustomerID{}, err
	}
	return id, nil
}

// decodeLeft: version 1 | key of the customer.
func decodeLeft(ids core.IDKind, value []byte) (core.CustomerID, error) {
	if r := begin(value); !r.Bad {
		return readIDKey(ids, r.Rest)
	}
	return core.CustomerID{}, corrupt("import")
}
