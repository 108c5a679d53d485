package django

import (
	"strconv"

	"github.com/edgetoken/edgetoken/core/python"
)

// Kind tells which of Python's types a Value has.
type Kind uint8

// The kinds, in the order None, bool, int, float, str, list, dict. The zero Value is null.
const (
	KindNull Kind = iota
	KindBool
	KindInt
	KindFloat
	KindString
	KindList
	KindObject
)

// Value is one JSON value as Python's json module holds it. It is read-only, so safe for
// concurrent use; its zero value is null.
type Value struct {
	kind    Kind
	boolean bool
	float   float64
	text    string // the text of a string, the decimal digits of an int
	content *content
}

// content is what a list or an object holds. It is a pointer away to keep a Value small, since a body of a megabyte can
// hold half a million.
type content struct {
	list    []Value
	members []Member
}

// Member is one entry of an object: its name and its value.
type Member struct {
	Name  string
	Value Value
}

// Null returns JSON's null, Python's None.
func Null() Value { return Value{} }

// Bool returns true or false.
func Bool(b bool) Value { return Value{kind: KindBool, boolean: b} }

// Int returns a whole number.
func Int(n int64) Value { return Value{kind: KindInt, text: strconv.FormatInt(n, 10)} }

// Float returns a floating-point number. Render refuses infinities and NaN.
func Float(f float64) Value { return Value{kind: KindFloat, float: f} }

// String returns a text, which must be WTF-8 (see the package's doc).
func String(s string) Value { return Value{kind: KindString, text: s} }

// List returns a list of these values; it keeps the slice.
func List(values ...Value) Value { return Value{kind: KindList, content: &content{list: values}} }

// Object returns an object with these members in this order; it keeps the slice. Names must differ.
//
//	Object(Text("detail", "Not found."))                 {"detail":"Not found."}
//	Object(Texts("email", "This field is required."))    {"email":["This field is required."]}
func Object(members ...Member) Value {
	return Value{kind: KindObject, content: &content{members: members}}
}

// Pair returns the member of an object with any value.
func Pair(name string, value Value) Member { return Member{Name: name, Value: value} }

// Text returns the member of an object whose value is a text.
func Text(name, text string) Member { return Pair(name, String(text)) }

// Texts returns the member of an object whose value is a list of texts: the form of field errors.
func Texts(name string, texts ...string) Member {
	values := make([]Value, len(texts))
	for i, text := range texts {
		values[i] = String(text)
	}
	return Pair(name, List(values...))
}

// Kind returns the type of the value.
func (v Value) Kind() Kind { return v.kind }

// Bool returns the value of a bool; false for any other kind.
func (v Value) Bool() bool { return v.boolean }

// Float returns the value of a float; 0 for any other kind, an int too.
func (v Value) Float() float64 { return v.float }

// Digits returns an int in decimal, with "-" if negative, as exact as it was; "" for any other kind.
func (v Value) Digits() string {
	if v.kind != KindInt {
		return ""
	}
	return v.text
}

// Text returns the text of a string, "" for any other kind.
func (v Value) Text() string {
	if v.kind != KindString {
		return ""
	}
	return v.text
}

// List returns the values of a list, nil for any other kind. The caller must not change them.
func (v Value) List() []Value {
	if v.content == nil {
		return nil
	}
	return v.content.list
}

// Members returns the members of an object in order, nil for any other kind. The caller must not
// change them.
func (v Value) Members() []Member {
	if v.content == nil {
		return nil
	}
	return v.content.members
}

// Get returns the value of an object's member; ok is false if there is none or v is no object.
func (v Value) Get(name string) (value Value, ok bool) {
	for _, m := range v.Members() {
		if m.Name == name {
			return m.Value, true
		}
	}
	return Value{}, false
}

// TypeName returns the name of the value's type in Python, as it stands in messages.
func (v Value) TypeName() string {
	return [...]string{"NoneType", "bool", "int", "float", "str", "list", "dict"}[v.kind]
}

// Str returns Python's str() of a value: "1000.0" for the float 1e3, "True" for true, "None" for
// null. ok is false for lists and objects.
func (v Value) Str() (text string, ok bool) {
	switch v.kind {
	case KindNull:
		return "None", true
	case KindBool:
		if v.boolean {
			return "True", true
		}
		return "False", true
	case KindInt, KindString:
		return v.text, true
	case KindFloat:
		return python.FloatRepr(v.float), true
	}
	return "", false
}
