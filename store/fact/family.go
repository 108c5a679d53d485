package fact

import (
	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/codec"
)

// version is 2 where the start is part of the name.
func (f RevokeFamily) version() byte { return familyVersion(f.Family, 0) }

// family | i64 start, ms | i64 until, s
func (f RevokeFamily) appendTo(b []byte) []byte {
	return codec.I64(codec.I64(appendFamily(b, f.Family), f.Start), f.Until)
}

func readRevokeFamily(r *reader) Fact {
	f := RevokeFamily{Family: r.family(), Start: r.familyStart(), Until: r.until()}
	if r.version == 2 {
		r.require(f.Start > 0)
		f.Family.Start = f.Start
	}
	return f
}

// version is 2 where the start is part of the name, or the home is known.
func (f AdvanceFamily) version() byte { return familyVersion(f.Family, f.Home) }

// family | i64 start, ms | i64 until, s | u32 generation | i64 issued at, µs | i64 life of access, s |
// i64 life of refresh, s | kid | u64 incarnation | u64 sequence; version 2: … | u8 start in the name | u16 home
func (f AdvanceFamily) appendTo(b []byte) []byte {
	b = codec.I64(codec.I64(appendFamily(b, f.Family), f.Start), f.Until)
	b = codec.I64(codec.U32(b, f.Generation), f.IssuedAt)
	b = codec.Text(codec.I64(codec.I64(b, f.Access), f.Refresh), f.Key)
	b = codec.U64(codec.U64(b, f.Incarnation), f.Sequence)
	if f.version() == 2 {
		b = codec.U16(codec.Bool(b, f.Family.Start != 0), f.Home)
	}
	return b
}

func readAdvanceFamily(r *reader) Fact {
	f := AdvanceFamily{Family: r.family(), Start: r.familyStart(), Until: r.until(), Generation: r.U32(),
		IssuedAt: r.moment(), Access: r.lifetime(), Refresh: r.lifetime(), Key: r.text(), Incarnation: r.U64(),
		Sequence: r.U64()}
	if r.version == 2 {
		if r.Bool() {
			r.require(f.Start > 0)
			f.Family.Start = f.Start
		}
		f.Home = r.U16()
		r.require(f.version() == 2)
	}
	r.require(f.Generation > 0)
	return f
}

// familyVersion is the version of a fact about a family.
func familyVersion(k core.FamilyKey, home uint16) byte {
	if k.Start != 0 || home != 0 {
		return 2
	}
	return 1
}

// i64 access, s | i64 refresh, s | i64 foreign, s
func (f Lifetimes) appendTo(b []byte) []byte {
	return codec.I64(codec.I64(codec.I64(b, f.Access), f.Refresh), f.Foreign)
}

func readLifetimes(r *reader) Fact {
	return Lifetimes{Access: r.lifetime(), Refresh: r.lifetime(), Foreign: r.lifetime()}
}
