package codecs

import (
	"encoding/binary"
	"unicode/utf8"
)

// all holds the supported codecs by Python's own names.
var all = func() map[string]*Codec {
	utf16LE := &Codec{name: "utf-16-le", next: utf16Step(binary.LittleEndian)}
	utf16BE := &Codec{name: "utf-16-be", next: utf16Step(binary.BigEndian)}
	utf32LE := &Codec{name: "utf-32-le", next: utf32Step(binary.LittleEndian)}
	utf32BE := &Codec{name: "utf-32-be", next: utf32Step(binary.BigEndian)}
	codecs := map[string]*Codec{
		"utf_8":     UTF8,
		"utf_8_sig": {streamName: "utf-8-sig", marks: []mark{{"\xef\xbb\xbf", UTF8}}},
		"utf_16_le": utf16LE,
		"utf_16_be": utf16BE,
		"utf_16": {streamName: "UTF-16", needsMark: true,
			marks: []mark{{"\xff\xfe", utf16LE}, {"\xfe\xff", utf16BE}}},
		"utf_32_le": utf32LE,
		"utf_32_be": utf32BE,
		"utf_32": {streamName: "UTF-32", needsMark: true,
			marks: []mark{{"\xff\xfe\x00\x00", utf32LE}, {"\x00\x00\xfe\xff", utf32BE}}},
		"ascii":   ASCII,
		"latin_1": Latin1,
	}
	for name, high := range singleByte {
		codecs[name] = &Codec{name: "charmap", next: singleByteStep([]rune(high))}
	}
	return codecs
}()

// The codecs that are needed by themselves.
var (
	ASCII  = &Codec{name: "ascii", next: asciiStep}
	UTF8   = &Codec{name: "utf-8", next: utf8Step}
	Latin1 = &Codec{name: "latin-1", next: func(b []byte) step { return good(rune(b[0]), 1) }}
)

func asciiStep(b []byte) step {
	if b[0] < utf8.RuneSelf {
		return good(rune(b[0]), 1)
	}
	return bad(1, "ordinal not in range(128)")
}

func singleByteStep(high []rune) func(b []byte) step {
	return func(b []byte) step {
		switch {
		case b[0] < utf8.RuneSelf:
			return good(rune(b[0]), 1)
		case high[b[0]-0x80] == utf8.RuneError:
			return bad(1, "character maps to <undefined>")
		}
		return good(high[b[0]-0x80], 1)
	}
}

// utf8Step reads UTF-8. An error covers the same bytes as in Python and in the Unicode standard (§3.9, "maximal
// subpart"), so the replacement characters agree too.
func utf8Step(b []byte) step {
	r, n := utf8.DecodeRune(b)
	if r != utf8.RuneError || n == 3 {
		return good(r, n)
	}
	const cut, broken = "unexpected end of data", "invalid continuation byte"
	continues := func(i int) bool { return b[i]&0xc0 == 0x80 }
	if b[0] < 0xc2 || b[0] > 0xf4 {
		return bad(1, "invalid start byte")
	}
	if len(b) == 1 {
		return part(1, cut)
	}
	if !continues(1) || !secondFits(b[0], b[1]) {
		// If more may come, Python waits for the third byte of a surrogate before it refuses it.
		if len(b) == 2 && b[0] == 0xed && continues(1) {
			return part(1, broken)
		}
		return bad(1, broken)
	}
	// The sequence was not decoded above, so it is cut or broken before its full length.
	for i := 2; ; i++ {
		if i == len(b) {
			return part(i, cut)
		}
		if !continues(i) {
			return bad(i, broken)
		}
	}
}

// secondFits tells whether a continuation byte may follow a lead byte: not where the sequence would
// be longer than needed, a surrogate, or beyond U+10FFFF.
func secondFits(lead, second byte) bool {
	switch lead {
	case 0xe0:
		return second >= 0xa0
	case 0xed:
		return second < 0xa0
	case 0xf0:
		return second >= 0x90
	case 0xf4:
		return second < 0x90
	}
	return true
}

func utf16Step(order binary.ByteOrder) func(b []byte) step {
	return func(b []byte) step {
		if len(b) == 1 {
			return part(1, "truncated data")
		}
		r := rune(order.Uint16(b))
		switch {
		case r&^0x3ff == 0xdc00:
			return bad(2, "illegal encoding")
		case r&^0x3ff != 0xd800:
			return good(r, 2)
		case len(b) < 4:
			return part(len(b), "unexpected end of data")
		}
		low := rune(order.Uint16(b[2:]))
		if low&^0x3ff != 0xdc00 {
			return bad(2, "illegal UTF-16 surrogate")
		}
		return good(0x10000+(r-0xd800)<<10+(low-0xdc00), 4)
	}
}

func utf32Step(order binary.ByteOrder) func(b []byte) step {
	return func(b []byte) step {
		if len(b) < 4 {
			return part(len(b), "truncated data")
		}
		r := order.Uint32(b)
		switch {
		case r > utf8.MaxRune:
			return bad(4, "code point not in range(0x110000)")
		case r&^0x7ff == 0xd800:
			return bad(4, "code point in surrogate code point range(0xd800, 0xe000)")
		}
		return good(rune(r), 4)
	}
}
