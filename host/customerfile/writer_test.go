package customerfile_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

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
