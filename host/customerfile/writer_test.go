package customerfile_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/customerfile"
	"github.com/edgetoken/edgetoken/store"
)

// exported is a row as the store gives it back.
func exported(row customerfile.Row) store.Exported {
	n := row.NewCustomer
	var attributes json.RawMessage
	if n.Attributes != nil {
		var b bytes.Buffer
		_ = json.Compact(&b, n.Attributes)
		attributes = b.Bytes()
	}
	permissions := slices.Compact(slices.Sorted(slices.Values(n.Permissions)))
	return store.Exported{Kept: row.Kept, Customer: store.Customer{
		ID: n.ID, Email: n.Email, FirstName: n.FirstName, LastName: n.LastName,
		IsActive: n.IsActive, IsStaff: n.IsStaff, IsSuperuser: n.IsSuperuser,
		LastLogin: n.LastLogin, DateJoined: n.DateJoined, Attributes: attributes,
		PasswordHash: n.PasswordHash, Permissions: permissions, Groups: slices.Sorted(maps.Keys(n.Groups)),
	}}
}

// write writes rows, and the groups of the origin if groups is true.
func write(t testing.TB, f customerfile.Format, o customerfile.Origin, primaryKeys, groups bool,
	list []customerfile.Row) (string, map[string]int) {
	t.Helper()
	var b strings.Builder
	w := customerfile.NewWriter(&b, f, o, primaryKeys)
	if groups {
		var all []store.Group
		for _, name := range slices.Sorted(maps.Keys(o.Groups)) {
			all = append(all, store.Group{Name: name, Permissions: o.Groups[name].Permissions})
		}
		if err := w.Groups(all); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range list {
		if row.Err != nil {
			t.Fatal(row.Err)
		}
		if err := w.Write(exported(row)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.Left()
}

// TestFixturesComeBack: a dump that was read is written as it was, byte for byte.
func TestFixturesComeBack(t *testing.T) {
	for _, c := range []struct {
		name         string
		primaryKeys  bool
		read         []string
		want         string
		groups, rows bool
	}{
		{"primary keys", true, []string{"customers.json"}, "customers.json", false, true},
		{"keys that nothing explains", false, []string{"customers.json"}, "customers.json", false, true},
		{"natural keys", false, []string{"customers-natural.json"}, "customers-natural.json", false, true},
		{"with groups beside them", false, []string{"customers-natural.json", "groups.json"}, "customers-natural.json",
			false, true},
		{"groups", false, []string{"customers-natural.json", "groups.json"}, "groups.json", true, false},
		{"groups and primary keys", true, []string{"customers.json", "groups.json"}, "customers.json", false, true},
	} {
		var texts []string
		for _, name := range c.read {
			texts = append(texts, fixture(t, name))
		}
		list, origin, err := rows(t, customerfile.Options{}, texts...)
		if err != nil {
			t.Fatal(err)
		}
		if !c.rows {
			list = nil
		}
		want := fixture(t, c.want)
		got, left := write(t, customerfile.Dumpdata, origin, c.primaryKeys, c.groups, list)
		if got != want || len(left) > 0 {
			t.Errorf("%s: %d of %d bytes are equal, left %v", c.name, equal(got, want), len(got), left)
		}
	}
}

// equal is how many bytes are equal at the start.
func equal(a, b string) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// TestOtherModel: a model may lack fields that others have. What has no place is left out and counted.
func TestOtherModel(t *testing.T) {
	joined := time.Date(2024, 1, 2, 3, 4, 5, 6000, time.UTC)
	list := []store.Exported{
		{Customer: store.Customer{
			ID: core.Integer(1), Email: "a@b", IsActive: true, PasswordHash: "!", DateJoined: joined,
		}},
		{Customer: store.Customer{
			ID: core.Text("u-2"), Email: "c@d", FirstName: "Ana", LastName: "Ruiz", IsStaff: true, IsSuperuser: true,
			PasswordHash: "!", DateJoined: joined, Groups: []string{"x"}, Permissions: []string{"a.b"},
			Attributes: []byte(`{"plan":"pro","phone":"1","password":"no field"}`),
		}, Kept: []byte(`{"groups":"none"}`)},
	}
	o := customerfile.Origin{Model: "shop.user", Email: "login", Fields: []string{"password", "login", "phone"}}
	const want = `[
{
  "model": "shop.user",
  "pk": 1,
  "fields": {
    "password": "!",
    "login": "a@b"
  }
},
{
  "model": "shop.user",
  "pk": "u-2",
  "fields": {
    "password": "!",
    "login": "c@d",
    "phone": "1"
  }
}
]
`
	var b strings.Builder
	w := customerfile.NewWriter(&b, customerfile.Dumpdata, o, false)
	for _, e := range list {
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil || b.String() != want {
		t.Errorf("Close = %v, and the file is\n%s", err, b.String())
	}
	left := map[string]int{
		"first_name": 1, "last_name": 1, "is_active": 1, "is_staff": 1, "is_superuser": 1, "groups": 1,
		"user_permissions": 1, "attributes.plan": 1, "attributes.password": 1,
	}
	if !maps.Equal(w.Left(), left) {
		t.Errorf("Left = %v, want %v", w.Left(), left)
	}
}

// TestNoOrigin: what was never imported is written for Django's own model; a permission needs the name of its model.
func TestNoOrigin(t *testing.T) {
	groups := []store.Group{{Name: "x", Permissions: []string{"shop.may_fly", "shop.view_bird"}}}
	e := store.Exported{Customer: store.Customer{
		ID: core.Integer(1), Email: "a@b", Permissions: []string{"shop.may_fly"},
	}}
	var b strings.Builder
	w := customerfile.NewWriter(&b, customerfile.Dumpdata, customerfile.Origin{Model: "auth.user"}, true)
	if err := errors.Join(w.Groups(groups), w.Write(e), w.Close()); err != nil {
		t.Fatal(err)
	}
	if left := w.Left(); left["permissions of groups"] != 1 || left["permissions"] != 1 || len(left) != 2 {
		t.Errorf("Left = %v", left)
	}
	list, origin, err := rows(t, customerfile.Options{}, b.String())
	if err != nil || len(list) != 1 || list[0].Email != "a@b" || len(origin.Fields) != 11 ||
		strings.Join(origin.Groups["x"].Permissions, " ") != "shop.view_bird" {
		t.Errorf("read again: %+v, %+v, %v", list, origin, err)
	}
	w = customerfile.NewWriter(&b, customerfile.Dumpdata, customerfile.Origin{}, true)
	if err := w.Write(e); err == nil || !strings.Contains(err.Error(), "no import has named the customers' model") {
		t.Errorf("Write without a model = %v", err)
	}
}
