package customerfile_test

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/customerfile"
	"github.com/edgetoken/edgetoken/store"
)

// FuzzRead reads anything, in each format: it ends, and each row that is good is good, and the same, once it was
// written as a line of JSON and as one of CSV.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"customers.json", "customers-natural.json", "groups.json"} {
		text := fixture(f, name)
		f.Add("[\n" + text[strings.LastIndex(text, "{\n  \"model\""):]) // small ones are made smaller in no time
	}
	for _, seed := range []string{
		`{"email": "a@b", "password": null}` + "\n" + `{"email": "c@d", "password_hash": "!", "groups": {"x": ["a.b"]}}`,
		`{"group": "editors", "permissions": ["a.b"]}` + "\n" +
			`{"email": "a@b", "password": "secret 1", "kept": {"a": [1]}}`,
		"id,email,password,is_active,last_login,groups,attributes\n" +
			"7,a@b,secret,t,2024-01-02 03:04:05+00,\"[\"\"x\"\"]\",\n",
		"email,password_hash\r\n\"a\"\"@b\",\r\n\"c\nd@e\",!\n\"x\nb@c,!\n",
		dumped("7", `"email": "a@b", "phone": null, "groups": [["x"], 3], "user_permissions": [["add_a", "b", "c"]]`),
		dumped(`"u"`, `"email": "a@b", "last_login": "2024-01-02T03:04:05.000Z"`) + "\n{",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := customerfile.Open([]customerfile.Source{source("a", text)}, customerfile.Options{})
		if err != nil {
			return
		}
		var list []store.Exported
		for line := 0; ; {
			row, err := r.Next()
			if err != nil {
				if errors.Is(err, io.EOF) && r.Offset() > int64(len(text)) {
					t.Errorf("%d bytes of %d were read", r.Offset(), len(text))
				}
				break
			}
			if row.Line < line || row.Line > 1+strings.Count(text, "\n") {
				t.Errorf("a row of line %d follows one of line %d", row.Line, line)
			}
			line = row.Line
			_, nameless := row.Groups[""]
			if row.Err == nil && !nameless && row.Password == nil && row.ID.Text == "" && row.Email != "" {
				if row.ID.IsZero() { // as the store gives them
					row.ID = core.Integer(int64(len(list)))
				}
				if row.DateJoined.IsZero() {
					row.DateJoined = time.UnixMicro(1).UTC()
				}
				list = append(list, exported(row))
			}
		}
		for _, format := range []customerfile.Format{customerfile.JSONL, customerfile.CSV} {
			again, _, err := rows(t, customerfile.Options{}, writeAll(t, format, r.Origin(), false, list))
			if len(list) > 0 && (err != nil || len(again) != len(list)) {
				t.Fatalf("%s: %d rows of %d, %v", format, len(again), len(list), err)
			}
			for i, row := range again {
				if got := exported(row); row.Err != nil || !reflect.DeepEqual(got, list[i]) {
					t.Errorf("%s: %+v, %v, was %+v", format, got, row.Err, list[i])
				}
			}
		}
	})
}
