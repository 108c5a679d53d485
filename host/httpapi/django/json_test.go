package django_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

func TestParseJSONErrors(t *testing.T) {
	tests := []struct {
		name, body, charset, want string
	}{
		{"empty", "", "", "Expecting value: line 1 column 1 (char 0)"},
		{"white space", "   ", "", "Expecting value: line 1 column 4 (char 3)"},
		{"open brace", "{", "", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"},
		{"open bracket", "[", "", "Expecting value: line 1 column 2 (char 1)"},
		{"list without end", "[1", "", "Expecting ',' delimiter: line 1 column 3 (char 2)"},
		{"missing colon", `{"email" "x"}`, "", "Expecting ':' delimiter: line 1 column 10 (char 9)"},
		{"trailing comma", `{"email":"a",}`, "",
			"Expecting property name enclosed in double quotes: line 1 column 14 (char 13)"},
		{"trailing comma in list", "[1,]", "", "Expecting value: line 1 column 4 (char 3)"},
		{"single quotes", "{'email':'a'}", "",
			"Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"},
		{"control character", "{\"email\":\"a\nb\"}", "", "Invalid control character at: line 1 column 12 (char 11)"},
		{"NUL in a string", "{\"email\":\"a\x00b\"}", "", "Invalid control character at: line 1 column 12 (char 11)"},
		{"NUL after the document", "1\x00", "", "Extra data: line 1 column 2 (char 1)"},
		{"bad escape", `{"email":"\x"}`, "", `Invalid \escape: line 1 column 11 (char 10)`},
		{"short unicode escape", `{"email":"\u12`, "", `Invalid \uXXXX escape: line 1 column 12 (char 11)`},
		{"unicode escape at the very end", `"\u1234`, "", `Invalid \uXXXX escape: line 1 column 3 (char 2)`},
		{"bad second half of a pair", `"\ud83d\uzzzz"`, "", `Invalid \uXXXX escape: line 1 column 9 (char 8)`},
		{"string without end", `{"a": "b`, "", "Unterminated string starting at: line 1 column 7 (char 6)"},
		{"backslash at the end", `"a\`, "", "Unterminated string starting at: line 1 column 1 (char 0)"},
		{"third line", "{\n  \"email\": \"a\",\n  \"password\": b\n}", "",
			"Expecting value: line 3 column 15 (char 32)"},
		{"positions count characters", `{"email":"é🔑" x}`, "", "Expecting ',' delimiter: line 1 column 15 (char 14)"},
		{"leading zero", `{"email":01}`, "", "Expecting ',' delimiter: line 1 column 11 (char 10)"},
		{"point without digits", "1.", "", "Extra data: line 1 column 2 (char 1)"},
		{"lone minus", "-", "", "Expecting value: line 1 column 1 (char 0)"},
		{"NaN", `{"email":NaN,"password":"x"}`, "", "Out of range float values are not JSON compliant: 'NaN'"},
		{"minus infinity", "[-Infinity", "", "Out of range float values are not JSON compliant: '-Infinity'"},
		{"4301 digits", strings.Repeat("9", 4301), "",
			"Exceeds the limit (4300 digits) for integer string conversion: value has 4301 digits; use " +
				"sys.set_int_max_str_digits() to increase the limit"},
		{"byte order mark", "\xef\xbb\xbf{}", "",
			"Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)"},
		{"invalid start byte", "{\"email\":\"\xff\"}", "",
			"'utf-8' codec can't decode byte 0xff in position 10: invalid start byte"},
		{"invalid continuation", "{\"email\":\"\xc3\"}", "",
			"'utf-8' codec can't decode byte 0xc3 in position 10: invalid continuation byte"},
		{"two bytes wrong", "ab\xe2\x82x", "",
			"'utf-8' codec can't decode bytes in position 2-3: invalid continuation byte"},
		{"surrogate in UTF-8", "\xed\xa0\x80", "",
			"'utf-8' codec can't decode byte 0xed in position 0: invalid continuation byte"},
		{"cut character is dropped", "\"\xc3", "", "Unterminated string starting at: line 1 column 1 (char 0)"},
		{"ASCII", "\"\xc3\xa9\"", "us-ascii",
			"'ascii' codec can't decode byte 0xc3 in position 1: ordinal not in range(128)"},
		{"UTF-16 without mark", "1\x00", "utf-16", "UTF-16 stream does not start with BOM"},
		{"lone surrogate in UTF-16", "\xff\xfe\"\x00\x00\xd8\"\x00", "utf-16",
			"'utf-16-le' codec can't decode bytes in position 4-5: illegal UTF-16 surrogate"},
		{"beyond Unicode in UTF-32", "\"\x00\x00\x00\x00\x00\x11\x00", "utf-32-le",
			"'utf-32-le' codec can't decode bytes in position 4-7: code point not in range(0x110000)"},
		{"byte without meaning", "\"\x81\"", "windows-1252",
			"'charmap' codec can't decode byte 0x81 in position 1: character maps to <undefined>"},
		{"100,001 values", "[" + strings.Repeat("0,", 99_999) + "0]", "",
			"Too many values: line 1 column 200000 (char 199999)"},
		{"951 levels", strings.Repeat("[", 951), "", "Nested too deeply: line 1 column 951 (char 950)"},
		{"100,000 levels", strings.Repeat(`{"a":`, 100000), "", "Nested too deeply: line 1 column 4751 (char 4750)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := django.ParseJSON([]byte(test.body), test.charset)
			want := "JSON parse error - " + test.want
			if err == nil || err.Error() != want {
				t.Errorf("ParseJSON(%.80q, %q) = %v, want %v", test.body, test.charset, err, want)
			}
		})
	}
}

func TestParseJSONUnsupportedCharset(t *testing.T) {
	for _, charset := range []string{"rot13", "Base64", "shift_jis", "utf-7", "undefined"} {
		_, err := django.ParseJSON([]byte("1"), charset)
		want := `Unsupported charset "` + charset + `" in request Content-Type header.`
		if err == nil || err.Error() != want {
			t.Errorf("ParseJSON(1, %q) = %v, want %v", charset, err, want)
		}
	}
}

// TestParseJSONOutOfRange: what no float can hold is an infinity, however its digits are spread.
func TestParseJSONOutOfRange(t *testing.T) {
	for _, body := range []string{
		"1e400", strings.Repeat("1", 4301) + "e-711", strings.Repeat("9", 5000) + ".5", "0." +
			strings.Repeat("0", 40000) + "1e100000", "1e" + strings.Repeat("9", 5000),
	} {
		v, err := django.ParseJSON([]byte(body), "")
		if err != nil || !math.IsInf(v.Float(), 1) {
			t.Errorf("ParseJSON(%.20s…, %d bytes) = %v, %v; want an infinity", body, len(body), v.Float(), err)
		}
	}
}

// The values are compared as they are written again. Those of the floats are what Python's json.loads gives.
func TestParseJSON(t *testing.T) {
	tests := []struct {
		name, body, charset, want string
	}{
		{"white space", " \t\n\r[ 1 , 2 ] ", "", "[1,2]"},
		{"words", "[null,true,false]", "", "[null,true,false]"},
		{"integers are exact", "[-0,123456789012345678901234567890]", "", "[0,123456789012345678901234567890]"},
		{"4300 digits", "-" + strings.Repeat("9", 4300), "", "-" + strings.Repeat("9", 4300)},
		{"floats", "[1e3,1E-7,0.1,1e16,123456789012345680.0,-0.0]", "",
			"[1000.0,1e-07,0.1,1e+16,1.2345678901234568e+17,-0.0]"},
		{"many digits before the point", strings.Repeat("1", 4301) + "e-4300", "", "1.1111111111111112"},
		{"so many that they round up", "-1" + strings.Repeat("0", 15) + "5" + strings.Repeat("0", 900) + ".01e-917",
			"", "-0.10000000000000005"},
		{"many zeros after the point, moved back", "0." + strings.Repeat("0", 40000) + "7e40001", "", "7.0"},
		{"many zeros before the point, moved too far", "-1" + strings.Repeat("0", 40000) + "e-100039", "", "-0.0"},
		{"many digits of an exponent", "[1e-" + strings.Repeat("9", 5000) + ",1e+" + strings.Repeat("0", 5000) + "1]",
			"", "[0.0,10.0]"},
		{"zero with a great exponent", "0." + strings.Repeat("0", 5000) + "e9999999", "", "0.0"},
		{"the least", "0." + strings.Repeat("0", 900) + "5e577", "", "5e-324"},
		{"just above halfway", "[9007199254740993." + strings.Repeat("0", 900) + ",9007199254740993." +
			strings.Repeat("0", 900) + "1]", "",
			"[9007199254740992.0,9007199254740994.0]"},
		{"escapes", `"\"\\\/\b\f\n\r\t\u0041\ud83d\ude00"`, "", `"\"\\/\b\f\n\r\tA😀"`},
		{"the last of equal names, in the first's place", `{"a":1,"b":2,"\u0061":3}`, "", `{"a":3,"b":2}`},
		{"950 levels", strings.Repeat("[", 950) + strings.Repeat("]", 950), "", strings.Repeat("[", 950) +
			strings.Repeat("]", 950)},
		{"unknown charset", `"é"`, "foo", `"é"`},
		{"UTF-8 with mark", "\xef\xbb\xbf\"é\"", "utf-8-sig", `"é"`},
		{"Latin-1", "\"\xe9\"", "ISO-8859-1", `"é"`},
		{"Cyrillic", "\"\xc1\"", "KOI8-R", `"а"`},
		{"UTF-16", "\xfe\xff\x00\"\xd8\x3d\xde\x00\x00\"", "utf-16", `"😀"`},
		{"cut character after the document", "1\xe2\x82", "", "1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			value, err := django.ParseJSON([]byte(test.body), test.charset)
			if err != nil {
				t.Fatalf("ParseJSON(%q, %q): %v", test.body, test.charset, err)
			}
			got, err := django.Render(value, 0)
			if err != nil || string(got) != test.want {
				t.Errorf("ParseJSON(%q, %q) = %s, %v, want %s", test.body, test.charset, got, err, test.want)
			}
		})
	}
}

func TestParseJSONLoneSurrogate(t *testing.T) {
	for body, want := range map[string]string{
		`"\udfff"`:       "\xed\xbf\xbf",
		`"\ud83dA"`:      "\xed\xa0\xbdA",
		`"\ude00\ud83d"`: "\xed\xb8\x80\xed\xa0\xbd",
	} {
		value, err := django.ParseJSON([]byte(body), "")
		if err != nil || value.Text() != want {
			t.Errorf("ParseJSON(%s) = %q, %v, want %q", body, value.Text(), err, want)
		}
	}
}

// More members than are compared one by one, some of them twice.
func TestParseJSONManyMembers(t *testing.T) {
	var body, want strings.Builder
	for round := range 2 {
		for c := 'A'; c <= 'Z'; c++ {
			body.WriteString(`,"` + string(c) + `":` + string(rune('0'+round)))
			if round == 1 {
				want.WriteString(`,"` + string(c) + `":1`)
			}
		}
	}
	value, err := django.ParseJSON([]byte("{"+body.String()[1:]+"}"), "")
	got, _ := django.Render(value, 0)
	if err != nil || string(got) != "{"+want.String()[1:]+"}" {
		t.Errorf("ParseJSON of 52 members = %s, %v, want each name once with 1", got, err)
	}
}

// FuzzParseJSON checks that what is read is JSON, in the standard library's opinion as well, and that
// writing and reading it again changes nothing.
func FuzzParseJSON(f *testing.F) {
	for _, seed := range []string{
		`{"email":"a","password":"b"}`, `[1,-2.5e3,"\ud83d\ude00\udfff",null,true]`, `{"a":{"b":[]},"a":1}`,
		"\xef\xbb\xbf1", "\"\xc3", "[[[[", `"\u12`, "1e400", "-Infinity", strings.Repeat("9", 4301), "\xff\xfe1\x00",
	} {
		for _, charset := range []string{"", "utf-16", "utf-8-sig", "cp1252"} {
			f.Add([]byte(seed), charset)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, charset string) {
		value, err := django.ParseJSON(body, charset)
		valid := json.Valid(body) && utf8.Valid(body)
		if charset == "" && utf8.Valid(body) && err == nil && !valid {
			t.Errorf("ParseJSON(%q) read what is no JSON", body)
		}
		if err != nil {
			if charset == "" && valid && !strings.Contains(err.Error(), "Exceeds the limit") &&
				!strings.Contains(err.Error(), "Nested") {
				t.Errorf("ParseJSON(%q) refused JSON: %v", body, err)
			}
			return
		}
		text, err := django.Render(value, 0)
		if err != nil || text == nil {
			return
		}
		again, err := django.ParseJSON(text, "")
		if err != nil {
			t.Fatalf("ParseJSON(%q) wrote %q, which is refused: %v", body, text, err)
		}
		if second, err := django.Render(again, 0); err != nil || !bytes.Equal(text, second) {
			t.Errorf("ParseJSON(%q) wrote %q, then %q, %v", body, text, second, err)
		}
		indented, err := django.Render(value, 4)
		if err != nil {
			return
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, indented); err != nil || !bytes.Equal(compact.Bytes(), text) {
			t.Errorf("Render(%q, 4) = %q, %v", text, indented, err)
		}
	})
}
