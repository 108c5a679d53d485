package fact

import (
	"bytes"

	"github.com/edgetoken/edgetoken/core/codec"
)

// version is 2 where the use is known.
func (f Session) version() byte {
	if f.Used != 0 {
		return 2
	}
	return 1
}

// 32 bytes id | id of the customer | i64 started, ms | i64 expires, µs; version 2: … | i64 used, ms | agent | address
func (f Session) appendTo(b []byte) []byte {
	b = codec.I64(codec.I64(appendID(append(b, f.ID[:]...), f.Customer), f.Started), f.Expires)
	if f.version() == 2 {
		b = appendUse(b, f.Used, f.Agent, f.Address)
	}
	return b
}

func readSession(r *reader) Fact {
	f := Session{ID: r.digest(), Customer: r.id(), Started: r.start(), Expires: r.moment()}
	if r.version == 2 {
		f.Used, f.Agent, f.Address = r.use()
		r.require(f.Used != 0)
	}
	return f
}

// 32 bytes id | i64 started, ms
func (f EndSession) appendTo(b []byte) []byte { return codec.I64(append(b, f.ID[:]...), f.Started) }

func readEndSession(r *reader) Fact { return EndSession{ID: r.digest(), Started: r.start()} }

// i64 at, ms
func (f ReserveStart) appendTo(b []byte) []byte { return codec.I64(b, f.At) }

func readReserveStart(r *reader) Fact { return ReserveStart{At: r.start()} }

// i64 at, ms
func (f ReserveEpoch) appendTo(b []byte) []byte { return codec.I64(b, f.At) }

func readReserveEpoch(r *reader) Fact { return ReserveEpoch{At: r.start()} }

// u8 record | u32 key | i64 until, s
func (f Forget) appendTo(b []byte) []byte {
	return codec.I64(codec.Bytes(append(b, byte(f.Record)), f.Key), f.Until)
}

func readForget(r *reader) Fact {
	f := Forget{Record: Record(r.U8()), Key: bytes.Clone(r.Bytes()), Until: r.until()}
	r.require(f.Record == FamilyRecord || f.Record == CutOffRecord || f.Record == RemovalRecord ||
		f.Record == RevokedRecord || f.Record == LoginRecord)
	r.require(0 < len(f.Key) && len(f.Key) <= maxKey)
	return f
}

// i64 at, µs
func (f Clock) appendTo(b []byte) []byte { return codec.I64(b, f.At) }

func readClock(r *reader) Fact { return Clock{At: r.moment()} }

// version is 2 where there is a mark of homes.
func (f Node) version() byte {
	if f.Homes != 0 {
		return 2
	}
	return 1
}

// u16 number | u64 incarnation | u32 epoch; version 2: … | i64 homes, ms
func (f Node) appendTo(b []byte) []byte {
	b = codec.U32(codec.U64(codec.U16(b, f.Number), f.Incarnation), f.Epoch)
	if f.version() == 2 {
		b = codec.I64(b, f.Homes)
	}
	return b
}

func readNode(r *reader) Fact {
	f := Node{Number: r.U16(), Incarnation: r.U64(), Epoch: r.U32()}
	if r.version == 2 {
		f.Homes = r.start()
		r.require(f.Homes != 0)
	}
	return f
}

// i64 at, µs
func (f PurgeClock) appendTo(b []byte) []byte { return codec.I64(b, f.At) }

func readPurgeClock(r *reader) Fact { return PurgeClock{At: r.moment()} }

// u64 incarnation | u64 sequence | u32 frames
func (f Trim) appendTo(b []byte) []byte {
	return codec.U32(codec.U64(codec.U64(b, f.UpTo.Incarnation), f.UpTo.Sequence), f.Frames)
}

func readTrim(r *reader) Fact {
	return Trim{UpTo: Position{Incarnation: r.U64(), Sequence: r.U64()}, Frames: r.U32()}
}
