package coretest

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Object is a JSON text as encoding/json and a few plain loops read it, independently of core.
type Object struct {
	// Strict says that the text is an object by RFC 8259 and RFC 8725 §3. If not, the other fields mean nothing.
	Strict  bool
	Members [][2]string // in their order: the name without escapes, the value as written
	Depth   int         // levels of objects and arrays
	Names   int         // how many names all objects in it have together
	twice   bool        // an object has a name twice
	Digits  int         // how many digits the longest integer has
}

// ReadObject reads a text.
func ReadObject(text string) (o Object) {
	if !utf8.ValidString(text) || !json.Valid([]byte(text)) || strings.TrimLeft(text, " \t\r\n")[0] != '{' ||
		loneSurrogate(text) {
		return o
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	o.measure(d, 1)
	o.Strict = !o.twice
	d = json.NewDecoder(strings.NewReader(text))
	d.Token()
	for d.More() {
		name, _ := d.Token()
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return Object{}
		}
		o.Members = append(o.Members, [2]string{name.(string), string(value)})
	}
	return o
}

// measure reads one value at a depth.
func (o *Object) measure(d *json.Decoder, depth int) {
	token, _ := d.Token()
	switch v := token.(type) {
	case json.Delim:
		o.Depth = max(o.Depth, depth)
		names := map[string]bool{}
		for d.More() {
			if v == '{' {
				name, _ := d.Token()
				o.Names++
				o.twice = o.twice || names[name.(string)]
				names[name.(string)] = true
			}
			o.measure(d, depth+1)
		}
		d.Token()
	case json.Number:
		if n := strings.TrimPrefix(string(v), "-"); !strings.ContainsAny(n, ".eE") {
			o.Digits = max(o.Digits, len(n))
		}
	}
}

// loneSurrogate reports whether a string in valid JSON has half of a surrogate pair.
func loneSurrogate(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		i++
		if text[i] != 'u' {
			continue
		}
		v, _ := strconv.ParseUint(text[i+1:i+5], 16, 16)
		i += 4
		if v < 0xd800 || v > 0xdfff {
			continue
		}
		if v > 0xdbff || i+6 >= len(text) || text[i+1] != '\\' || text[i+2] != 'u' {
			return true
		}
		if low, _ := strconv.ParseUint(text[i+3:i+7], 16, 16); low < 0xdc00 || low > 0xdfff {
			return true
		}
		i += 6
	}
	return false
}

// Value returns the value of the member of that name, if there is one.
func (o *Object) Value(name string) (value string, found bool) {
	for _, m := range o.Members {
		if m[0] == name {
			return m[1], true
		}
	}
	return "", false
}

// Text returns the value of the member of that name, if it is a text.
func (o *Object) Text(name string) (text string, ok bool) {
	value, _ := o.Value(name)
	return text, strings.HasPrefix(value, `"`) && json.Unmarshal([]byte(value), &text) == nil
}
