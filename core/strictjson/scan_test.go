package strictjson_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// reads says whether an object is read; the quick way never reads what the slow one refuses.
func reads(t *testing.T, r *reader, object string) bool {
	t.Helper()
	quick := r.quick(object)
	slow := r.slow(object)
	if quick && !slow {
		t.Fatalf("%q is read the quick way alone", object)
	}
	return slow
}

// Values within an object, in every place where one may stand.
func TestScanValues(t *testing.T) {
	r := newReader(plainNames)
	long := strings.Repeat("n", 40)
	good := []string{
		`0`, `-0`, `-1`, `1.5`, `0.5`, `1e5`, `1E+5`, `1e-5`, `1.5e3`, `12345678`, `123456789`, `1234567890123456`,
		`12345678901234567`, `1.23456789`, `1.2345678901234567890`, strings.Repeat("1", 4300),
		"-" + strings.Repeat("1", 4300), strings.Repeat("1", 4301) + ".0", `true`, `false`, `null`, `[]`, `{}`,
		`[ ]`, `{ }`, `{"a" : 1 , "b" : 2 }`, `{ "a":[ 1 , 2 ] }`, "{\t\"a\"\n:\r1}",
		`{"a":{"a":{"a":1}},"b":{"a":1}}`, `[{"a":1},{"a":1}]`, `{"a":[{"a":1}],"b":{"b":[{"b":1}]}}`,
		`{"":1,"a":2}`, `{"eightchr":1,"eightch":2}`, `{"` + long + `a":1,"` + long + `b":2}`,
		`{"` + long + "1" + long + `":1,"` + long + "2" + long + `":2}`, `{"u":1,"ü":2}`,
		`{"x":{"a":1},"a":{"b":1,"c":{"a":1}},"c":1}`, `"\\"`, `"\/\b\f\n\r\t\""`, `"\uabCD"`, `"\ud83d\ude00"`,
		`"\uD83D\uDE00x"`, `"\ud7ff\ue000"`, "\"\x7f\"", "\"\xc2\x80\"", "\"\xe0\xa0\x80\"", "\"\xed\x9f\xbf\"",
		"\"\xee\x80\x80\"", "\"\xf0\x90\x80\x80\"", "\"\xf4\x8f\xbf\xbf\"", `"` + strings.Repeat("ü", 40) + `"`,
	}
	bad := []string{
		`00`, `01`, `-`, `--1`, `+1`, `1.`, `.5`, `1.5.5`, `1..5`, `1e`, `1e+`, `1.e3`, `1.23456789x`, `12345678x`,
		`1x`, `1_0`, `0x1`, strings.Repeat("1", 4301), `True`, `truer`, `true1`, `true.5`, `null.5`, `tru`, `nul`,
		`fals`, `falsy`, `nulll`, `NaN`, `Infinity`, ``, `,`, `]`, `}`, `[`, `{`, `[}`, `{]`, `[[]`, `[]]`, `[1,]`,
		`[,1]`, `[1 2]`, `[1,,2]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,"a":1}`, `{"a":1 "b":2}`, `{a:1}`, `{1:1}`,
		`{"a":1,"b"}`, `["a":1]`, "{\"a\"\v:1}", "[1,\f2]", "[1\x00]", "\x00", "[\u00a01]", `{"a":1,"a":2}`,
		`{"a":1,"\u0061":2}`, `{"\u0061":1,"\u0061":2}`, `{"":1,"":2}`, `{"eightchr":1,"eightchr":2}`,
		`{"` + long + `":1,"` + long + `":2}`, `{"sixteen letters!":1,"sixteen letters!":2}`,
		`{"fifteen letters":1,"fifteen letters":2}`, `{"ü":1,"ü":2}`, `{"ü":1,"\u00fc":2}`,
		`{"x":{"a":1},"a":{"b":1},"x":1}`, `{"x":[{"y":1}],"z":1,"x":2}`, `"\"`, `"\a"`, `"\u"`, `"\u12"`,
		`"\u123g"`, `"\u12:4"`, `"\U0041"`, `"\ud800"`, `"\udc00"`, `"\ud83d\u0041"`, `"\ud83d\"`, `"\ud83d`,
		"\"\x1f\"", "\"\x80\"", "\"\xc1\x80\"", "\"\xc2\"", "\"\xc2a\"", "\"\xe0\x9f\x80\"", "\"\xed\xa0\x80\"",
		"\"\xef\xbf\"", "\"\xf0\x8f\x80\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xf5\x80\x80\x80\"", "\"\xff\"",
		"\"\xf0\x90\x80\"", `"` + strings.Repeat("a", 100) + "\n" + `"`,
	}
	for i, value := range append(good, bad...) {
		want := i < len(good)
		for _, format := range []string{
			`{"x":%s}`, `{"x":[%s]}`, `{"x":[%s,1]}`, `{"x":[1,%s]}`, `{"x":{"y":%s}}`, `{"x":{"y":%s,"z":1}}`,
			`{"x":[[%s]]}`, `{"x": %s , "y" :1}`, `{"\u0078":%s}`, `{"x":[ %s ]}`,
		} {
			if value == "" && strings.Contains(format, "[%s]") || value == "" && strings.Contains(format, "[ %s ]") {
				continue // an empty list
			}
			if object := fmt.Sprintf(format, value); reads(t, r, object) != want {
				t.Errorf("%q is read: %v, want %v", object, !want, want)
			}
		}
	}
	for depth, want := range map[int]bool{62: true, 63: true, 64: false, 65: false, 200: false} {
		for _, object := range []string{
			`{"x":` + strings.Repeat(`[`, depth) + strings.Repeat(`]`, depth) + `}`, `{"x":` +
				strings.Repeat(`{"y":`, depth) + `1` + strings.Repeat(`}`, depth) + `}`,
		} {
			if reads(t, r, object) != want {
				t.Errorf("objects %d deep are read: %v, want %v", depth, !want, want)
			}
		}
	}
	for names, want := range map[int]bool{1022: true, 1023: true, 1024: false, 2000: false} {
		var all, apart []string
		for i := range names {
			all = append(all, fmt.Sprintf(`"n%d":1`, i))
			apart = append(apart, `{"n":1}`)
		}
		for _, object := range []string{`{"x":{` + strings.Join(all, ",") + `}}`, `{"x":[` + strings.Join(apart, ",") +
			`]}`} {
			if reads(t, r, object) != want {
				t.Errorf("%d names within a value are read: %v, want %v", names, !want, want)
			}
		}
	}
	var many []string
	for i := range 1000 {
		many = append(many, fmt.Sprintf(`"n%d":1`, i))
	}
	for i := range many { // the last name is each of the others once more
		if object := "{" + strings.Join(many, ",") + "," + many[i] + "}"; i%37 == 0 && reads(t, r, object) {
			t.Errorf("an object that has %s twice is read", many[i])
		}
	}
}

// What is read is what encoding/json and a plain look for doubles, surrogates and UTF-8 find good, for texts that are
// nearly right.
func TestScanAgainstJSON(t *testing.T) {
	r := newReader(plainNames)
	random := rand.New(rand.NewPCG(1, 2))
	good := 0
	const texts = 30_000
	for range texts {
		var b bytes.Buffer
		b.WriteString(`{"x":`)
		randomValue(random, &b, 0)
		b.WriteByte('}')
		object := b.Bytes()
		if random.IntN(2) == 0 {
			at := random.IntN(len(object))
			switch random.IntN(3) {
			case 0:
				object[at] = `{}[]",:\tfn019.eE-u `[random.IntN(20)]
			case 1:
				object = append(object[:at], object[at+1:]...)
			default:
				object[at] = byte(random.IntN(256))
			}
		}
		want := coretest.ReadObject(string(object)).Strict
		if want {
			good++
		}
		if got := reads(t, r, string(object)); got != want {
			t.Fatalf("%q is read: %v, want %v", object, got, want)
		}
	}
	if good < texts/4 || good > texts*9/10 {
		t.Errorf("%d of %d texts are good, so that the others tell little", good, texts)
	}
}

func randomValue(r *rand.Rand, b *bytes.Buffer, depth int) {
	space := func() {
		if r.IntN(12) == 0 {
			b.WriteString([]string{" ", "\n", "\t\r", "  "}[r.IntN(4)])
		}
	}
	text := func() {
		b.WriteByte('"')
		for range r.IntN(4) {
			b.WriteString([]string{"a", "b", "name", "eightchr", "a longer text of plain letters", `\n`, `\u0061`,
				`\u00e9`, "é", "日本", "🔑", `\ud83d\ude00`, `\ud800`, `\"`, "sixteen letters!"}[r.IntN(15)])
		}
		b.WriteByte('"')
	}
	kind := r.IntN(9)
	if depth > 4 {
		kind = r.IntN(5)
	}
	space()
	switch kind {
	case 0, 1:
		text()
	case 2:
		b.WriteString([]string{"0", "7", "-1", "12345678", "1577836800", "123456789012345678", "1.5", "-0.25", "1e9",
			"12.5E-3"}[r.IntN(10)])
	case 3:
		b.WriteString([]string{"true", "false", "null"}[r.IntN(3)])
	case 4:
		b.WriteString([]string{"[]", "{}"}[r.IntN(2)])
	case 5, 6:
		b.WriteByte('[')
		for i := range 1 + r.IntN(5) {
			if i > 0 {
				b.WriteByte(',')
			}
			randomValue(r, b, depth+1)
		}
		b.WriteByte(']')
	default:
		b.WriteByte('{')
		for i := range 1 + r.IntN(5) {
			if i > 0 {
				b.WriteByte(',')
			}
			space()
			text()
			space()
			b.WriteByte(':')
			randomValue(r, b, depth+1)
		}
		b.WriteByte('}')
	}
	space()
}

// TestReuse: a scanner forgets the object before.
func TestReuse(t *testing.T) {
	var s strictjson.Scanner
	for _, c := range []struct {
		object string
		whole  bool
	}{
		{`{}`, true}, {`{"a":"` + strings.Repeat("x", strictjson.MaxBytes) + `"}`, false},
		{`{"a":1}`, true}, {`[]`, false},
	} {
		for more := s.Begin([]byte(c.object), 8); more; more = s.Next() {
			continue
		}
		if s.Whole != c.whole {
			t.Errorf("%.20s is whole: %v, want %v", c.object, s.Whole, c.whole)
		}
	}
}
