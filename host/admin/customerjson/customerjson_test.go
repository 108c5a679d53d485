package customerjson_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/host/admin/customerjson"
)

func FuzzRead(f *testing.F) {
	seeds, err := filepath.Glob("../../../testdata/conformance/setups.json")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, s := range seeds {
		b, err := os.ReadFile(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Add(`{"email": "a@b", "password": null}`)
	f.Add(`{"email": "a\ud83d\ude00@b", "password": "\ud83d", "first_name": "\udc00", "attributes": {"\ud800": "\udfff"}}`)
	f.Add(`[{"email": "a@b", "password": "x", "id": 1}, {"email": "c@d", "password_hash": "!", "last_login": "2024-01-02T03:04:05Z"}]`)
	f.Add(`{"email": "a@b", "password": "x"}` + "\n" +
		`{"email": "c@d", "password": null, "attributes": {"a": [1]}}` + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		customers, err := customerjson.Read(strings.NewReader(text))
		if err == nil && len(customers) == 0 {
			t.Error("no customer and no error")
		}
		if err != nil || strings.Contains(text, "\ufffd") || strings.Contains(strings.ToLower(text), `\ufffd`) {
			return
		}
		for _, c := range customers {
			for _, s := range texts(c) {
				if strings.Contains(s, "\ufffd") || !utf8.ValidString(s) {
					t.Errorf("%q is read of %q, which has nothing such", s, text)
				}
			}
		}
	})
}

// texts are all that a customer has of text.
func texts(c customerjson.Customer) []string {
	list := []string{c.Email, c.FirstName, c.LastName, c.ID.Text, c.PasswordHash, string(c.Attributes)}
	if c.Password != nil {
		list = append(list, *c.Password)
	}
	return slices.Concat(list, c.Permissions, slices.Collect(maps.Keys(c.Groups)))
}
