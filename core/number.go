package core

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/core/strictjson"
	"github.com/edgetoken/edgetoken/core/words"
)

// Numbers in claims are read as Python's int() reads what its json module made of them, since the reference does so.

// pythonInt is int(value) of a scanned claim, truncated towards zero and saturating at the ends of int64. ok is false
// where Python raises: null, a list, an object, a text that is no integer, a number beyond a double.
func pythonInt(claims []byte, c strictjson.Value) (v int64, ok bool) {
	n, ok := pythonInteger(claims, c)
	return n.value, ok
}

// integer is an integer of Python's as far as an int64 holds it. Where it does not, beyond is true and value is the
// nearer end.
type integer struct {
	value  int64
	beyond bool
}

// pythonInteger is pythonInt for those who must tell the ends of int64 from what lies beyond them.
func pythonInteger(claims []byte, c strictjson.Value) (v integer, ok bool) {
	raw := claims[c.Start:c.End]
	switch c.Form {
	case strictjson.True:
		return integer{value: 1}, true
	case strictjson.False:
		return integer{}, true
	case strictjson.Number:
		return numberInt(raw)
	case strictjson.String:
		return textInt(c.Text(claims))
	}
	return integer{}, false
}

// numberInt truncates a JSON number.
func numberInt(raw []byte) (integer, bool) {
	if 8 <= len(raw) && len(raw) <= 16 { // as all times are: a word of digits at once
		first, last := binary.LittleEndian.Uint64(raw), binary.LittleEndian.Uint64(raw[len(raw)-8:])
		if words.NoDigit(first)|words.NoDigit(last) == 0 {
			// the digits that are not in last; zeros stand before them
			before := (first ^ '0'*words.Each) << (8 * (16 - len(raw)))
			return integer{value: eightDigits(before)*1e8 + eightDigits(last^'0'*words.Each)}, true
		}
	}
	v, negative, whole := uint64(0), false, true
	for i, b := range raw {
		switch {
		case b == '-' && i == 0:
			negative = true
		case b-'0' < 10:
			v = saturate(v, uint64(b-'0'))
		default:
			whole = false
		}
	}
	if whole {
		return signed(v, negative), true
	}
	f := python.Float(raw)
	switch {
	case math.IsInf(f, 0):
		return integer{}, false
	case f >= 1<<63:
		return integer{math.MaxInt64, true}, true
	case f < -1<<63:
		return integer{math.MinInt64, true}, true
	}
	return integer{value: int64(f)}, true
}

// eightDigits is the number of eight decimal digits, the first in the lowest byte.
func eightDigits(d uint64) int64 {
	d = (d*10 + d>>8) & 0x00ff00ff00ff00ff
	d = (d*100 + d>>16) & 0x0000ffff0000ffff
	return int64((d*10_000 + d>>32) & 0xffffffff)
}

// numberStr is Python's str() of a JSON number: an integer as it stands, a float as repr() writes it (1e300 and
// 1E+300 are one number).
func numberStr(raw []byte) []byte {
	if !bytes.ContainsAny(raw, ".eE") {
		if string(raw) == "-0" {
			return raw[1:]
		}
		return raw
	}
	return []byte(python.FloatRepr(python.Float(raw)))
}

// textInt is Python's int(text).
func textInt(text []byte) (integer, bool) {
	digits, err := python.ParseInt(string(text))
	if err != nil {
		return integer{}, false
	}
	return numberInt([]byte(digits))
}

// saturate is 10 v + d, or the greatest uint64.
func saturate(v, d uint64) uint64 {
	if v > (math.MaxUint64-d)/10 {
		return math.MaxUint64
	}
	return 10*v + d
}

func signed(v uint64, negative bool) integer {
	switch {
	case negative && v <= 1<<63:
		return integer{value: -int64(v)} // -2^63 is its own negative
	case negative:
		return integer{math.MinInt64, true}
	case v <= math.MaxInt64:
		return integer{value: int64(v)}
	}
	return integer{math.MaxInt64, true}
}
