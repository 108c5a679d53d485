package es256_test

import "testing"

// A table says the same as crypto/ecdsa, whatever key, digest and signature are.
func FuzzTable(f *testing.F) {
	m := newMaker(1)
	subjects := m.subjects(f)
	add := func(i int, c sample) {
		digest, signature := c.bytes()
		f.Add(uint16(i), digest, signature[:32], signature[32:])
	}
	for i, k := range subjects {
		for _, c := range k.samples {
			add(i, c)
			add(i, m.changed(c))
		}
		if k.d != nil && i%8 == 0 {
			c, _ := m.signature(f, k.d, m.scalar(), m.scalar())
			add(i, c)
			add(i, sample{m.number(), m.number(), m.number()})
		}
	}
	f.Fuzz(func(t *testing.T, key uint16, digest, r, s []byte) {
		i := int(key) % len(subjects)
		subjects[i].agree(t, sample{number(digest), number(r), number(s)})
		if d := subjects[i].d; d != nil { // r and s choose the scalars of a good one
			u1, u2 := number(r), number(s)
			c, good := newMaker(1).signature(t, d, u1.Mod(u1, n), u2.Mod(u2, n))
			if subjects[i].agree(t, c) != good {
				t.Errorf("d %v, u1 %v, u2 %v: good %v, want %v", d, u1, u2, !good, good)
			}
		}
	})
}
