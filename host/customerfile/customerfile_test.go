package customerfile_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/customerfile"
)

const fixtures = "../../testdata/conformance/django/"

func fixture(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(fixtures + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func source(name, text string) customerfile.Source {
	return customerfile.Source{Name: name, ReadSeeker: strings.NewReader(text)}
}

// rows reads texts to their end, which is not there if err is not nil.
func rows(t testing.TB, o customerfile.Options, texts ...string) (list []customerfile.Row, origin customerfile.Origin,
	err error) {
	t.Helper()
	var sources []customerfile.Source
	for i, text := range texts {
		sources = append(sources, source(string(rune('a'+i)), text))
	}
	r, err := customerfile.Open(sources, o)
	if err != nil {
		return nil, origin, err
	}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return list, r.Origin(), nil
		}
		if err != nil {
			return list, r.Origin(), err
		}
		list = append(list, row)
	}
}

func TestFixtures(t *testing.T) {
	for _, files := range [][]string{
		{"customers.json"}, {"customers-natural.json"}, {"customers.json", "groups.json"},
		{"groups.json", "customers-natural.json"},
	} {
		var texts []string
		for _, name := range files {
			texts = append(texts, fixture(t, name))
		}
		list, origin, err := rows(t, customerfile.Options{}, texts...)
		if err != nil || len(list) != 45 || origin.Model != "customers.customer" || len(origin.Fields) != 11 {
			t.Fatalf("%s: %d rows, %+v, %v", files, len(list), origin, err)
		}
		line := 0
		for i, row := range list {
			if row.Err != nil {
				t.Errorf("%s: row %d: %v", files, i, row.Err)
			}
			if row.ID != core.Integer(int64(i+1)) || row.Line < line {
				t.Errorf("%s: row %d has id %v and line %d", files, i, row.ID, row.Line)
			}
			line = row.Line + 17
		}
	}
}

// TestKeys: what is a number in a dump is a name where a file explains it, and else kept.
func TestKeys(t *testing.T) {
	const ofNatural = `{"model": "auth.permission", "pk": 21, "fields": {"content_type": ["customers", "customer"],
"codename": "add_customer"}}`
	const types = `[
{"model": "contenttypes.contenttype", "pk": 4, "fields": {"app_label": "customers", "model": "customer"}},
{"model": "auth.permission", "pk": 21, "fields": {"name": "x", "content_type": 4, "codename": "add_customer"}}]`
	known := customerfile.Origin{Groups: map[string]customerfile.Group{"editors": {PK: 1}},
		Permissions: map[string]customerfile.Permission{"customers.add_customer": {PK: 21, Model: "customer"}}}
	customers, natural := fixture(t, "customers.json"), fixture(t, "customers-natural.json")
	groups, nothing := fixture(t, "groups.json"), customerfile.Origin{}
	for _, c := range []struct {
		name               string
		known              customerfile.Origin
		texts              []string
		group, right, kept string
	}{
		{"nothing", nothing, []string{customers}, "", "", `{"groups":[1],"user_permissions":[21]}`},
		{"groups", nothing, []string{customers, groups}, "editors", "", `{"user_permissions":[21]}`},
		{"types before", nothing, []string{types, customers}, "", "customers.add_customer", `{"groups":[1]}`},
		{"all after", nothing, []string{customers, groups, types}, "editors", "customers.add_customer", ""},
		{"a natural content type", nothing, []string{ofNatural, customers}, "", "customers.add_customer",
			`{"groups":[1]}`},
		{"known", known, []string{customers}, "editors", "customers.add_customer", ""},
		{"natural", nothing, []string{natural}, "editors", "customers.add_customer", ""},
	} {
		list, origin, err := rows(t, customerfile.Options{Known: c.known}, c.texts...)
		if err != nil || len(list) != 45 {
			t.Fatalf("%s: %d rows, %v", c.name, len(list), err)
		}
		row := list[44]
		if _, in := row.Groups[c.group]; in != (c.group != "") || strings.Join(row.Permissions, " ") != c.right ||
			string(row.Kept) != c.kept {
			t.Errorf("%s: groups %v, permissions %v, kept %s", c.name, row.Groups, row.Permissions, row.Kept)
		}
		if _, there := origin.Groups["editors"]; there != (c.group != "") {
			t.Errorf("%s: groups of the origin are %v", c.name, origin.Groups)
		}
	}
}

// TestGroups: the files name groups in every format, and only the customers' model counts.
func TestGroups(t *testing.T) {
	const team = `{"model": "shop.team", "pk": 1, "fields": {"groups": [["nobody"]]}}`
	for _, c := range []struct{ name, text, want string }{
		{"natural keys", fixture(t, "customers-natural.json"), "editors<nil>"},
		{"primary keys", fixture(t, "customers.json"), ""},
		{"a dump of groups", fixture(t, "groups.json"), "editors[customers.change_customer]"},
		{"another model", team + "\n" + dumped("1", `"email": "x@b", "groups": [["some"]]`), "some<nil>"},
		{"lines", `{"group": "a", "permissions": []} {"group": "b"}`, "a[] b<nil>"},
		{"customers", `{"email": "x@b", "password": null, "groups": ["a"]}
			{"email": "y@b", "password": null, "groups": {"b": ["x.y"], "a": []}}
			{"email": "z@b", "password": null, "groups": {"b": ["x.z"]}}`, "a[] b[x.y x.z]"},
		{"CSV", "email,password,groups\nx@b,,\"[\"\"a\"\"]\"\ny@b,,\"[\"\"b\"\",\"\"a\"\"]\"\n", "a<nil> b<nil>"},
		{"a customer with a member group", `{"email": "x@b", "password": null, "group": "gold"}`, ""},
	} {
		r, err := customerfile.Open([]customerfile.Source{source("a", c.text)}, customerfile.Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		for _, g := range r.Groups() {
			if g.Permissions == nil {
				got = append(got, g.Name+"<nil>")
			} else {
				got = append(got, g.Name+fmt.Sprint(g.Permissions))
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: groups %s, want %s", c.name, got, c.want)
		}
	}
}

// TestKnown: a key that another group has now is no longer the key of the one that had it.
func TestKnown(t *testing.T) {
	known := customerfile.Origin{
		Model: "Shop.Customer", Email: "login", Groups: map[string]customerfile.Group{"writers": {PK: 1}, "x": {PK: 2}},
	}
	list, origin, err := rows(t, customerfile.Options{Known: known}, fixture(t, "groups.json"),
		dumped("1", `"login": "x@b", "email": "y@b", "groups": [1, 2]`))
	if err != nil || len(list) != 1 || list[0].Email != "x@b" || string(list[0].Attributes) != `{"email":"y@b"}` {
		t.Fatalf("rows are %+v, %v", list, err)
	}
	if _, in := list[0].Groups["editors"]; !in || len(list[0].Groups) != 2 {
		t.Errorf("groups are %v", list[0].Groups)
	}
	g := origin.Groups
	if g["writers"].PK != 0 || g["editors"].PK != 1 || g["x"].PK != 2 || origin.Model != "shop.customer" {
		t.Errorf("origin is %+v", origin)
	}
}

// TestOtherSystem: keys that an import of another system explained say nothing of these.
func TestOtherSystem(t *testing.T) {
	known := customerfile.Origin{
		Model: "customers.customer", Groups: map[string]customerfile.Group{"admins": {PK: 1, Kept: []int64{40}}},
		Permissions: map[string]customerfile.Permission{"customers.delete_customer": {PK: 21, Model: "customer"}},
	}
	customers := fixture(t, "customers.json") // the last one has group 1 and permission 21
	permission := func(pk int, codename string) string {
		return fmt.Sprintf(`{"model": "auth.permission", "pk": %d, "fields": {"codename": %q,
"content_type": ["customers", "customer"]}}`, pk, codename)
	}
	const user = `{"model":"auth.user","pk":1,"fields":{"password":"!","email":"a","groups":[1],"user_permissions":[21]}}`
	for name, c := range map[string]struct {
		texts        []string
		group, right bool
	}{
		"the same":                      {[]string{customers, permission(21, "delete_customer")}, true, true},
		"the same, by and large":        {[]string{customers, permission(22, "view_customer")}, true, true},
		"a permission with another key": {[]string{customers, permission(31, "delete_customer")}, false, false},
		"a key of another permission":   {[]string{customers, permission(21, "view_customer")}, false, false},
		"another model":                 {[]string{user}, false, false},
	} {
		list, origin, err := rows(t, customerfile.Options{Known: known}, c.texts...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		row := list[len(list)-1]
		_, group := row.Groups["admins"]
		right := slices.Contains(row.Permissions, "customers.delete_customer")
		if group != c.group || right != c.right {
			t.Errorf("%s: groups %v, permissions %v, kept %s", name, row.Groups, row.Permissions, row.Kept)
		}
		if pk := origin.Groups["admins"].PK; (pk == 1) != c.group {
			t.Errorf("%s: the key of admins is %d", name, pk)
		}
	}
}

// TestTwoNames: files that disagree on a key are not read.
func TestTwoNames(t *testing.T) {
	customers := fixture(t, "customers.json")
	for name, texts := range map[string][2]string{
		"group": {`{"model":"auth.group","pk":1,"fields":{"name":"editors","permissions":[]}}`,
			`{"model":"auth.group","pk":1,"fields":{"name":"admins","permissions":[]}}`},
		"permission": {
			`{"model":"auth.permission","pk":2,"fields":{"codename":"view_x","content_type":["a","x"]}}`,
			`{"model":"auth.permission","pk":2,"fields":{"codename":"add_x","content_type":["a","x"]}}`},
		"content type": {`{"model":"contenttypes.contenttype","pk":3,"fields":{"app_label":"a","model":"x"}}`,
			`{"model":"contenttypes.contenttype","pk":3,"fields":{"app_label":"b","model":"x"}}`},
	} {
		if _, _, err := rows(t, customerfile.Options{}, texts[0], customers, texts[0]); err != nil {
			t.Errorf("a %s that is there twice: %v", name, err)
		}
		_, _, err := rows(t, customerfile.Options{}, texts[0], customers, texts[1])
		if err == nil || !strings.Contains(err.Error(), "import what one system wrote at one time") {
			t.Errorf("a %s with two names: %v", name, err)
		}
	}
}
