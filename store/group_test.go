package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// given loads a customer with its rights.
func given(t testing.TB, db *store.DB, id core.CustomerID) store.Customer {
	t.Helper()
	_, c, err := db.Load(t.Context(), store.Query{UserID: id, HasUser: true, Rights: true})
	must(t, err)
	return c
}

func TestRights(t *testing.T) {
	db, _ := fresh(t)
	ada, bea := add(t, db, core.CustomerID{}, "ada"), add(t, db, core.CustomerID{}, "bea")
	put := func(name string, permissions ...string) error { return db.PutGroup(bg, name, permissions) }
	change := func(c store.RightsChange) error { return db.ChangeRights(bg, ada.ID, c) }
	for _, c := range []struct {
		name       string
		do         func() error
		want       error
		own        string
		groups     string
		rights     string
		newVersion bool
	}{
		{"nothing", func() error { return change(store.RightsChange{}) }, nil, "[]", "[]", "[]", false},
		{"of his own", func() error { return change(store.RightsChange{Grant: []string{"b.y", "a.x", "b.y"}}) }, nil,
			"[a.x b.y]", "[]", "[a.x b.y]", true},
		{"again", func() error { return change(store.RightsChange{Grant: []string{"a.x"}}) }, nil, "[a.x b.y]", "[]",
			"[a.x b.y]", false},
		{"a group that is not there", func() error {
			return change(store.RightsChange{Grant: []string{"c.z"},
				Join: []string{"editors"}})
		}, store.ErrNoGroup,
			"[a.x b.y]", "[]", "[a.x b.y]", false},
		{"a group without members", func() error { return put("editors", "b.y", "c.z") }, nil, "[a.x b.y]", "[]",
			"[a.x b.y]", false},
		{"a group", func() error { return change(store.RightsChange{Join: []string{"editors"}}) }, nil, "[a.x b.y]",
			"[editors]", "[a.x b.y c.z]", true},
		{"the group again", func() error { return change(store.RightsChange{Join: []string{"editors"}}) }, nil,
			"[a.x b.y]", "[editors]", "[a.x b.y c.z]", false},
		{"the group gets more", func() error { return db.ChangeGroup(bg, "editors", []string{"d.w"}, []string{"c.z"}) },
			nil,
			"[a.x b.y]", "[editors]", "[a.x b.y d.w]", false},
		{"what he has from the group too",
			func() error { return change(store.RightsChange{Withdraw: []string{"b.y"}}) }, nil,
			"[a.x]", "[editors]", "[a.x b.y d.w]", true},
		{"what he has from the group only",
			func() error { return change(store.RightsChange{Withdraw: []string{"b.y"}}) }, store.ErrNotHeld,
			"[a.x]", "[editors]", "[a.x b.y d.w]", false},
		{"half of it is not held", func() error { return change(store.RightsChange{Withdraw: []string{"a.x", "q.q"}}) },
			store.ErrNotHeld,
			"[a.x]", "[editors]", "[a.x b.y d.w]", false},
		{"a second group, before the first by name", func() error {
			return errors.Join(put("authors", "e.v"), change(store.RightsChange{Join: []string{"authors"}}))
		}, nil, "[a.x]", "[authors editors]", "[a.x b.y d.w e.v]", true},
		{"leaves", func() error { return change(store.RightsChange{Leave: []string{"authors"}}) }, nil, "[a.x]",
			"[editors]", "[a.x b.y d.w]", true},
		{"leaves again", func() error { return change(store.RightsChange{Leave: []string{"authors"}}) },
			store.ErrNotHeld, "[a.x]", "[editors]", "[a.x b.y d.w]", false},
		{"disabled", func() error { return db.SetActive(bg, ada.ID, false) }, nil, "[a.x]", "[editors]", "[]", true},
		{"enabled", func() error { return db.SetActive(bg, ada.ID, true) }, nil, "[a.x]", "[editors]", "[a.x b.y d.w]",
			true},
		{"the group is removed", func() error { return db.RemoveGroup(bg, "editors") }, nil, "[a.x]", "[]", "[a.x]",
			false},
		{"leaves a group that is gone", func() error { return change(store.RightsChange{Leave: []string{"editors"}}) },
			store.ErrNotHeld, "[a.x]", "[]", "[a.x]", false},
		{"another group of the same name", func() error { return put("editors", "root.all") }, nil, "[a.x]", "[]",
			"[a.x]", false},
		{"joins that one", func() error {
			return change(store.RightsChange{Join: []string{"editors"},
				Withdraw: []string{"a.x"}})
		}, nil,
			"[]", "[editors]", "[root.all]", true},
		{"nothing left", func() error { return change(store.RightsChange{Leave: []string{"editors"}}) }, nil, "[]",
			"[]", "[]", true},
	} {
		before := given(t, db, ada.ID).Version
		wantErr(t, c.name, c.do(), c.want)
		got := given(t, db, ada.ID)
		if fmt.Sprint(got.Permissions) != c.own || fmt.Sprint(got.Groups) != c.groups ||
			fmt.Sprint(got.Rights) != c.rights {
			t.Errorf("%s: permissions %v, groups %v, rights %v, want %s, %s, %s", c.name, got.Permissions, got.Groups,
				got.Rights, c.own, c.groups, c.rights)
		}
		if (got.Version != before) != c.newVersion {
			t.Errorf("%s: version %d after %d, want a new one: %v", c.name, got.Version, before, c.newVersion)
		}
		listed, err := db.Get(bg, ada.ID)
		if err != nil || listed.Rights != nil || !reflect.DeepEqual(listed.Groups, got.Groups) ||
			!reflect.DeepEqual(listed.Permissions, got.Permissions) {
			t.Errorf("%s: Get = %+v, %v, want the same without rights", c.name, listed, err)
		}
	}
	if c := given(t, db, bea.ID); c.Permissions != nil || c.Groups != nil || c.Rights != nil {
		t.Errorf("another customer has %+v", c)
	}
}

// No token is issued if the rights that it rests on changed meanwhile.
func TestRightsConflict(t *testing.T) {
	db, _ := fresh(t)
	ada := add(t, db, core.CustomerID{}, "ada")
	s := state(t, db, ada.ID, core.Family{})
	must(t, db.ChangeRights(bg, ada.ID, store.RightsChange{Grant: []string{"a.b"}}))
	wantErr(t, "Settle", db.Settle(bg, login(s, start)), store.ErrConflict)
}

// A customer who is removed leaves no rights to the next one with the id.
func TestRemoveTakesRights(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := store.Open(store.Config{Path: path})
	must(t, err)
	ada := add(t, db, core.Integer(1), "ada")
	must(t, db.PutGroup(bg, "editors", nil))
	must(t, db.ChangeRights(bg, ada.ID, store.RightsChange{Grant: []string{"a.b"}, Join: []string{"editors"}}))
	must(t, db.Remove(bg, ada.ID, 0))
	add(t, db, core.Integer(1), "ada")
	if c := given(t, db, ada.ID); c.Permissions != nil || c.Groups != nil || c.Rights != nil {
		t.Errorf("the next customer with the id has %+v", c)
	}
	must(t, db.Close())
	if r, err := store.Check(path); err != nil || !r.Sound() {
		t.Errorf("Check = %v, %v", shown(r), err)
	}
}

func TestGroups(t *testing.T) {
	db, _ := fresh(t)
	list := func() string {
		groups, err := db.Groups(bg)
		must(t, err)
		return fmt.Sprint(groups)
	}
	for _, c := range []struct {
		name string
		do   func() error
		want error
		list string
	}{
		{"none", func() error { return nil }, nil, "[]"},
		{"one", func() error { return db.PutGroup(bg, "b", []string{"x.y", "a.b", "x.y"}) }, nil, "[{b [a.b x.y]}]"},
		{"another without permissions", func() error { return db.PutGroup(bg, "a", nil) }, nil,
			"[{a []} {b [a.b x.y]}]"},
		{"one that is there", func() error { return db.AddGroup(bg, "b", []string{"x.y"}) }, store.ErrExists,
			"[{a []} {b [a.b x.y]}]"},
		{"one more", func() error { return db.AddGroup(bg, "c", []string{"x.y"}) }, nil,
			"[{a []} {b [a.b x.y]} {c [x.y]}]"},
		{"one less", func() error { return db.RemoveGroup(bg, "c") }, nil, "[{a []} {b [a.b x.y]}]"},
		{"other permissions", func() error { return db.PutGroup(bg, "b", []string{"q.r"}) }, nil, "[{a []} {b [q.r]}]"},
		{"more and less", func() error { return db.ChangeGroup(bg, "b", []string{"a.b"}, []string{"q.r"}) }, nil,
			"[{a []} {b [a.b]}]"},
		{"less than there is", func() error { return db.ChangeGroup(bg, "b", []string{"c.d"}, []string{"q.r"}) },
			store.ErrNotHeld, "[{a []} {b [a.b]}]"},
		{"names differ in case", func() error { return db.ChangeGroup(bg, "B", []string{"c.d"}, nil) },
			store.ErrNoGroup, "[{a []} {b [a.b]}]"},
		{"removed", func() error { return db.RemoveGroup(bg, "a") }, nil, "[{b [a.b]}]"},
		{"removed again", func() error { return db.RemoveGroup(bg, "a") }, store.ErrNoGroup, "[{b [a.b]}]"},
		{"empty name", func() error { return db.RemoveGroup(bg, "") }, store.ErrNoGroup, "[{b [a.b]}]"},
		{"far too long a name", func() error { return db.RemoveGroup(bg, strings.Repeat("x", 100_000)) },
			store.ErrNoGroup, "[{b [a.b]}]"},
		{"too many permissions", func() error {
			var many []string
			for i := range 700 {
				many = append(many, fmt.Sprintf("%0100d.%0100d", i, i))
			}
			return db.PutGroup(bg, "b", many)
		}, store.ErrInvalid, "[{b [a.b]}]"},
	} {
		wantErr(t, c.name, c.do(), c.want)
		if got := list(); got != c.list {
			t.Errorf("%s: Groups = %s, want %s", c.name, got, c.list)
		}
	}
}

// Names are what Django's columns hold.
func TestNames(t *testing.T) {
	ü := func(n int) string { return strings.Repeat("ü", n) }
	for _, c := range []struct {
		permission string
		ok         bool
	}{
		{"customers.view_customer", true}, {"a.b.c", true}, {ü(100) + "." + ü(100), true}, {ü(101) + ".b", false},
		{"a." + ü(101), false},
		{"", false}, {"a", false}, {".", false}, {"a.", false}, {".b", false}, {"a.\x00", false}, {"a.\xff", false},
		{"a." + strings.Repeat("b", 2000), false},
	} {
		err := store.CheckPermission(c.permission)
		if ok := err == nil; ok != c.ok {
			t.Errorf("CheckPermission(%.20q) = %v, want ok: %v", c.permission, err, c.ok)
		}
	}
	for _, c := range []struct {
		name string
		ok   bool
	}{{"editors", true}, {"a b", true}, {" a", false}, {"a\t", false}, {ü(150), true}, {ü(151), false}, {"", false},
		{"a\x00", false}, {"\xff", false}} {
		if err := store.CheckNewGroupName(c.name); (err == nil) != c.ok {
			t.Errorf("CheckNewGroupName(%.20q) = %v, want ok: %v", c.name, err, c.ok)
		}
	}
}

// Customers may come with their rights, and groups with them.
func TestAddWithRights(t *testing.T) {
	for _, c := range []struct {
		name   string
		list   []store.NewCustomer
		err    string
		groups string // all, after
		rights []string
	}{
		{"a permission, and a group that is there", []store.NewCustomer{{Email: "a",
			Permissions: []string{"b.b", "a.a"}, Groups: map[string][]string{"old": nil}}},
			"", "[{old [o.o]}]", []string{"[a.a b.b o.o]"}},
		{"with just what it has", []store.NewCustomer{{Email: "a", Groups: map[string][]string{"old": {"o.o", "o.o"}}}},
			"", "[{old [o.o]}]", []string{"[o.o]"}},
		{"with other permissions", []store.NewCustomer{{Email: "a"},
			{Email: "b", Groups: map[string][]string{"old": {"o.o", "p.p"}}}},
			`entry 2, customer "b": group "old" is already taken with other permissions`, "[{old [o.o]}]", nil},
		{"with no permissions", []store.NewCustomer{{Email: "a", Groups: map[string][]string{"old": {}}}},
			`entry 1, customer "a": group "old" is already taken with other permissions`, "[{old [o.o]}]", nil},
		{"made by two", []store.NewCustomer{{Email: "a", Groups: map[string][]string{"new": {"n.n"}}},
			{Email: "b", Groups: map[string][]string{"new": {"m.m", "n.n"}}},
			{Email: "c", Groups: map[string][]string{"new": nil, "empty": {}}}},
			"", "[{empty []} {new [m.m n.n]} {old [o.o]}]", []string{"[m.m n.n]", "[m.m n.n]", "[m.m n.n]"}},
		{"a group that is nowhere", []store.NewCustomer{{Email: "a", Groups: map[string][]string{"new": {"n.n"}}},
			{Email: "b", Groups: map[string][]string{"none": nil}}},
			`entry 2, customer "b": group "none": no such group`, "[{old [o.o]}]", nil},
		{"no permission", []store.NewCustomer{{Email: "a", Permissions: []string{"view_customer"}}},
			`entry 1, customer "a": permission "view_customer" cannot be stored: it must be app_label.codename, such as customers.view_customer`, "[{old [o.o]}]", nil},
		{"no permission of a group", []store.NewCustomer{{Email: "a", Groups: map[string][]string{"new": {"x"}}}},
			`entry 1, customer "a": group "new": permission "x" cannot be stored: it must be app_label.codename, such as customers.view_customer`, "[{old [o.o]}]", nil},
		{"no name", []store.NewCustomer{{Email: "a", Groups: map[string][]string{"": nil}}},
			`entry 1, customer "a": group name cannot be stored: it has 0 characters, not 1 to 150`, "[{old [o.o]}]",
			nil},
	} {
		db, _ := fresh(t)
		must(t, db.PutGroup(bg, "old", []string{"o.o"}))
		for i := range c.list {
			c.list[i].IsActive = true
		}
		added, err := db.AddAll(bg, c.list)
		if text := fmt.Sprint(err); err == nil && c.err != "" || err != nil && text != c.err {
			t.Errorf("%s: AddAll = %v, want %s", c.name, err, c.err)
		}
		if groups, err := db.Groups(bg); err != nil || fmt.Sprint(groups) != c.groups {
			t.Errorf("%s: Groups = %v, %v, want %s", c.name, groups, err, c.groups)
		}
		if n, err := db.Count(bg); err != nil || n != len(c.rights) {
			t.Errorf("%s: %d customers, %v, want %d", c.name, n, err, len(c.rights))
		}
		for i, want := range c.rights {
			got := given(t, db, added[i].ID)
			if fmt.Sprint(got.Rights) != want || !reflect.DeepEqual(got.Groups, added[i].Groups) ||
				!reflect.DeepEqual(got.Permissions, added[i].Permissions) {
				t.Errorf("%s: customer %d is %+v, added as %+v, want rights %s", c.name, i, got, added[i], want)
			}
		}
	}
}
