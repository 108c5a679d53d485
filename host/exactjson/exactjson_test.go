package exactjson_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/core/strictjson"
	"github.com/edgetoken/edgetoken/host/exactjson"
)

func TestUnmarshal(t *testing.T) {
	type call struct {
		Name string          `json:"name,omitempty"`
		More json.RawMessage `json:"more"`
	}
	var got call
	if err := exactjson.Unmarshal([]byte(` {"more": {"n": 1.50}, "name": "\ud83d\ude00"} `), &got); err != nil ||
		got.Name != "😀" || string(got.More) != `{"n": 1.50}` {
		t.Errorf("Unmarshal = %+v, %v", got, err)
	}
	for text, want := range map[string]string{
		`{"Name": "a"}`:                       `"Name" is unknown: there are name, more`,
		`{"name": "a", "n\u0061me": "b"}`:     `at name is there twice`,
		`{"more": {"a": [{"b": 1, "b": 2}]}}`: `at more.a[0].b is there twice`,
		`{"name": "a"} {}`:                    `something follows the JSON object`,
		`[]`:                                  `is no JSON object`,
		`{"name": "a"`:                        `is no JSON object`,
		`{"name": "\udc00"}`:                  `at name has half of a surrogate pair`,
		"{\"name\": \"\xc0\x80\"}":            `is not UTF-8`,
		`{"name": 7}`:                         `cannot unmarshal number`,
	} {
		if err := exactjson.Unmarshal([]byte(text), &got); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Unmarshal(%s) = %v, want %q", text, err, want)
		}
	}
}

// FuzzClaims holds what Claims lets pass to be just what core reads in a token, and what Texts lets pass to be read
// as it is written.
func FuzzClaims(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a": 1}`, `{"a": [1, {"b": "\ud83d\ude00", "c": [[], {}]}], "d": -0.5e-7}`, `{"a": "\ud83d"}`,
		`{"\udc00": 1}`, `{"a": 1, "\u0061": 2}`, `{"a": "\\ud83d"}`,
		`{"a": ` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`, `{"a": ` + strings.Repeat("[", 64) +
			strings.Repeat("]", 64) + `}`,
		`{"a": ` + strings.Repeat("1", 4300) + `}`, `{"a": -` + strings.Repeat("1", 4301) + `}`, `{"a": ` +
			strings.Repeat("1", 4301) + `.0}`, "{\"a\": \"\xed\xa0\x80\"}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		raw := []byte(text)
		if !json.Valid(raw) || raw[0] == '[' {
			return
		}
		if err := exactjson.Claims(raw); (err == nil) != strictjson.Valid(raw) &&
			strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") && len(raw) <= strictjson.MaxBytes {
			t.Errorf("Claims(%q) = %v, and core says %v", text, err, strictjson.Valid(raw))
		} else if err != nil && err.Error() == "no token can hold it" && strings.HasPrefix(text, "{") {
			t.Errorf("Claims(%q) does not know the reason", text)
		}
		if exactjson.Texts(raw) != nil {
			return
		}
		var v json.RawMessage
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatal(err)
		}
		if replaced := strings.Count(decoded(t, raw), "\ufffd"); replaced > strings.Count(text,
			"\ufffd")+strings.Count(strings.ToLower(text), `\ufffd`) || !utf8.Valid(raw) {
			t.Errorf("Texts lets %q pass, of which %d characters are replaced", text, replaced)
		}
	})
}

// decoded are all texts of a value.
func decoded(t *testing.T, raw []byte) string {
	var b strings.Builder
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	for {
		token, err := d.Token()
		if err != nil {
			return b.String()
		}
		if s, ok := token.(string); ok {
			b.WriteString(s)
		}
	}
}

func TestMembers(t *testing.T) {
	for raw, want := range map[string]string{
		`{"a": 1, "b":{"c":[]}, "a":null}`: `a=1 b={"c":[]} a=null `,
		`{}`:                               "", `["a",1]`: "", ``: "", `"a"`: "",
		`{"a":1,"b"`: "a=1 ", `{"a":1,2:3}`: "a=1 ",
	} {
		got := ""
		for name, value := range exactjson.Members([]byte(raw)) {
			got += name + "=" + string(value) + " "
		}
		if got != want {
			t.Errorf("Members(%s) = %q, want %q", raw, got, want)
		}
	}
}

func TestExact(t *testing.T) {
	long := strings.Repeat("x", strictjson.MaxBytes)
	for raw, want := range map[string]string{
		`{"a": 1, "b": [{"c": "ü"}]}`: "", `{"a": "` + long + `"}`: "",
		`{"a": "` + long + `", "b": {"a": 1, "a": 2}}`: "at b.a is there twice",
		`{"a": 1, "\u0061": 2}`:                        "at a is there twice",
		`{"a": ["\ud83d"]}`:                            "at a[0] has half of a surrogate pair",
		"{\"a\": \"\xff\"}":                            "is not UTF-8",
		`{"a": 1`:                                      "is no JSON", `{"a" 1}`: "is no JSON", `{} {}`: "is no JSON",
	} {
		err := exactjson.Exact([]byte(raw))
		if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) ||
			errors.Is(err, exactjson.ErrNoJSON) != (want == "is no JSON") {
			t.Errorf("Exact(%.40s) = %v, want %q", raw, err, want)
		}
	}
}
