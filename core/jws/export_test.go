package jws

// Overlap computes two MACs of an HMAC key at once.
func Overlap(k *Key) {
	s := k.ops.(*hmacSecret)
	a, b := s.sum(nil), s.sum(nil)
	s.put(a)
	s.put(b)
}
