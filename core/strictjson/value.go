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
			start := at + 1
			for at++; at < v.End && src[at] != '"'; at++ {
				if src[at] == '\\' {
					at++
				}
			}
			if at >= v.End {
				return false
			}
			visit(Value{Form: String, Start: start, End: at})
		case ' ', '\t', '\n', '\r', ',', ']':
		default:
			return false
		}
	}
	return true
}
