package node_test

import (
	"bytes"
	"testing"

	"github.com/edgetoken/edgetoken/host/node"
)

// What nodes say to each other comes out as it went in, and no part of it, nor more than it, is a message.
func TestMessages(t *testing.T) {
	for kind, samples := range node.Samples() {
		read := node.Messages[kind]
		for _, raw := range samples {
			if again, err := read(raw); err != nil || !bytes.Equal(again, raw) {
				t.Errorf("%s: %x is read as %x, %v", kind, raw, again, err)
			}
			for n := range raw {
				if _, err := read(raw[:n]); err == nil {
					t.Errorf("%s: %d of the %d bytes of %x are a message", kind, n, len(raw), raw)
				}
			}
			if _, err := read(append(bytes.Clone(raw), 0)); err == nil {
				t.Errorf("%s: %x and a byte are a message", kind, raw)
			}
			other := bytes.Clone(raw)
			other[0]++
			if _, err := read(other); err == nil {
				t.Errorf("%s: another version is read", kind)
			}
		}
	}
}

// A hub's list of log-ins has no time that no answer could show, nor a client beyond the bounds.
func TestAttackListed(t *testing.T) {
	for name, l := range node.HostileLists() {
		if got, err := node.Messages["listed"](l); err == nil {
			t.Errorf("%s: it is read as %x", name, got)
		}
	}
}

// Whatever is taken for a message encodes to the same bytes; of an answer that holds but for faults that nobody knows.
func FuzzMessage(f *testing.F) {
	for _, samples := range node.Samples() {
		for _, raw := range samples {
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for kind, read := range node.Messages {
			again, err := read(raw)
			unknown := kind == "answer" && len(raw) == 3 && raw[1] == 0
			if err == nil && !unknown && !bytes.Equal(again, raw) {
				t.Errorf("%s: %x is read as %x", kind, raw, again)
			}
		}
	})
}
