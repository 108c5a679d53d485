package store

import (
	"cmp"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// family is the record of a family that was revoked or advanced.
type family struct {
	version uint64 // of this store: it grows with each change here
	dead    bool
	until   int64   // Unix seconds; purged after it
	start   int64   // Unix milliseconds; 0: not known
	advance advance // the latest one; zero: none
	// advanced is when the commit of that began here, in running time, µs: see windows. -1: not known.
	advanced int64
}

// advance is what it takes to write the tokens of a generation again: see fact.AdvanceFamily.
type advance struct {
	generation            uint32
	issued                int64
	access, refresh       int64
	key                   string
	incarnation, sequence uint64
	home                  uint16
}

func advanceOf(f fact.AdvanceFamily) advance {
	return advance{generation: f.Generation, issued: f.IssuedAt, access: f.Access, refresh: f.Refresh, key: f.Key,
		incarnation: f.Incarnation, sequence: f.Sequence, home: f.Home}
}

// compare orders advances. One to a higher generation is later, and of two to the same generation the one that was
// committed later. The other fields only make the order total.
func (a advance) compare(b advance) int {
	return cmp.Or(cmp.Compare(a.generation, b.generation), cmp.Compare(a.incarnation, b.incarnation),
		cmp.Compare(a.sequence, b.sequence), cmp.Compare(a.issued, b.issued), cmp.Compare(a.access, b.access),
		cmp.Compare(a.refresh, b.refresh), cmp.Compare(a.key, b.key), cmp.Compare(a.home, b.home))
}

// join is what two records say of one family: it is dead if either says so, and each other field has its latest value.
// A record of an unknown start is about every family of its name, and stays so. f may be of no record.
func (f family) join(g family) family {
	f.dead = f.dead || g.dead
	f.until = max(f.until, g.until)
	if f.version == 0 || f.start != 0 {
		f.start = max(f.start, g.start)
	}
	if g.start == 0 {
		f.start = 0
	}
	if g.advance.compare(f.advance) > 0 {
		f.advance, f.advanced = g.advance, g.advanced
	}
	return f
}

// state is what core asks of a family, but for the age of its advance.
func (f family) state() core.FamilyState {
	s := core.FamilyState{Version: f.version, Dead: f.dead, Generation: f.advance.generation}
	if f.advanced >= 0 {
		s.Issued, s.Access, s.Refresh, s.KeyID = f.advance.issued, f.advance.access, f.advance.refresh, f.advance.key
	}
	return s
}

// and is what two records, either of which may not be there, say of one family to a reader.
func (f family) and(g family) family {
	version := max(f.version, g.version)
	f = f.join(g)
	f.version = version
	return f
}

// The first byte of a record with a start, and of one with an advance. A record with neither has version 1. Schema 4
// wrote advances without the time of their commit and the home.
const (
	startedVersion         = 2
	advancedSchema4Version = 3
	advancedVersion        = 4
)

// encode: version 1 | u64 version | u8 dead | i64 until. With a start: version 2 | … | i64 start. Advanced: version 4
// | … | i64 start | u32 generation | i64 issued | i64 access | i64 refresh | key | u64 incarnation | u64 sequence |
// i64 advanced | u16 home.
func (f family) encode() []byte {
	first := byte(recordVersion)
	switch {
	case f.advance != advance{}:
		first = advancedVersion
	case f.start != 0:
		first = startedVersion
	}
	b := codec.I64(codec.Bool(codec.U64([]byte{first}, f.version), f.dead), f.until)
	if first != recordVersion {
		b = codec.I64(b, f.start)
	}
	if first == advancedVersion {
		a := f.advance
		b = codec.I64(codec.I64(codec.I64(codec.U32(b, a.generation), a.issued), a.access), a.refresh)
		b = codec.U64(codec.U64(codec.Text(b, a.key), a.incarnation), a.sequence)
		b = codec.U16(codec.I64(b, f.advanced), a.home)
	}
	return b
}

func decodeFamily(value []byte) (family, error) {
	r := reader{codec.Reader{Rest: value}}
	first := r.U8()
	f := family{version: r.U64(), dead: r.Bool(), until: r.I64()}
	switch first {
	case recordVersion:
	case startedVersion:
		f.start = r.I64()
		r.Bad = r.Bad || f.start <= 0
	case advancedSchema4Version, advancedVersion:
		f.start = r.I64()
		f.advance = advance{generation: r.U32(), issued: r.I64(), access: r.I64(), refresh: r.I64(), key: r.text(),
			incarnation: r.U64(), sequence: r.U64()}
		if f.advanced = -1; first == advancedVersion {
			f.advanced, f.advance.home = r.I64(), r.U16()
		}
		r.Bad = r.Bad || f.start < 0 || f.advance == advance{} || f.advanced < -1
	default:
		r.Bad = true
	}
	if !r.Done() || f.version == 0 {
		return family{}, corrupt("family")
	}
	return f, nil
}

// joinFamily joins what a fact says of a family to its record.
func (w *writer) joinFamily(k core.FamilyKey, more family) error {
	key, ok := familyKey(k)
	if !ok {
		return nil // no node can record so long a name
	}
	old, err := w.family(k)
	if err != nil {
		return err
	}
	w.putFamily(k, key, old, old.join(more))
	return nil
}

// putFamily puts what a record has become, if that is not what it was.
func (w *writer) putFamily(k core.FamilyKey, key []byte, old, after family) {
	if after == old {
		return
	}
	if old.version == 0 {
		w.tally.families++
		w.known.add(k)
	}
	after.version = w.version()
	w.put(familiesBucket, key, after.encode())
	w.expire(fact.FamilyRecord, key, old.until, after.until)
	if after.dead && !old.dead {
		w.note(fact.FamilyRecord, key)
		w.unlistRevoked(k)
	}
}
