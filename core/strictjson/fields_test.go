package strictjson_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// plainNames are the names that mean something in the claims of a token under the default settings; jti has two places.
var plainNames = []string{"exp", "iat", "nbf", "iss", "aud", "sub", "jti", "refresh_exp", "jti", "token_type",
	"user_id", "hash_password"}

// otherNames are plainNames under other settings, with a long name, and with one beyond ASCII.
var otherNames = [][]string{
	{"exp", "iat", "nbf", "iss", "aud", "sub", "jti", "refresh_exp", "jti", "typ", "sub",
		"a name of more than sixteen bytes"},
	{"exp", "iat", "nbf", "iss", "aud", "sub", "jti", "refresh_exp", "user_id", "hash_password"},
	{"exp", "iat", "nbf", "iss", "aud", "sub", "jti", "refresh_exp", "jti", "token_type", "größe", "hash_password"},
}

// reader reads objects into places.
type reader struct {
	fields *strictjson.Fields
	places []strictjson.Value
	buffer strictjson.Buffer
}

func newReader(names []string) *reader {
	r := &reader{fields: strictjson.NewFields(), places: make([]strictjson.Value, len(names))}
	for i, name := range names {
		r.fields.Add(name, &r.places[i])
	}
	return r
}

func (r *reader) read(object string, read func(*strictjson.Buffer, int) bool) bool {
	clear(r.places)
	return r.buffer.Hold([]byte(object)) && read(&r.buffer, len(object))
}

func (r *reader) quick(object string) bool { return r.read(object, r.fields.Quick) }
func (r *reader) slow(object string) bool  { return r.read(object, r.fields.Slow) }

// agree reads an object with the quick way and without: the answers are the same.
func agree(t *testing.T, object string) {
	t.Helper()
	for _, names := range append(otherNames, plainNames) {
		both, slow := newReader(names), newReader(names)
		good, want := both.read(object, both.fields.Read), slow.slow(object)
		if good != want || good && !slices.Equal(both.places, slow.places) {
			t.Fatalf("%q is read: %v, %v; the slow way: %v, %v", object, good, both.places, want, slow.places)
		}
	}
}

// Objects that only look plain.
func TestQuick(t *testing.T) {
	many := func(n int, format string) string {
		var names []string
		for i := range n {
			names = append(names, fmt.Sprintf(format, i))
		}
		return "{" + strings.Join(names, ",") + "}"
	}
	for _, object := range []string{
		`{"token_type":"access","exp":4102444800,"iat":1577836800,"jti":"0123456789ab8cde8f010123456789ab","user_id":"7"}`,
		`{"exp":1}`, `{}`, `{"exp":1,}`, `{"exp":1`, `{"exp":1}}`, `{"exp":1} `, ` {"exp":1}`, `{ "exp":1}`,
		`{"exp" :1}`, `{"exp": 1}`, `{"exp":1 }`, `{"exp":1,"a":2}x`,
		`{"exp":01}`, `{"exp":0}`, `{"exp":-1}`, `{"exp":-}`, `{"exp":1.5}`, `{"exp":1e3}`, `{"exp":12345678}`,
		`{"exp":123456789012345}`, `{"exp":1234567890123456}`,
		`{"exp":12345678901234567890}`, `{"exp":` + strings.Repeat("9", 4300) + `}`, `{"exp":` +
			strings.Repeat("9", 4301) + `}`, `{"exp":1x}`, `{"exp":}`, `{"exp"}`,
		`{"exp":true,"iat":false,"nbf":null,"aud":["a",{"b":1}],"x":{"exp":1,"exp":2}}`, `{"x":{"exp":1},"exp":2}`,
		`{"x":{"y":1},"y":2,"z":{"y":3}}`,
		`{"exp":1,"exp":2}`, `{"x":1,"x":2}`, `{"long name 1":1,"long name 2":2}`, `{"long name 1":1,"long name 1":2}`,
		`{"exp":1,"\u0065xp":2}`, `{"\u0065xp":2}`,
		`{"Exp":1}`, `{"EXP":1,"exp":2}`, `{"exP":1}`, "{\"ex\x10\":1}", `{"Token_type":1}`, `{"TOKEN_TYPE":1}`,
		`{"token_typE":1}`, `{"token_typo":1}`, `{"token_tYpe":1}`,
		`{"token-type":1}`, `{"tokentype_":1}`, `{"ſub":1}`, `{"größe":1}`, `{"GRÖSSE":1}`, `{"GRÖßE":1}`,
		`{"a name of more than sixteen bytes":1}`,
		`{"a name of more than sixteen Bytes":1}`, `{"a name of more than sixteen bytez":1}`, `{"jti":"a\"b"}`,
		`{"jti":"a\\","exp":1}`, `{"jti":"ü"}`, `{"jti":"` + "\xff" + `"}`, `{"jti":"` + "\x00" + `"}`,
		`{"jti":"` + strings.Repeat("a", 100) + `"}`, `{"":1}`, `{"":1,"":2}`, `{"a":1` + strings.Repeat(" ", 40) + `}`,
		`[1]`, `1`, ``, `{"a":1` + "\x00" + `}`,
		many(24, `"n%d":1`), many(25, `"n%d":1`), many(1024, `"n%d":1`), many(1025, `"n%d":1`),
		many(1000, `"n%d":{"a":1}`),
		`{"a":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`, `{"a":` + strings.Repeat("[", 64) +
			strings.Repeat("]", 64) + `}`,
	} {
		agree(t, object)
		for size := range min(len(object), 200) { // broken off anywhere
			agree(t, object[:size])
		}
	}
	for n := range 40 { // every place of the last character within a word, and a bad one there
		for _, last := range []string{``, `\`, `ü`, "\x1f", `"`} {
			agree(t, `{"jti":"`+strings.Repeat("x", n)+last+`","exp":1}`)
			agree(t, `{"`+strings.Repeat("x", n)+last+`":1,"exp":1}`)
		}
	}
}

// The claims that simplejwt and most others write are read the quick way; else it would be there for nothing.
func TestQuickIsUsed(t *testing.T) {
	for _, claims := range []string{
		`{"token_type":"access","exp":4102444800,"iat":1577836800,"jti":"7dbc9bfd8b0e4d9a8f3d2e1c0b9a8f7e","user_id":"7"}`,
		`{"iss":"https://auth.example","sub":"user|8c1f","aud":["shop","app"],"exp":4102444800,"scope":"a b",` +
			`"admin":true,"n":null,"name":"Zoë"}`,
	} {
		if !newReader(plainNames).quick(claims) {
			t.Errorf("%s is read the slow way", claims)
		}
	}
}

func FuzzFields(f *testing.F) {
	for _, token := range coretest.Seeds(f) {
		if parts := strings.Split(token, "."); len(parts) == 3 {
			if claims, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
				f.Add(string(claims))
			}
		}
	}
	f.Add(`{"jti":"x","exp":1,"aud":["a"],"a":{"b":1.5}}`)
	f.Fuzz(func(t *testing.T, object string) { agree(t, object) })
}
