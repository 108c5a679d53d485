package strictjson_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// taught reads objects one after the other with one reader, which remembers their layouts, and each with the slow way
// of another: the answers are the same.
func taught(t *testing.T, objects ...string) {
	t.Helper()
	for _, names := range append(otherNames, plainNames) {
		r, slow := newReader(names), newReader(names)
		for range 2 {
			for _, object := range objects {
				r.asSlowly(t, slow, object)
			}
		}
	}
}

// asSlowly reads an object as the slow way of another reader does, with the places as they are and with none set.
func (r *reader) asSlowly(t *testing.T, slow *reader, object string) {
	t.Helper()
	want := slow.slow(object)
	for _, cleared := range []bool{false, true} {
		if cleared {
			clear(r.places)
		}
		good := r.buffer.Hold([]byte(object)) && r.fields.Read(&r.buffer, len(object))
		if good != want || good && !slices.Equal(r.places, slow.places) {
			t.Fatalf("%q is read: %v, %v; the slow way: %v, %v", object, good, r.places, want, slow.places)
		}
	}
}

// layouts are objects with everything that a layout may have.
var layouts = []string{
	`{"token_type":"access","exp":4102444800,"iat":1577836800,"jti":"0123456789ab8cde8f010123456789ab","user_id":"7"}`,
	`{"user_id":7,"exp":4102444800.5,"nbf":-0.0,"hash_password":null,"iat":1e3,"iss":true}`,
	`{"aud":["a","b"],"exp":1,"x":{"exp":2,"y":[1,2,{"z":null}]},"sub":{"a":[]},"jti":""}`,
	`{ "exp" : 1 , "aud" : [ ] , "n":	"a\"b\\\u00e9" }`,
	`{"a":[[[]],{},[{}]],"b":"","c":[true,false,null,0,-1,1.5,"x"],"exp":12345678901234567890}`,
	`{"a name of more than sixteen bytes":1,"größe":"Zoë","a name of more than twenty-four bytes":[1]}`,
	`{}`, `{"a":1}`, `[1]`,
}

// What differs from a remembered layout by any one byte, is cut off anywhere, or goes on.
func TestLayoutsDifferByAByte(t *testing.T) {
	odd := []string{"", " ", `"`, `\`, ",", ":", "}", "]", "{", "[", "0", "1", "-", ".", "e", "t", "null", "\x00", "ü",
		"\xff", `\u0041`, `\ud800`, `"x":1,`, `,"exp":1`}
	for _, names := range [][]string{plainNames, otherNames[0]} {
		r, slow := newReader(names), newReader(names)
		for _, object := range layouts {
			r.asSlowly(t, slow, object)
			for at := range len(object) + 1 {
				r.asSlowly(t, slow, object[:at])
				for _, o := range odd {
					r.asSlowly(t, slow, object[:at]+o+object[at:])
					r.asSlowly(t, slow, object[:at]+o+object[min(at+1, len(object)):])
					r.asSlowly(t, slow, object)
				}
			}
		}
	}
}

// More layouts than are remembered, in all orders.
func TestLayoutsTakeTurns(t *testing.T) {
	var many []string
	for i := range 40 {
		named := strings.Replace(layouts[i%7], "{", fmt.Sprintf(`{"n%d":%d,`, i, i), 1)
		many = append(many, layouts[i%len(layouts)], named)
	}
	taught(t, many...)
	slices.Reverse(many)
	taught(t, many...)
	// Each begins as the one before and ends in another way.
	var long []string
	for i := range 20 {
		long = append(long, `{"exp":1,"list":[`+strings.Repeat(`"x",`, i)+`1],"jti":"y"}`)
	}
	taught(t, long...)
}

// An object as long and with as many values as may be, and one more.
func TestLayoutsAtTheirBounds(t *testing.T) {
	list := func(n int, value string) string {
		return `{"exp":1,"a":[` + strings.Repeat(value+",", n) + `0],"jti":"x"}`
	}
	for _, n := range []int{1000, 1018, 1019, 1020, 1021, 1022, 1023, 1024, 1025, 5000, 30000} {
		taught(t, list(n, "1"), list(n, "2"), list(n, `""`))
	}
	taught(t, `{"exp":1,"a":"`+strings.Repeat("x", 65000)+`"}`, `{"exp":1,"a":"`+strings.Repeat("y", 65000)+`"}`)
	name := strings.Repeat("n", 20000)
	taught(t, `{"`+name+`":1,"exp":2}`, `{"`+name+`":3,"exp":4}`, `{"`+name+`N":3,"exp":4}`)
}

// Tokens whose values alone differ are read by their layout; else it would be there for nothing.
func TestLayoutsAreUsed(t *testing.T) {
	for _, objects := range [][2]string{
		{`{"token_type":"access","exp":4102444800,"jti":"7dbc9bfd8b0e4d9a8f3d2e1c0b9a8f7e","user_id":"7"}`,
			`{"token_type":"refresh","exp":4102444,"jti":"00","user_id":"12345678"}`},
		{`{"aud":["shop","app"],"exp":1,"admin":true,"n":null,"name":"Zoë","a":{"b":[1,{"c":2.5}]}}`,
			`{"aud":["a","b"],"exp":9,"admin":false,"n":true,"name":"\"","a":{"b":[-1,{"c":0}]}}`},
	} {
		r := newReader(plainNames)
		if !r.read(objects[0], r.fields.Read) || !r.read(objects[1], r.fields.Fits) {
			t.Errorf("%s is not read by the layout of %s", objects[1], objects[0])
		}
	}
}

// Layouts that never come again are not learned for ever, and those of use are.
func TestLayoutsOfNoUse(t *testing.T) {
	r := newReader(plainNames)
	never := func(i int) string { return fmt.Sprintf(`{"never %d":1}`, i) }
	for i := range 1000 {
		r.read(never(i), r.fields.Read)
	}
	if r.read(never(999), r.fields.Fits) {
		t.Error("the thousandth layout that came once was learned")
	}
}

func FuzzLayouts(f *testing.F) {
	for i, object := range layouts {
		f.Add(object, layouts[(i+1)%len(layouts)])
	}
	r, slow := newReader(plainNames), newReader(plainNames) // for all, so that it has layouts of others
	f.Fuzz(func(t *testing.T, first, second string) {
		for _, object := range []string{first, second, first, first} {
			r.asSlowly(t, slow, object)
		}
	})
}
