package blacklistfile_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/blacklistfile"
)

// dump is what Django 5.2 with simplejwt 5.5 writes with --indent 2.
const dump = `[
{
  "model": "token_blacklist.outstandingtoken",
  "pk": 1,
  "fields": {
    "user": 7,
    "jti": "08e0429bc012834599e26af000000005",
    "token": "",
    "created_at": "2026-11-29T18:15:13.620Z",
    "expires_at": "2026-11-30T18:15:13Z"
  }
},
{
  "model": "auth.group",
  "pk": 2,
  "fields": {
    "name": "token_blacklist.blacklistedtoken",
    "permissions": []
  }
},
{
  "model": "token_blacklist.outstandingtoken",
  "pk": 3,
  "fields": {
    "user": [
      "ana@example.com"
    ],
    "jti": "b",
    "token": "e30.e30.",
    "created_at": null,
    "expires_at": "2026-11-30T18:15:13"
  }
},
{
  "model": "token_blacklist.blacklistedtoken",
  "pk": 1,
  "fields": {
    "token": 3,
    "blacklisted_at": "2026-11-29T18:15:14Z"
  }
},
{
  "model": "token_blacklist.blacklistedtoken",
  "pk": 2,
  "fields": {
    "token": 4,
    "blacklisted_at": "2026-11-29T18:15:14Z"
  }
}
]
`

// read gives the tokens of a file, each as a line of text, and how many are missing.
func read(text string) (list []string, missing int, err error) {
	r, err := blacklistfile.NewReader(strings.NewReader(text))
	if err != nil {
		return nil, 0, err
	}
	for {
		k, err := r.Next()
		if err == io.EOF {
			return list, r.Missing, nil
		}
		if err != nil {
			return list, 0, err
		}
		var user bytes.Buffer
		if err := json.Compact(&user, k.User); err != nil {
			return list, 0, err
		}
		list = append(list, fmt.Sprint(k.Line, " ", string(k.Key), " ", user.String(), " ", k.ID, " ", k.Token, " ",
			k.ExpiresAt.Format(time.RFC3339), " ", k.Blacklisted))
	}
}

var tokens = []string{
	"2 1 7 08e0429bc012834599e26af000000005  2026-11-30T18:15:13Z false",
	`21 3 ["ana@example.com"] b e30.e30. 2026-12-01T06:15:13Z true`,
}

func TestReader(t *testing.T) {
	var objects []json.RawMessage
	if err := json.Unmarshal([]byte(dump), &objects); err != nil {
		t.Fatal(err)
	}
	one := func(b json.RawMessage) string {
		var line bytes.Buffer
		if err := json.Compact(&line, b); err != nil {
			t.Fatal(err)
		}
		return line.String()
	}
	slices.Reverse(objects) // what is blacklisted comes first
	reversed, lines := "", ""
	for _, o := range objects {
		reversed, lines = reversed+", "+one(o), lines+one(o)+"\n"
	}
	atLine := func(first, second int) []string {
		return []string{fmt.Sprint(second, tokens[1][2:]), fmt.Sprint(first, tokens[0][1:])}
	}
	natural := strings.ReplaceAll(strings.ReplaceAll(dump, "  \"pk\": 3,\n", ""), `"token": 3`, `"token": ["b"]`)
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"indented":          {dump, tokens},
		"in one line":       {"[" + reversed[2:] + "]", atLine(1, 1)},
		"JSONL":             {lines, atLine(5, 3)},
		"blanks in front":   {"\n\n" + lines, atLine(7, 5)},
		"natural keys":      {natural, []string{tokens[0], strings.Replace(tokens[1], " 3 ", ` ["b"] `, 1)}},
		"no token":          {"[]\n", nil},
		"no token, indents": {"[\n]\n", nil},
	} {
		got, missing, err := read(c.text)
		if err != nil || !slices.Equal(got, c.want) || missing != min(len(got), 1) {
			t.Errorf("%s: %q, %d missing, %v; want %q", name, got, missing, err, c.want)
		}
	}
}

func TestReaderRefuses(t *testing.T) {
	const noJSON = "what stands here is no JSON"
	for text, want := range map[string]string{
		"":                                    "the file is empty",
		" \n":                                 "the file is empty",
		"<django-objects>":                    "line 1: " + noJSON + ": write the file with manage.py",
		"- model: x":                          "line 1: " + noJSON + ": write",
		"{}\nx\n":                             "line 2: " + noJSON,
		dump[:len(dump)-3]:                    "line 49: the file ends within the array",
		dump[:200]:                            "line 2: an object begins here, and the file ends within it",
		dump + "[]":                           "something follows",
		"[\n1\n]":                             "line 2: an object must stand here",
		`[{"model": "customers.user"}]`:       "nothing of token_blacklist",
		strings.Replace(dump, `"b"`, `""`, 1): "line 21: an outstanding token without",
		strings.Replace(dump, `"e30.e30."`, `5`, 1): "line 21: an outstanding token without",
		strings.Replace(dump, `"b"`, `5`, 1):        "line 21: json: cannot unmarshal number",
		strings.Replace(dump, `"b",`, `"b"`, 1):     "line 21: invalid character",
	} {
		if got, _, err := read(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %q, %v; want %q", text, got, err, want)
		}
	}
}

// TestWriter: what is written is what dumpdata writes, byte by byte.
func TestWriter(t *testing.T) {
	var b bytes.Buffer
	w := blacklistfile.NewWriter(&b, false)
	at := time.Date(2026, 11, 29, 18, 15, 13, 620_999_000, time.UTC)
	const id = "08e0429bc012834599e26af000000005"
	w.Outstanding(id, json.RawMessage("7"), at, at.Truncate(time.Second).Add(24*time.Hour))
	w.Blacklisted(id, json.RawMessage("5"), at.Truncate(time.Second))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	pk := fmt.Sprint(blacklistfile.PrimaryKey(id))
	want := dump[:strings.Index(dump, ",\n{")] + `,
{
  "model": "token_blacklist.blacklistedtoken",
  "pk": 1,
  "fields": {
    "token": 5,
    "blacklisted_at": "2026-11-29T18:15:13Z"
  }
}
]
`
	if want = strings.ReplaceAll(want, `"pk": 1,`, `"pk": `+pk+`,`); b.String() != want {
		t.Errorf("written\n%s\nwant\n%s", b.String(), want)
	}
	b.Reset()
	w = blacklistfile.NewWriter(&b, true)
	w.Outstanding(id, json.RawMessage("7"), at, at.Truncate(time.Second).Add(24*time.Hour))
	w.Blacklisted(id, json.RawMessage("5"), at.Truncate(time.Second))
	const lines = `{"model": "token_blacklist.outstandingtoken","pk": PK,"fields": {"user": 7,"jti": "` + id +
		`","token": "","created_at": "2026-11-29T18:15:13.620Z","expires_at": "2026-11-30T18:15:13Z"}}
{"model": "token_blacklist.blacklistedtoken","pk": PK,"fields": {"token": 5,"blacklisted_at": "2026-11-29T18:15:13Z"}}
`
	if err := w.Close(); err != nil || b.String() != strings.ReplaceAll(lines, "PK", pk) {
		t.Errorf("written as JSONL, %v:\n%s", err, b.String())
	}
	b.Reset()
	if err := blacklistfile.NewWriter(&b, false).Close(); err != nil || b.String() != "[\n]\n" {
		t.Errorf("an empty blacklist is %q, %v", b.String(), err)
	}
}

func TestPrimaryKey(t *testing.T) {
	seen := map[int64]bool{}
	for i := range 1000 {
		pk := blacklistfile.PrimaryKey(fmt.Sprint(i))
		if pk < 1<<61 || pk >= 1<<62 || seen[pk] || pk != blacklistfile.PrimaryKey(fmt.Sprint(i)) {
			t.Fatalf("the primary key of %d is %d", i, pk)
		}
		seen[pk] = true
	}
}

// FuzzReader: no file makes the reader panic, and lines only grow.
func FuzzReader(f *testing.F) {
	f.Add(dump)
	f.Add(`{"model":"token_blacklist.outstandingtoken","pk":1,"fields":{"jti":"x","token":""}}` + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := blacklistfile.NewReader(strings.NewReader(text))
		for line := 0; err == nil; {
			var k blacklistfile.Token
			if k, err = r.Next(); err == nil && (k.Line < line || k.ID == "") {
				t.Fatalf("line %d follows line %d; id %q", k.Line, line, k.ID)
			}
			line = k.Line
		}
		if err == nil {
			t.Fatal("the file never ends")
		}
	})
}
