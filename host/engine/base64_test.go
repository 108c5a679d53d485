package engine_test

import (
	"bytes"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/engine"
)

// decodesAlike holds the engine's reading of base64url to core's.
func decodesAlike(t *testing.T, part []byte) {
	t.Helper()
	want, good := core.DecodePart(nil, part)
	if got, ok := engine.DecodePart(nil, part); ok != good || ok && !bytes.Equal(got, want) {
		t.Fatalf("%q is decoded to %x, %v; core has %x, %v", part, got, ok, want, good)
	}
}

// Every byte at every place of texts of every length that matters, and two line breaks at any.
func TestDecodePart(t *testing.T) {
	for size := range 20 {
		for at := range size {
			for b := range 256 {
				part := bytes.Repeat([]byte("A"), size)
				part[at] = byte(b)
				decodesAlike(t, part)
				part[0] = '\n'
				decodesAlike(t, part)
			}
		}
	}
	decodesAlike(t, nil)
}

func FuzzDecodePart(f *testing.F) {
	f.Add([]byte("-_-_AAAA"))
	f.Add([]byte("A\r\nB"))
	f.Fuzz(decodesAlike)
}
