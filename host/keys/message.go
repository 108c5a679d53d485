package keys

import (
	"errors"

	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store"
)

// CallPublishKey is the number of the call by which an edge asks the hub to write records of its keys.
const CallPublishKey = 16

// A request and the answer to it, integers little-endian (package codec):
//
//	request  u8 1 | keys              records as the edge wants them
//	answer   u8 1 | u8 0 | keys       records as the hub has written them
//	         u8 1 | u8 1 | text       the hub refuses, and says why
//	keys     u8 count | count × (text kid | text algorithm | text origin | bytes public key | i64 added |
//	         i64 signs from | i64 ends | i64 longest | u8 retired)
//
// Times are Unix seconds, longest is in seconds.
const (
	messageVersion = 1
	answerKeys     = 0
	answerRefusal  = 1
)

// Bounds of a message: keys, bytes of a public key, and of a refusal.
const (
	mostInMessage = 32
	maxPublic     = 16 << 10
	maxReason     = 1024
)

// errMessage says that bytes are no message of this version.
var errMessage = errors.New("the message about keys cannot be read: hub and edge need programs that know each other")

func appendKeys(b []byte, list []store.Key) []byte {
	b = append(b, byte(len(list)))
	for i := range list {
		k := &list[i]
		b = codec.Text(codec.Text(codec.Text(b, k.ID), k.Algorithm), string(k.Origin))
		b = codec.Bytes(b, k.Public)
		for _, n := range []int64{k.Added, k.SignsFrom, k.Ends, k.Longest} {
			b = codec.I64(b, n)
		}
		b = codec.Bool(b, k.Retired)
	}
	return b
}

func readKeys(r *codec.Reader) (list []store.Key) {
	n := int(r.U8())
	r.Bad = r.Bad || n > mostInMessage
	for ; n > 0 && !r.Bad; n-- {
		k := store.Key{ID: r.Text(), Algorithm: r.Text(), Origin: store.KeyOrigin(r.Text())}
		k.Public = append(k.Public, r.Bytes()...)
		for _, v := range []*int64{&k.Added, &k.SignsFrom, &k.Ends, &k.Longest} {
			*v = r.I64()
		}
		k.Retired = r.Bool()
		r.Bad = r.Bad || len(k.Public) > maxPublic
		list = append(list, k)
	}
	return list
}

func encodeRequest(list []store.Key) []byte { return appendKeys([]byte{messageVersion}, list) }

func decodeRequest(b []byte) ([]store.Key, error) {
	r := &codec.Reader{Rest: b}
	version := r.U8()
	if list := readKeys(r); version == messageVersion && r.Done() && len(list) > 0 {
		return list, nil
	}
	return nil, errMessage
}

// encodeAnswer is the answer with the records that the hub has written, or where reason is not empty, a refusal.
func encodeAnswer(list []store.Key, reason string) []byte {
	if reason != "" {
		return codec.Text([]byte{messageVersion, answerRefusal}, reason[:min(len(reason), maxReason)])
	}
	return appendKeys([]byte{messageVersion, answerKeys}, list)
}

func decodeAnswer(b []byte) (list []store.Key, reason string, err error) {
	r := &codec.Reader{Rest: b}
	version, kind := r.U8(), r.U8()
	switch kind {
	case answerKeys:
		list = readKeys(r)
	case answerRefusal:
		reason = r.Text()
		r.Bad = r.Bad || reason == "" || len(reason) > maxReason
	default:
		r.Bad = true
	}
	if version != messageVersion || !r.Done() {
		return nil, "", errMessage
	}
	return list, reason, nil
}
