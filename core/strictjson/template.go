package strictjson

import (
	"encoding/binary"

	"github.com/edgetoken/edgetoken/core/words"
)

// templates remember objects of known layouts by their size. Where an object has the layout of an earlier one and
// values as long, everything stands in the same place: it is enough to see that each byte is one that may stand there.
// Most tokens of a service have one of a few sizes.
//
// A template is learned from an object that was read by its layout. That takes as long as several are read, so it is
// done for the first few, and then for one of many that matched none.
type templates struct {
	list   [templateSlots]template // by size
	held   *template               // the one whose places stand as it says, unless all are Absent; nil: perhaps none
	credit int
}

const (
	templateSlots = 8
	// maxTemplate is the size in bytes of the largest object that is remembered so. A template takes three times as
	// many in a guest, so a reader has 14 KiB at most.
	maxTemplate = 512
	// templateCost is taken from a credit that each object raises by one which was read by its layout.
	templateCost, maxTemplateCredit = 64, 512
)

// template is an object by its bytes.
type template struct {
	size   int     // 0: there is none
	layout int     // of layouts.list
	chunks []chunk // of 32 bytes each; zeros follow the object
	places []Value // by Fields.known
	first  *Value  // a place that is not Absent; nil: all are
}

// chunk says what may stand in 32 bytes: words to add to those of an object, so that the highest bit of each byte of a
// sum says whether a byte is at least, and more than, a bound.
type chunk struct {
	low, high [4]uint64
	any       [4]uint64 // the highest bit of each byte that may be a quote or a backslash
}

// matches reports whether each byte of an object of its size may stand where it does. A jump back costs a guest as
// much as half a word, so there is one for four of them.
func (t *template) matches(src *Buffer) bool {
	for i := range t.chunks {
		c, b := &t.chunks[i], src.window(i*32)
		x := binary.LittleEndian.Uint64(b[0:])
		bad := x | (x + c.high[0]) | ^((x + c.low[0]) & (noEnd(x) | c.any[0]))
		x = binary.LittleEndian.Uint64(b[8:])
		bad |= x | (x + c.high[1]) | ^((x + c.low[1]) & (noEnd(x) | c.any[1]))
		x = binary.LittleEndian.Uint64(b[16:])
		bad |= x | (x + c.high[2]) | ^((x + c.low[2]) & (noEnd(x) | c.any[2]))
		x = binary.LittleEndian.Uint64(b[24:])
		bad |= x | (x + c.high[3]) | ^((x + c.low[3]) & (noEnd(x) | c.any[3]))
		if bad&words.High != 0 {
			return false
		}
	}
	return true
}

// noEnd sets the highest bit of each byte of x, all ASCII, that is neither a quote nor a backslash.
func noEnd(x uint64) uint64 {
	return (x ^ '"'*words.Each + (words.High - words.Each)) & (x ^ '\\'*words.Each + (words.High - words.Each))
}

// recall reads an object that matches a template; it gives false where there is none.
func (f *Fields) recall(src *Buffer, size int) bool {
	t := &f.templates.list[size%templateSlots]
	if t.size != size || size == 0 || !t.matches(src) {
		f.held = nil
		return false
	}
	if f.held != t || t.first == nil || t.first.Form == Absent {
		for i, k := range f.known {
			*k.place = t.places[i]
		}
		f.held, f.layouts.last = t, t.layout
	}
	f.earn()
	return true
}

// remember makes a template of an object that was read by its layout.
func (f *Fields) remember(src *Buffer, size int) {
	if f.templates.credit < templateCost || size > maxTemplate {
		f.templates.credit = min(f.templates.credit+1, maxTemplateCredit)
		return
	}
	f.templates.credit -= templateCost
	if !words.IsASCII(src[:size]) {
		return
	}
	t := &f.templates.list[size%templateSlots]
	*t = template{layout: f.layouts.last, chunks: make([]chunk, (size+31)/32), places: make([]Value, len(f.known))}
	for at := 0; at < 32*len(t.chunks); at += 8 {
		c, word, w := &t.chunks[at>>5], at>>3&3, src.Word(at)
		c.low[word], c.high[word], c.any[word] = words.High-w, words.High-words.Each-w, words.High // that byte alone
	}
	at := 0
	for i := range f.layouts.list[t.layout] {
		p := &f.layouts.list[t.layout][i]
		at += int(p.size)
		switch p.value {
		case textValue:
			at = t.text(src, at)
		case numberValue, literal:
			start := at
			_, at = f.scan.scalar(start)
			t.number(src, start, at)
		}
	}
	for i, k := range f.known {
		t.places[i] = *k.place
		if k.place.Form != Absent {
			t.first = k.place
		}
	}
	t.size = size
}

// forget drops the templates of a layout.
func (l *templates) forget(layout int) {
	for i := range l.list {
		if l.list[i].layout == layout {
			l.list[i].size = 0
		}
	}
}

// text lets the characters of a text be others, unless it has escapes, and gives its end.
func (t *template) text(src *Buffer, start int) (end int) {
	end = src.quote(start)
	if src.PlainEnd(start) == end {
		t.allow(start, end, 0x20, 0x7f)
	}
	return end
}

// number lets the digits of a natural number be others.
func (t *template) number(src *Buffer, start, end int) {
	for at := start; at < end; at++ {
		if src.At(at)-'0' >= 10 || src.At(start) == '0' {
			return
		}
	}
	t.allow(start, start+1, '1', '9')
	t.allow(start+1, end, '0', '9')
}

// allow lets bytes be any between two bounds, but no quote and no backslash.
func (t *template) allow(start, end int, least, most byte) {
	for at := start; at < end; at++ {
		c, word, shift := &t.chunks[at>>5], at>>3&3, at&7*8
		c.low[word] = c.low[word]&^(0xff<<shift) | uint64(0x80-least)<<shift
		c.high[word] = c.high[word]&^(0xff<<shift) | uint64(0x7f-most)<<shift
		c.any[word] &^= 0xff << shift
	}
}
