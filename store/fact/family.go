package fact

import "github.com/edgetoken/edgetoken/core/codec"

// family | i64 start, ms | i64 until, s
func (f RevokeFamily) appendTo(b []byte) []byte {
	return codec.I64(codec.I64(appendFamily(b, f.Family), f.Start), f.Until)
}

func readRevokeFamily(r *reader) Fact {
	return RevokeFamily{Family: r.family(), Start: r.familyStart(), Until: r.until()}
}

// family | i64 start, ms | i64 until, s | u32 generation | i64 issued at, µs | i64 life of access, s |
// i64 life of refresh, s | kid | u64 incarnation | u64 sequence
func (f AdvanceFamily) appendTo(b []byte) []byte {
	b = codec.I64(codec.I64(appendFamily(b, f.Family), f.Start), f.Until)
	b = codec.I64(codec.U32(b, f.Generation), f.IssuedAt)
	b = codec.Text(codec.I64(codec.I64(b, f.Access), f.Refresh), f.Key)
	return codec.U64(codec.U64(b, f.Incarnation), f.Sequence)
}

func readAdvanceFamily(r *reader) Fact {
	f := AdvanceFamily{Family: r.family(), Start: r.familyStart(), Until: r.until(), Generation: r.U32(),
		IssuedAt: r.moment(), Access: r.lifetime(), Refresh: r.lifetime(), Key: r.text(), Incarnation: r.U64(),
		Sequence: r.U64()}
	r.require(f.Generation > 0)
	return f
}

// i64 access, s | i64 refresh, s | i64 foreign, s
func (f Lifetimes) appendTo(b []byte) []byte {
	return codec.I64(codec.I64(codec.I64(b, f.Access), f.Refresh), f.Foreign)
}

func readLifetimes(r *reader) Fact {
	return Lifetimes{Access: r.lifetime(), Refresh: r.lifetime(), Foreign: r.lifetime()}
}
