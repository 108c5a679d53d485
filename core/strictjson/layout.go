package strictjson

import (
	"encoding/binary"
	"math/bits"

	"github.com/edgetoken/edgetoken/core/words"
)

// layouts remember how objects were laid out that were read before: all that stands between their texts, numbers and
// literals, names above all. An object of a known layout differs from one that is strict in those values alone, so
// that only they have to be scanned, and each name is where it was.
//
// Objects of ever new layouts would be remembered in vain. Learning is therefore paid for: what was remembered has to
// be of use a few times before something new is.
type layouts struct {
	list   [slots][]piece
	last   int // of the list: the one whose places alone may hold anything, tried first; slots: any may
	next   int // of the list: the one that goes
	room   []piece
	credit int
}

const (
	// slots are how many layouts are remembered.
	slots = 4
	// maxPieces bounds a layout. A piece takes 64 bytes in a guest, so a reader remembers 320 KiB at most.
	maxPieces = 1024
	// To learn a layout costs learnCost of a credit that each object of a known one raises by one.
	learnCost, maxCredit = 16, 128
)

// piece is what stands before a value, in words and what of them counts; then the value.
type piece struct {
	word, mask [3]uint64
	size       uint8 // of what stands before it, in bytes
	value      kind
	known      *field // what the value means; nil: nothing
}

// kind says what follows a piece.
type kind uint8

const (
	more        kind = iota // the next piece: this one was full
	textValue               // a text; its opening quote is of the piece
	numberValue             // a number
	literal                 // true, false or null
	opens                   // an object or array that means something
	closes                  // its end
)

// fits reads an object of a known layout; it gives false where it is none. Most have the one of the object before.
func (f *Fields) fits(src *Buffer, size int) bool {
	l := &f.layouts
	f.scan.src = src
	tried := l.last
	if tried < slots && f.fit(l.list[tried], src, size) {
		l.earn()
		return true
	}
	for at, list := range l.list {
		if at == tried || len(list) == 0 {
			continue
		}
		f.clear()
		if l.last = at; f.fit(list, src, size) {
			l.earn()
			return true
		}
	}
	return false
}

// earn is for an object that fitted.
func (l *layouts) earn() {
	if l.credit < maxCredit {
		l.credit++
	}
}

// fit reads an object of one layout.
func (f *Fields) fit(list []piece, src *Buffer, size int) bool {
	at := 0
	for i := range list {
		p := &list[i]
		b := src.window(at)
		other := (binary.LittleEndian.Uint64(b[0:]) ^ p.word[0]) & p.mask[0]
		if p.size > 8 {
			other |= (binary.LittleEndian.Uint64(b[8:])^p.word[1])&p.mask[1] |
				(binary.LittleEndian.Uint64(b[16:])^p.word[2])&p.mask[2]
		}
		if other != 0 {
			return false
		}
		at += int(p.size)
		start, form := at, String
		b = src.window(at)
		switch p.value {
		case textValue:
			if m := words.Special(binary.LittleEndian.Uint64(b[0:])); m != 0 {
				at += bits.TrailingZeros64(m) >> 3
			} else {
				at = src.PlainEnd(at + 8)
			}
			if src.At(at) != '"' {
				if at = f.scan.text(at); at == 0 {
					return false
				}
			}
		case numberValue:
			at += bits.TrailingZeros64(words.NoDigit(binary.LittleEndian.Uint64(b[0:]))) >> 3
			if at == start+8 {
				at += bits.TrailingZeros64(words.NoDigit(binary.LittleEndian.Uint64(b[8:]))) >> 3
			}
			form = Number
			if d := uint64(src.At(at)); words.Below(uint64(b[0]), '1')|words.Below(uint64(at), uint64(start+1))|
				(d^',')*(d|0x20^'}') != 0 {
				if form, at = f.scan.scalar(start); form != Number || at == 0 {
					return false
				}
			}
		case literal:
			if form, at = f.scan.scalar(start); form == Number || at == 0 {
				return false
			}
		case opens, closes:
			f.bracket(p, src, at)
			continue
		default:
			continue
		}
		if k := p.known; k != nil {
			k.put(Value{Form: form, Start: uint32(start), End: uint32(at)})
		}
	}
	return at == size
}

// bracket puts where an object or array that means something begins or ends.
func (f *Fields) bracket(p *piece, src *Buffer, at int) {
	v := *p.known.place
	if p.value == closes {
		v.End = uint32(at)
	} else if v = (Value{Form: Array, Start: uint32(at)}); src.At(at) == '{' {
		v.Form = Object
	}
	p.known.put(v)
}

// put puts a value into all places of the name.
func (k *field) put(v Value) {
	for ; k != nil; k = k.same {
		*k.place = v
	}
}

// clear makes all places Absent.
func (f *Fields) clear() {
	for _, k := range f.known {
		*k.place = Value{}
	}
}

// learn remembers the layout of the strict object that was read into the places.
func (f *Fields) learn(src *Buffer, size int) {
	l := &f.layouts
	if l.credit < learnCost {
		return
	}
	l.credit -= learnCost
	d := draft{src: src, list: l.room[:0]}
	for at := 0; at < size && !d.bad; {
		at = d.step(f, at)
	}
	if d.add(size, more, nil); d.bad {
		l.room = d.list
		return
	}
	f.forget(l.next)
	l.list[l.next], l.room = d.list, l.list[l.next]
	l.last, l.next = l.next, (l.next+1)%slots
}

// draft is a layout that is being learned.
type draft struct {
	src  *Buffer
	list []piece
	from int    // where the next piece begins
	open *field // what the object or array means that is open; it ends at open.place.End
	bad  bool
}

// step takes what stands at a place, and gives the next one.
func (d *draft) step(f *Fields, at int) int {
	src := d.src
	switch c := src.At(at); c {
	case '"':
		start := at + 1
		at = src.quote(start)
		if next := f.scan.space(at + 1); src.At(next) != ':' { // no name
			d.add(start, textValue, f.knownAt(start))
			d.from = at
		}
		return at + 1
	case '{', '[':
		if k := f.knownAt(at); k != nil {
			d.add(at, opens, k)
			d.open = k
		}
		return at + 1
	case '}', ']':
		if d.open != nil && int(d.open.place.End) == at+1 {
			d.add(at+1, closes, d.open)
			d.open = nil
		}
		return at + 1
	case ' ', '\t', '\n', '\r', ',', ':':
		return at + 1
	}
	form, end := f.scan.scalar(at)
	value := literal
	if form == Number {
		value = numberValue
	}
	d.add(at, value, f.knownAt(at))
	d.from = end
	return end
}

// add ends a piece before the value at a place.
func (d *draft) add(to int, value kind, known *field) {
	for {
		n := min(24, to-d.from)
		p := piece{size: uint8(n)}
		for i := range p.word {
			if k := max(0, min(8, n-8*i)); k > 0 {
				p.mask[i] = ^uint64(0) >> (64 - 8*k)
				p.word[i] = d.src.Word(d.from+8*i) & p.mask[i]
			}
		}
		if d.from += n; d.from == to {
			p.value, p.known = value, known
		}
		if len(d.list) == maxPieces {
			d.bad = true
			return
		}
		if d.list = append(d.list, p); d.from == to {
			return
		}
	}
}

// knownAt is the name whose value begins at a place; nil where it means nothing.
func (f *Fields) knownAt(at int) *field {
	for _, k := range f.known {
		if k.place.Form != Absent && int(k.place.Start) == at {
			return k // the first of the name, which has the others
		}
	}
	return nil
}
