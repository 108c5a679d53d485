package keys_test

import (
	"bytes"
	"testing"

	"github.com/edgetoken/edgetoken/host/keys"
	"github.com/edgetoken/edgetoken/store"
)

// A request or an answer that is read is written again as it was, and takes no more memory than its bytes.
func FuzzMessages(f *testing.F) {
	list := []store.Key{{ID: "a", Algorithm: "ES256", Public: []byte{1, 2, 3}, Origin: store.KeyGenerated, Added: 1,
		SignsFrom: 2, Ends: 3, Longest: 4}, {ID: "b", Algorithm: "EdDSA", Origin: store.KeyFromSigner, Retired: true}}
	f.Add(keys.EncodeRequest(list))
	f.Add(keys.EncodeAnswer(list, ""))
	f.Add(keys.EncodeAnswer(nil, "it is not the hub"))
	f.Add([]byte{1, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		if list, err := keys.DecodeRequest(b); err == nil && !bytes.Equal(keys.EncodeRequest(list), b) {
			t.Errorf("request %x is read as %+v", b, list)
		}
		if list, reason, err := keys.DecodeAnswer(b); err == nil && !bytes.Equal(keys.EncodeAnswer(list, reason), b) {
			t.Errorf("answer %x is read as %+v, %q", b, list, reason)
		}
	})
}
