package store

import (
	"encoding/base64"
	"encoding/binary"
	"strings"

	"github.com/edgetoken/edgetoken/core"
)

// listedBytes is the length of what names a listed log-in before it is encoded.
const listedBytes = 16

// ListID names the log-in in lists, in 22 characters of base64url: u64 start, ms | u64 bits of its family, big-endian.
func (l Login) ListID() string {
	b := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(l.Family.Start)), l.Family.Bits)
	return base64.RawURLEncoding.EncodeToString(b)
}

// ListID names the session in lists, in 22 characters of base64url: the first half of its id.
func (s Session) ListID() string { return base64.RawURLEncoding.EncodeToString(s.ID[:listedBytes]) }

// ReadListID reads what Login.ListID wrote: the family, without its customer; ok is false for anything else.
func ReadListID(id string) (k core.FamilyKey, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(id)
	if err != nil || len(b) != listedBytes || strings.ContainsAny(id, "\r\n") { // which the decoder leaves out
		return core.FamilyKey{}, false
	}
	return core.FamilyKey{Start: int64(binary.BigEndian.Uint64(b)), Bits: binary.BigEndian.Uint64(b[8:])}, true
}
