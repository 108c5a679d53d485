package strictjson

import "bytes"

// Form is what a value is.
type Form uint8

const (
	Absent Form = iota
	Null
	False
	True
	Number
	String
	Array
	Object
)

// Value is the form of a value and its place in the text that was read: of a string without the quotes and with
// escapes as they stand. The zero value is one that is not there.
type Value struct {
	Form       Form
	Start, End uint32
}

// Fits reports whether the place lies within a text of that many bytes, and the form is one.
func (v Value) Fits(size int) bool {
	start, end := int64(v.Start), int64(v.End)
	switch v.Form {
	case Absent:
		return start == 0 && end == 0
	case String: // between its quotes
		return 1 <= start && start <= end && end < int64(size)
	case Array, Object:
		return start+2 <= end && end <= int64(size)
	}
	return v.Form <= Object && start < end && end <= int64(size)
}

// JSON is the value as it stands in src, a string with its quotes; nil where it is absent.
func (v Value) JSON(src []byte) []byte {
	switch v.Form {
	case Absent:
		return nil
	case String:
		return src[v.Start-1 : v.End+1]
	}
	return src[v.Start:v.End]
}

// Text is the text of a string, without its escapes. Where it has none it is part of src.
func (v Value) Text(src []byte) []byte {
	raw := src[v.Start:v.End]
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw
	}
	return unescape(nil, raw)
}

// TextOver is Text, written over its escapes in src: a stranger's text takes no memory.
func (v Value) TextOver(src []byte) []byte {
	raw := src[v.Start:v.End]
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw
	}
	return unescape(raw[:0], raw)
}

// EachText calls visit for each element of an array in src; it gives false where one is no string.
func (v Value) EachText(src []byte, visit func(Value)) bool {
	for at := v.Start + 1; at < v.End; at++ {
		switch src[at] {
		case '"':
			text := textAt(src, at)
			if at = text.End; at >= v.End {
				return false
			}
			visit(text)
		case ' ', '\t', '\n', '\r', ',', ']':
		default:
			return false
		}
	}
	return true
}

// EachName calls visit for the name of each member of a strict object, with the first byte of its value: 'n' is null.
func EachName(object []byte, visit func(name Value, value byte)) {
	depth := 0
	for at := uint32(0); int(at) < len(object); at++ {
		switch object[at] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			text := textAt(object, at)
			at = text.End
			if colon := past(object, at+1); depth == 1 && object[colon] == ':' {
				visit(text, object[past(object, colon+1)])
			}
		}
	}
}

// textAt is the string in src whose opening quote is at a place.
func textAt(src []byte, quote uint32) Value {
	at := quote + 1
	for ; int(at) < len(src) && src[at] != '"'; at++ {
		if src[at] == '\\' {
			at++
		}
	}
	return Value{Form: String, Start: quote + 1, End: at}
}

// past is the place of the first byte at or after another that is no white space.
func past(src []byte, at uint32) uint32 {
	for src[at] == ' ' || src[at] == '\t' || src[at] == '\n' || src[at] == '\r' {
		at++
	}
	return at
}
