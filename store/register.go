package store

import (
	"slices"
	"strings"

	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// register is a field: its value, and the stamp of the fact that set it; a zero stamp: it was never set.
type register[T any] struct {
	at    fact.Stamp
	value T
}

// set joins a value, and reports whether it replaces the old one. The later stamp wins; between equal stamps, wins says
// whether the new value does. So the order in which two values come does not matter.
func (r *register[T]) set(at fact.Stamp, value T, wins func(value, old T) bool) (changed bool) {
	if order := at.Compare(r.at); order < 0 || order == 0 && !wins(value, r.value) {
		return false
	}
	*r = register[T]{at, value}
	return true
}

func larger[T int64 | string](value, old T) bool { return value > old }

// off has false win over true: of two facts with one stamp the one that allows less counts.
func off(value, old bool) bool { return old && !value }

// member says whether a set has a name: a permission, or the name of a group.
type member struct {
	name   string
	at     fact.Stamp
	has    bool
	number fact.Stamp // of a membership: the making of the group
}

// members is a set, sorted by name, whose members have stamps of their own. A member that was taken out stays as a
// mark, so that an older fact does not put it back.
type members []member

// set joins one member, and reports whether it says anything new.
func (s *members) set(e member) (changed bool) {
	i, found := s.find(e.name)
	if !found {
		*s = slices.Insert(*s, i, e)
		return true
	}
	old := (*s)[i]
	order := e.at.Compare(old.at)
	if order == 0 {
		if off(e.has, old.has) || e.has == old.has && e.number.After(old.number) {
			order = 1
		}
	}
	if order <= 0 {
		return false
	}
	(*s)[i] = e
	return true
}

func (s members) find(name string) (int, bool) {
	return slices.BinarySearchFunc(s, name, func(e member, name string) int { return strings.Compare(e.name, name) })
}

// names are the members that were not taken out, sorted; nil for none.
func (s members) names() (list []string) {
	for _, e := range s {
		if e.has {
			if list == nil {
				list = make([]string, 0, len(s))
			}
			list = append(list, e.name)
		}
	}
	return list
}

// remembered is how long a set keeps the mark of a member that was taken out, in microseconds. A fact that is older and
// comes later than that puts the member back: no node may be that far behind.
const remembered = 366 * secondsOfDay * 1_000_000

// prune removes the marks of members that were taken out before a time in Unix microseconds.
func (s *members) prune(before int64) {
	*s = slices.DeleteFunc(*s, func(e member) bool { return !e.has && e.at.Time < before })
}

// stampTable has each stamp of a record once. The fields name a stamp by its place in the table: most were set
// together.
type stampTable struct {
	list  []fact.Stamp
	place map[fact.Stamp]uint16 // of all but the first fewStamps
}

// fewStamps are found faster one by one than in a map.
const fewStamps = 16

// unset is the place of a stamp that is not there.
const unset = 0xffff

// of returns the place of a stamp, which it adds if it is new.
func (t *stampTable) of(s fact.Stamp) uint16 {
	if s.IsZero() {
		return unset
	}
	if at := slices.Index(t.list[:min(len(t.list), fewStamps)], s); at >= 0 {
		return uint16(at)
	}
	at, known := t.place[s]
	if !known {
		at = uint16(len(t.list))
		t.list = append(t.list, s)
		if at >= fewStamps {
			if t.place == nil {
				t.place = map[fact.Stamp]uint16{}
			}
			t.place[s] = at
		}
	}
	return at
}

// encode: u16 count | count × stamp.
func (t *stampTable) encode(b []byte) []byte {
	b = codec.U16(b, uint16(len(t.list)))
	for _, s := range t.list {
		b = s.Append(b)
	}
	return b
}

// stamps takes what stampTable.encode wrote, and leaves it encoded: stamp decodes the one that a field names.
func (r *reader) stamps() (table []byte) { return r.Take(int(r.U16()) * fact.StampBytes) }

// stamp takes the place of a stamp, and returns that stamp of the table.
func (r *reader) stamp(table []byte) fact.Stamp {
	at := r.U16()
	if at == unset {
		return fact.Stamp{}
	}
	from := int(at) * fact.StampBytes
	if from >= len(table) {
		r.Bad = true
		return fact.Stamp{}
	}
	return fact.ReadStamp(&codec.Reader{Rest: table[from:]})
}

// memberBytes is the least length of an encoded member.
const memberBytes = 2 + 1 + 2 + 2

// encode: u16 count | count × (text | u8 has | u16 stamp | u16 number).
func (s members) encode(b []byte, t *stampTable) []byte {
	b = codec.U16(b, uint16(len(s)))
	for _, e := range s {
		b = codec.U16(codec.Bool(codec.Text(b, e.name), e.has), t.of(e.at))
		b = codec.U16(b, t.of(e.number))
	}
	return b
}

// members takes what members.encode wrote.
func (r *reader) members(table []byte) (s members) {
	n := int(r.U16())
	if n > 0 {
		s = make(members, 0, min(n, len(r.Rest)/memberBytes))
	}
	for ; n > 0 && !r.Bad; n-- {
		e := member{name: r.text(), has: r.Bool(), at: r.stamp(table), number: r.stamp(table)}
		r.Bad = r.Bad || e.at.IsZero() || len(s) > 0 && s[len(s)-1].name >= e.name
		s = append(s, e)
	}
	return s
}
