package keyring

import (
	"crypto/sha256"
	"strings"
	"sync"
)

// deterministic reports whether keys of this algorithm always sign the same with the same signature, wherever they
// are: RSASSA-PKCS1-v1_5 can do nothing else (RFC 8017 §8.2).
func deterministic(algorithm string) bool { return strings.HasPrefix(algorithm, "RS") }

// signatures remembers what was signed last, for keys whose signatures differ each time: within refresh.grace the same
// refresh gets the same answer, byte for byte. It holds hashes and signatures, of which nobody can make a token.
type signatures struct {
	mu       sync.Mutex
	now, old map[[sha256.Size]byte][]byte // old is what was in now when that was full
}

// maxSignatures is about how many bytes each of the two maps takes, and signatureEntry what an entry takes beside its
// signature.
const maxSignatures, signatureEntry = 1 << 20, 160

func newSignatures() *signatures { return &signatures{now: map[[sha256.Size]byte][]byte{}} }

// find gives the signature of an input; nil if it is not remembered.
func (s *signatures) find(of [sha256.Size]byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if signature := s.now[of]; signature != nil {
		return signature
	}
	return s.old[of]
}

// keep remembers a signature, and gives the one that counts: where two requests sign the same at once, the first.
func (s *signatures) keep(of [sha256.Size]byte, signature []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, known := range []map[[sha256.Size]byte][]byte{s.now, s.old} {
		if first := known[of]; first != nil {
			return first
		}
	}
	if len(s.now)*(signatureEntry+len(signature)) >= maxSignatures {
		s.now, s.old = map[[sha256.Size]byte][]byte{}, s.now
	}
	s.now[of] = signature
	return signature
}
