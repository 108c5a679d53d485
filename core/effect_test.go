package core_test

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
)

func sampleEffects() []core.Effects {
	return []core.Effects{
		{},
		{Node: "a", Reads: core.Reads{Customer: core.Integer(7), CustomerVersion: 3}},
		{
			Node: "edge-1",
			Reads: core.Reads{
				Customer: core.Text("9f1c"), CustomerVersion: 1 << 60, HasFamily: true,
				Family: core.FamilyKey{
					Issuer: "https://partner.example", Customer: core.Text("9f1c"), Bits: 1<<47 - 1,
				},
				FamilyVersion: 5, CutOff: -1, Start: 17,
			},
			List: []core.Effect{
				{Kind: core.RecordLogin, Customer: core.Integer(-1), At: 1},
				{Kind: core.RevokeFamily, Family: core.FamilyKey{Bits: 9}, At: 1780311600_000, Until: 4102444800},
				{Kind: core.ReserveStart, At: 2},
				{Kind: core.FoldFamilies, Customer: core.Integer(7), At: 4096},
				{Kind: core.EndLogins, Customer: core.Text("9f1c")},
				{Kind: core.EndAddress, Customer: core.Text("ada@example.com")},
				{Kind: core.EndAll},
				{Kind: core.AdvanceFamily, Family: core.FamilyKey{Bits: 9}, At: 1780311600_000, Until: 4102444800,
					Generation: 1<<32 - 1, Issued: 1780315200_000000, Access: 3600, Refresh: 259200, KeyID: "k"},
			},
		},
	}
}

func TestEffectsEncoding(t *testing.T) {
	for _, want := range sampleEffects() {
		b, err := want.AppendBinary([]byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		var got core.Effects
		if err := got.UnmarshalBinary(b[1:]); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("read back %+v, %v; want %+v", got, err, want)
		}
		for n := range len(b) - 1 {
			if err := got.UnmarshalBinary(b[1 : 1+n]); err == nil {
				t.Errorf("%d of %d bytes are read as effects", n, len(b)-1)
			}
		}
		if err := got.UnmarshalBinary(append(b[1:], 0)); err == nil {
			t.Error("a trailing byte is accepted")
		}
	}
}

// The example in the doc of Effects.AppendBinary.
func TestEffectsExample(t *testing.T) {
	e := core.Effects{Node: "a", Reads: core.Reads{Customer: core.Integer(7), CustomerVersion: 3}}
	b, _ := e.AppendBinary(nil)
	want := strings.ReplaceAll("03 0100 61 01 0700000000000000 0300000000000000 00 0000 00 0000000000000000 "+
		"0000000000000000 0000000000000000", " ", "")
	if got := hex.EncodeToString(b); !strings.HasPrefix(got, want) {
		t.Errorf("encoding %s, want it to begin with %s", got, want)
	}
}

func FuzzEffects(f *testing.F) {
	for _, e := range sampleEffects() {
		b, _ := e.AppendBinary(nil)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var e core.Effects
		if e.UnmarshalBinary(b) != nil {
			return
		}
		if again, _ := e.AppendBinary(nil); !bytes.Equal(again, b) {
			t.Errorf("%x is read as %+v, which is written %x", b, e, again)
		}
	})
}
