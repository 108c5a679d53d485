package bundle_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/bundle"
)

func random(r *rand.Rand, families, cutOffs int) *bundle.Bundle {
	b := &bundle.Bundle{Epoch: 1780315200000, NotBefore: 1780315140, NotAfter: 1780318800}
	b.Settings, b.Users = core.DefaultSettings(), core.IntegerID
	for range families {
		b.Families = append(b.Families, bundle.Family(r.Uint64()>>17, r.Int64(), true))
	}
	for range cutOffs {
		b.CutOffs = append(b.CutOffs, bundle.CutOff{Subject: r.Uint64(), At: 1780315200000 - r.Int64N(1e7)})
	}
	b.Sort()
	return b
}

// 10,000 revoked families take no more than 50 KB, and every payload is read back as it was.
func TestPayload(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 3, 100, 10_000, 100_000} {
		b := random(r, n, n/10)
		payload := b.Append(nil)
		without := random(r, 0, 0)
		if size := len(payload) - len(without.Append(nil)) - 13*len(b.CutOffs); n == 10_000 && size > 50_000 {
			t.Errorf("%d families take %d bytes", n, size)
		}
		got, ok := bundle.Read(payload)
		if !ok || !slices.Equal(got.Families, b.Families) || !slices.Equal(got.CutOffs, b.CutOffs) ||
			got.Hash() != b.Hash() {
			t.Fatalf("a payload of %d families is not read back", n)
		}
		for _, name := range b.Families {
			if !got.HasFamily(name) {
				t.Fatalf("of %d families %d is not found", n, name)
			}
			if _, there := slices.BinarySearch(b.Families, name+1); got.HasFamily(name+1) != there {
				t.Fatalf("of %d families %d is found", n, name+1)
			}
		}
	}
}

// What numbers end stands after all else, where verifiers from before they were there demand the end. Without numbers
// nothing does.
func TestNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	b := random(r, 10, 3)
	before := b.Append(nil)
	b.Numbers = []bundle.NumberCutOff{{Number: 16383, At: 5}, {Number: 2, At: 6}, {Number: 2, At: 7}}
	b.NumbersSince = 4
	b.Sort()
	after := b.Append(nil)
	if len(after) <= len(before) || string(after[:len(before)]) != string(before) {
		t.Error("numbers change what stands before them")
	}
	got, ok := bundle.Read(after)
	want := []bundle.NumberCutOff{{Number: 2, At: 7}, {Number: 16383, At: 5}}
	if !ok || !slices.Equal(got.Numbers, want) || got.NumbersSince != 4 || got.Hash() != b.Hash() {
		t.Errorf("read %+v, %t", got, ok)
	}
}

// A delta leads from one bundle to the other, and from no third one.
func TestDelta(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		base, next := random(r, r.IntN(50), r.IntN(20)), random(r, r.IntN(20), r.IntN(5))
		next.Epoch++
		for _, name := range base.Families {
			if r.IntN(3) > 0 {
				next.Families = append(next.Families, name)
			}
		}
		for _, c := range base.CutOffs {
			if r.IntN(3) > 0 {
				next.CutOffs = append(next.CutOffs, bundle.CutOff{Subject: c.Subject, At: c.At + r.Int64N(2)})
			}
		}
		for range r.IntN(3) {
			next.Numbers = append(next.Numbers, bundle.NumberCutOff{Number: 1 + uint16(r.IntN(9)), At: r.Int64()})
		}
		next.Sort()
		delta := next.AppendDelta(nil, base)
		got, ok := bundle.Apply(base, delta)
		if !ok || got.Hash() != next.Hash() || !slices.Equal(got.Families, next.Families) ||
			!slices.Equal(got.CutOffs, next.CutOffs) {
			t.Fatal("a delta does not lead to its result")
		}
		if _, ok := bundle.Apply(next, delta); ok {
			t.Fatal("a delta leads on from another base")
		}
	}
}

// FuzzPayload reads any bytes: what is taken is written back as it was.
func FuzzPayload(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	base := random(r, 20, 5)
	f.Add(base.Append(nil))
	f.Add(random(r, 0, 0).Append(nil))
	next := random(r, 30, 6)
	f.Add(next.AppendDelta(nil, base))
	next.Numbers = []bundle.NumberCutOff{{Number: 2, At: 5}, {Number: 7, At: 1780315200000}}
	f.Add(next.Append(nil))
	f.Add(next.AppendDelta(nil, base))
	f.Fuzz(func(t *testing.T, payload []byte) {
		if b, ok := bundle.Read(payload); ok && string(b.Append(nil)) != string(payload) {
			t.Errorf("a payload is written back as %x", b.Append(nil))
		}
		if b, ok := bundle.Apply(base, payload); ok {
			if again, ok := bundle.Read(b.Append(nil)); !ok || again.Hash() != b.Hash() {
				t.Error("the result of a delta cannot be read")
			}
		}
	})
}
