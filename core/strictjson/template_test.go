package strictjson_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core/words"
)

// Objects whose values are as long as those of an earlier one are read by it; else it would be there for nothing.
func TestTemplatesAreUsed(t *testing.T) {
	for _, objects := range [][2]string{
		{`{"token_type":"access","exp":4102444800,"jti":"7dbc9bfd8b0e4d9a8f3d2e1c0b9a8f7e","user_id":"7"}`,
			`{"token_type":"slides","exp":1999999999,"jti":"00000000000000000000000000000000","user_id":"~"}`},
		{`{"aud":["shop","app"],"exp":1,"admin":true,"n":null,"name":"a\"","a":{"b":[1,{"c":2.5,"d":0}]}}`,
			`{"aud":["SHOP","]}{"],"exp":9,"admin":true,"n":null,"name":"a\"","a":{"b":[2,{"c":2.5,"d":0}]}}`},
	} {
		r := remembering(t, objects[0])
		if !r.read(objects[1], r.fields.Recall) {
			t.Errorf("%s is not read by %s", objects[1], objects[0])
		}
	}
}

// Any byte in any place of an object that is remembered.
func TestTemplatesByEveryByte(t *testing.T) {
	objects := []string{
		`{"token_type":"` + strings.Repeat("x", 480) + `","exp":12}`,
		`{"x":"","exp":0,"iat":-1,"nbf":1.5e3,"iss":"a\\\"b","aud":["c",{"exp":[1,null]}],"sub":false,"y":[],"z":{}}`,
	}
	for _, object := range append(objects, layouts...) {
		slow := newReader(plainNames)
		if object[0] != '{' || !words.IsASCII([]byte(object)) {
			continue // it is not remembered
		}
		r := remembering(t, object)
		for at := range len(object) {
			for c := range 256 {
				if !r.read(object, r.fields.Recall) {
					r = remembering(t, object)
				}
				r.asSlowly(t, slow, object[:at]+string([]byte{byte(c)})+object[at+1:])
			}
		}
	}
}

// remembering is a reader that remembers an object.
func remembering(t *testing.T, object string) *reader {
	t.Helper()
	r := newReader(plainNames)
	for range 2 { // its layout is learned first
		r.read(object, r.fields.Read)
	}
	if !r.read(object, r.fields.Recall) {
		t.Fatalf("%s is not remembered", object)
	}
	return r
}

// Objects that are as long as each other, or nearly so, and have other names or values of other lengths, in all orders.
func TestTemplatesTakeTurns(t *testing.T) {
	objects := []string{
		`{"exp":1,"iat":22,"x":333}`, `{"exp":11,"iat":2,"x":333}`, `{"nbf":1,"iat":22,"x":333}`,
		`{"iss":"","sub":"1","x":1}`, `{"aud":["a"],"jti":"abcd"}`, `{"aud":["a"],"jti":"a"}   `,
		`{"x1":1,"x2":22,"x3":3333}`, `{"exp":1}`, `{"iat":1}`, `{"x":"1"}`, `{"exp":1,"iat":22,"x":333,"user_id":1}`,
		`{"exp":1,"iat":22,"x":333,"user_id":"123456"}`, `{"exp":1,"iat":22,"x":"1","user_id":"12345678901234"}`, `{}`,
	}
	for _, names := range append(otherNames, plainNames) {
		r, slow := newReader(names), newReader(names)
		for _, first := range objects {
			for _, second := range objects {
				for _, third := range objects {
					r.asSlowly(t, slow, first)
					r.asSlowly(t, slow, second)
					r.asSlowly(t, slow, third)
				}
			}
		}
	}
}

// Objects that are never like one before are not remembered for ever, and those of use are.
func TestTemplatesOfNoUse(t *testing.T) {
	r := newReader(plainNames)
	never := func(i int) string {
		return fmt.Sprintf(`{"jti":%q,"user_id":%q}`, strings.Repeat("a", i%100), strings.Repeat("b", 100-i%100))
	}
	kept := 0
	for i := range 2000 {
		r.read(never(i), r.fields.Read)
		if r.read(never(i), r.fields.Recall) {
			kept++
		}
	}
	if kept < 8 || kept > 50 {
		t.Errorf("%d of 2000 objects that come once were remembered, want the first ones and few of the rest", kept)
	}
	for range 100 {
		r.read(`{"user_id":"7"}`, r.fields.Read)
	}
	if !r.read(`{"user_id":"8"}`, r.fields.Recall) {
		t.Error("an object that comes often is not remembered")
	}
	// One beyond ASCII cannot be, and takes no place from another of its size.
	for range 10 {
		r.read(`{"user_id":"ö","iat":1}`, r.fields.Read)
		r.read(`{"user_id":"oo","iat":2}`, r.fields.Read)
	}
	for range 200 {
		r.read(`{"user_id":"oo","iat":2}`, r.fields.Read)
	}
	for range 200 {
		r.read(`{"user_id":"ö","iat":1}`, r.fields.Read)
	}
	if !r.read(`{"user_id":"oo","iat":3}`, r.fields.Recall) {
		t.Error("an object of characters beyond ASCII took the place of another")
	}
}
