package strictjson

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/edgetoken/edgetoken/core/words"
)

// Fields read the members of an object that mean something into their places. Others may be there. A known name in
// another case is refused: some reader would take it for the known one.
type Fields struct {
	known  []*field
	byHash table
	ascii  bool // the known names are ASCII alone
	scan   Scanner
	other  Value // where quick puts what means nothing
	layouts
	templates
}

// NewFields are none yet.
func NewFields() *Fields {
	return &Fields{
		ascii: true, layouts: layouts{last: slots, credit: maxCredit}, templates: templates{credit: maxTemplateCredit},
	}
}

// Add has the values of members of this name put into place. A name may have several places. All are added before the
// first Read.
func (f *Fields) Add(name string, place *Value) {
	k := &field{name: name, place: place, first: words.At([]byte(name), 0)}
	if len(name) > 8 {
		k.second = words.At([]byte(name), 8)
	}
	f.known = append(f.known, k)
	f.byHash.add(k)
	f.ascii = f.ascii && words.IsASCII([]byte(name))
}

// Read reads the first size bytes of src, which zeros follow; it gives false where they are no strict object, and what
// stands in the places then means nothing. Nobody else writes to the places, but to make them all Absent.
func (f *Fields) Read(src *Buffer, size int) bool {
	if f.recall(src, size) {
		return true
	}
	if f.fits(src, size) {
		f.remember(src, size)
		return true
	}
	f.clear()
	f.last = slots
	good := f.quick(src, size) || f.slow(src, size)
	if good {
		f.learn(src, size)
	}
	return good
}

// field is a known name, and where its value goes.
type field struct {
	name          string
	place         *Value
	first, second uint64 // the first eight bytes of the name and the next eight, zeros where there are less
	same          *field // another place of the same name
	next          *field // another name of the same hash
}

// table holds fields by the words.NameHash of their names.
type table [64]*field

func (t *table) add(k *field) {
	at := &t[words.NameHash(k.first, len(k.name))]
	for other := *at; other != nil; other = other.next {
		if other.name == k.name {
			k.same, other.same = other.same, k
			return
		}
	}
	k.next, *at = *at, k
}

// find is the field of this name in any case, or of a name that begins like it; nil where there is none.
func (t *table) find(first uint64, size int) *field {
	k := t[words.NameHash(first, size)]
	for k != nil && (k.first^first)&^(0x20*words.Each)|uint64(len(k.name)^size) != 0 {
		k = k.next
	}
	return k
}

// quick reads objects as most programs write them, word by word: names without escapes, and none that is a known one
// in another case. Where it gives false nothing is known yet: slow, which knows all of the rules, then reads
// everything again. As in nested, several conditions are one number; and a name's words are read here as there, not
// by a function of both, since a call costs a guest 7 to 9 ns for each name.
func (f *Fields) quick(src *Buffer, size int) bool {
	scan := &f.scan
	if !f.ascii || src[0] != '{' {
		return false
	}
	scan.start(src, size, MaxNames)
	for at := 1; ; at++ {
		b := src.window(at)
		first := binary.LittleEndian.Uint64(b[1:])
		length, second := bits.TrailingZeros64(words.Special(first))>>3, uint64(0)
		first &= 1<<(8*length) - 1
		if length == 8 {
			second = binary.LittleEndian.Uint64(b[9:])
			more := bits.TrailingZeros64(words.Special(second)) >> 3
			second &= 1<<(8*more) - 1
			if length += more; length == 16 {
				length = src.PlainEnd(at+17) - at - 1
			}
		}
		if uint64(b[0]^'"')|uint64(uint16(src.Word(at+length+1))^('"'|':'<<8))|words.Below(uint64(scan.left), 1) != 0 {
			if next := scan.space(at); next != at {
				at = next - 1
				continue
			}
			return false
		}
		scan.left--

		place := &f.other
		k := f.byHash.find(first, length)
		if k == nil {
			hash := scopedHash(first, second, length, scan.scopes[1])
			e := &scan.names.entries[hash>>(scan.names.shift&63)]
			if uint64(length>>4)|^words.Below(uint64(e.scope), uint64(scan.names.oldest)) == 0 {
				*e = nameEntry{hash, scan.scopes[1], uint32(at + 1), uint32(length)}
			} else if !scan.names.add(src, at+1, length, scan.scopes[1]) {
				return false
			}
		} else if place = k.place; (k.first^first)|(k.second^second)|uint64(place.Form) != 0 ||
			length > 16 && string(src[at+1:at+1+length]) != k.name {
			return false // perhaps in another case, or twice
		}

		at += length + 3
		b = src.window(at)
		end := 0
		if b[0] == '"' {
			quote := at + 1
			if m := words.Special(binary.LittleEndian.Uint64(b[1:])); m != 0 {
				quote += bits.TrailingZeros64(m) >> 3
			} else {
				quote = src.PlainEnd(at + 9)
			}
			if src.At(quote) == '"' {
				*place = Value{Form: String, Start: uint32(at + 1), End: uint32(quote)}
				end = quote + 1
			}
		} else if b[0]-'1' < 9 {
			after := at + bits.TrailingZeros64(words.NoDigit(binary.LittleEndian.Uint64(b[0:])))>>3
			if after == at+8 {
				// Of more than 16 digits it stops within them.
				after += bits.TrailingZeros64(words.NoDigit(binary.LittleEndian.Uint64(b[8:]))) >> 3
			}
			if d := uint64(src.At(after)); (d^',')*(d^'}') == 0 {
				*place = Value{Form: Number, Start: uint32(at), End: uint32(after)}
				end = after
			}
		}
		if end == 0 {
			if *place, end = scan.value(scan.space(at)); end == 0 {
				return false
			}
			end = scan.space(end)
		}
		if k != nil {
			for same := k.same; same != nil; same = same.same {
				*same.place = *place
			}
		}
		if at = end; src.At(at) != ',' {
			return src.At(at) == '}' && at+1 == size
		}
	}
}

// slow reads any object.
func (f *Fields) slow(src *Buffer, size int) bool {
	f.clear() // quick may have begun
	more := f.scan.BeginHeld(src, size, MaxNames)
	for more && f.member(&f.scan.Member) {
		more = f.scan.Next()
	}
	return !more && f.scan.Whole
}

// member puts the value of a member into its places; it gives false for a known name in another case.
func (f *Fields) member(m *Member) bool {
	found, sameLength, ascii := false, false, words.IsASCII(m.Name)
	for _, k := range f.known {
		if len(m.Name) != len(k.name) {
			continue
		}
		sameLength = true
		if string(m.Name) == k.name {
			*k.place = m.Value
			found = true
		}
	}
	if found || ascii && f.ascii && !sameLength { // only characters beyond ASCII have another length in another case
		return true
	}
	for _, k := range f.known {
		if (!ascii || !f.ascii || len(m.Name) == len(k.name)) && bytes.EqualFold(m.Name, []byte(k.name)) {
			return false
		}
	}
	return true
}
