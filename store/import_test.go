package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

const sourceHash = "pbkdf2_sha256$1$s$hlaZvx+fQUB7nsOXctgpvyJ4ixMmVOdSfNbS+6nH3wk="

// imported is a row with everything, as another system has it.
func imported(id int64, email string) store.ImportRow {
	return store.ImportRow{NewCustomer: store.NewCustomer{ID: core.Integer(id), Email: email, FirstName: "Ada",
		LastName: "L", IsActive: true, IsStaff: true, LastLogin: time.UnixMilli(start - 1000).UTC(),
		DateJoined: time.UnixMilli(start - day).UTC(), PasswordHash: sourceHash,
		Attributes: json.RawMessage(`{"plan":"gold"}`), Permissions: []string{"a.b"},
		Groups: map[string][]string{"editors": nil}}, Kept: json.RawMessage(`{"groups":[7]}`)}
}

// doImport imports rows, and gives what came of each as one text.
func doImport(t *testing.T, db *store.DB, c store.ImportConfig, rows ...store.ImportRow) (results []string) {
	t.Helper()
	list, err := db.Import(bg, rows, c)
	must(t, err)
	for _, r := range list {
		text := fmt.Sprintf("%v %s", r.ID, r.Status)
		if len(r.Changed) > 0 {
			text += " " + strings.Join(r.Changed, ",")
		}
		if len(r.Conflicts) > 0 {
			text += " but " + strings.Join(r.Conflicts, ",")
		}
		if (r.Err != nil) != (r.Status == store.ImportBad || len(r.Conflicts) > 0) {
			t.Errorf("%s: error %v", text, r.Err)
		}
		results = append(results, text)
	}
	return results
}

func want(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// stored is a customer as the store has it, without its version.
func stored(t *testing.T, db *store.DB, id int64) store.Customer {
	t.Helper()
	c, err := db.Get(bg, core.Integer(id))
	must(t, err)
	c.Version = 0
	return c
}

func withGroup(t *testing.T) (*store.DB, *clock) {
	db, clock := fresh(t)
	groups := []store.ImportGroup{{Name: "editors", Permissions: []string{"a.c"}}, {Name: "empty"}}
	list, err := db.ImportGroups(bg, groups, store.ImportConfig{})
	must(t, err)
	if list[0].Status != store.ImportAdded || list[1].Status != store.ImportAdded {
		t.Fatalf("groups: %+v", list)
	}
	return db, clock
}

// What an import brings is here, whatever changed here stays, and the same import twice changes nothing.
func TestImport(t *testing.T) {
	db, _ := withGroup(t)
	row := imported(7, "ada@example.com")
	want(t, "first", doImport(t, db, store.ImportConfig{}, row), "7 added")
	c := stored(t, db, 7)
	expected := store.Customer{ID: row.ID, Email: row.Email, FirstName: "Ada", LastName: "L", IsActive: true,
		IsStaff: true, LastLogin: row.LastLogin, DateJoined: row.DateJoined, Attributes: row.Attributes,
		PasswordHash: sourceHash, RevokeClaim: password.RevokeClaim(sourceHash), Permissions: row.Permissions,
		Groups: []string{"editors"}}
	if !reflect.DeepEqual(c, expected) {
		t.Errorf("the customer is %+v, want %+v", c, expected)
	}
	changes := db.Changes()
	want(t, "again", doImport(t, db, store.ImportConfig{}, row), "7 unchanged")
	if db.Changes() != changes {
		t.Error("the same import again wrote something")
	}

	// All that can happen here.
	must(t, db.Rehash(bg, row.ID, sourceHash, "argon2$renewed"))
	changed(t, db, 7, store.Change{FirstName: ptr("Ida"), IsStaff: ptr(false), Attributes: json.RawMessage("null")})
	must(t, db.SetActive(bg, row.ID, false))
	must(t, db.ChangeRights(bg, row.ID, store.RightsChange{Grant: []string{"x.y"}, Leave: []string{"editors"}}))
	before := stored(t, db, 7)
	want(t, "after changes here", doImport(t, db, store.ImportConfig{Overwrite: true}, row), "7 unchanged")
	if got := stored(t, db, 7); !reflect.DeepEqual(got, before) {
		t.Errorf("the customer became %+v, was %+v", got, before)
	}
	page, err := db.Export(bg, core.CustomerID{}, 0)
	must(t, err)
	if len(page) != 1 || string(page[0].Kept) != `{"groups":[7]}` || page[0].FirstName != "Ida" {
		t.Errorf("exported: %+v", page)
	}
}

// TestExportPages: a page of large customers has fewer than the limit, and no customer is left out.
func TestExportPages(t *testing.T) {
	const customers = 60
	db, _ := withGroup(t)
	large := json.RawMessage(`{"x":"` + strings.Repeat("x", 60_000) + `"}`)
	for id := range int64(customers) {
		row := imported(id, fmt.Sprintf("%d@example.com", id))
		row.Kept = large
		doImport(t, db, store.ImportConfig{}, row)
	}
	var after core.CustomerID
	for id := int64(0); id < customers; {
		page, err := db.Export(bg, after, 0)
		must(t, err)
		if len(page) == 0 || len(page)*len(large) > 2<<20 {
			t.Fatalf("a page of %d customers after %v", len(page), after)
		}
		for _, c := range page {
			if after = c.ID; after != core.Integer(id) {
				t.Fatalf("%v is exported, want %d", after, id)
			}
			id++
		}
	}
}

func changed(t *testing.T, db *store.DB, id int64, c store.Change) {
	t.Helper()
	_, err := db.Set(bg, core.Integer(id), c, time.Hour)
	must(t, err)
}

func ptr[T any](v T) *T { return &v }

// Member by member: what has changed there is taken, what has changed on both sides is a conflict that stays one.
func TestImportMerges(t *testing.T) {
	db, _ := withGroup(t)
	first := imported(7, "ada@example.com")
	doImport(t, db, store.ImportConfig{}, first)
	changed(t, db, 7, store.Change{FirstName: ptr("Ida")})

	row := imported(7, "ada@example.net")
	row.FirstName, row.LastName, row.IsStaff, row.IsSuperuser = "Eda", "Lo", false, true
	row.LastLogin = time.UnixMilli(start).UTC()
	row.Permissions, row.Groups, row.Kept = []string{"a.z"}, map[string][]string{"empty": nil}, nil
	row.Attributes = nil
	for _, dry := range []bool{true, false, false} {
		c := store.ImportConfig{Dry: dry, Keep: time.Hour}
		text := "7 updated last_login,email,last_name,is_staff,is_superuser,attributes,permissions,groups " +
			"but first_name"
		if !dry && stored(t, db, 7).LastName == "Lo" {
			text = "7 conflict but first_name"
		}
		want(t, "merge", doImport(t, db, c, row), text)
	}
	c := stored(t, db, 7)
	if c.FirstName != "Ida" || c.LastName != "Lo" || c.IsStaff || !c.IsSuperuser || c.Email != "ada@example.net" ||
		!slices.Equal(c.Permissions, []string{"a.z"}) || !slices.Equal(c.Groups, []string{"empty"}) ||
		c.Attributes != nil || !c.LastLogin.Equal(row.LastLogin) {
		t.Errorf("the customer is %+v", c)
	}
	page, err := db.Export(bg, core.CustomerID{}, 0)
	must(t, err)
	if page[0].Kept != nil {
		t.Errorf("kept is still %s", page[0].Kept)
	}
	want(t, "overwrite", doImport(t, db, store.ImportConfig{Overwrite: true}, row), "7 updated first_name")
	if got := stored(t, db, 7).FirstName; got != "Eda" {
		t.Errorf("first name is %q", got)
	}
}

// TestImportOfPart: what a row says nothing of stays as it is here, and is still what the last import said.
func TestImportOfPart(t *testing.T) {
	db, _ := withGroup(t)
	whole := imported(7, "ada@example.com")
	whole.IsActive = false
	part := store.ImportRow{
		NewCustomer: store.NewCustomer{ID: whole.ID, Email: whole.Email, PasswordHash: sourceHash, FirstName: "Eda"},
		Unsaid: []string{
			"last_name", "is_active", "is_staff", "is_superuser", "attributes", "permissions", "groups", "kept",
		},
	}
	part.IsActive = true
	want(t, "whole", doImport(t, db, store.ImportConfig{}, whole), "7 added")
	want(t, "a part", doImport(t, db, store.ImportConfig{}, part), "7 updated first_name")
	want(t, "a part again", doImport(t, db, store.ImportConfig{}, part), "7 unchanged")
	changed(t, db, 7, store.Change{LastName: ptr("M")})
	want(t, "whole again", doImport(t, db, store.ImportConfig{}, whole), "7 updated first_name")
	c := stored(t, db, 7)
	if c.IsActive || !c.IsStaff || c.LastName != "M" || len(c.Permissions)+len(c.Groups) != 2 || c.Attributes == nil {
		t.Errorf("the customer is %+v", c)
	}
	list, err := db.Export(bg, core.CustomerID{}, 1)
	must(t, err)
	if string(list[0].Kept) != string(whole.Kept) {
		t.Errorf("kept is %s", list[0].Kept)
	}

	// Of somebody who was not imported the rest is taken for said as it is here.
	eva := store.NewCustomer{ID: core.Integer(8), Email: "eva@example.com", PasswordHash: sourceHash, IsStaff: true}
	_, err = db.Add(bg, eva)
	must(t, err)
	part.ID, part.Email, part.FirstName = eva.ID, eva.Email, ""
	want(t, "a part of another", doImport(t, db, store.ImportConfig{}, part), "8 unchanged")
	if c := stored(t, db, 8); c.IsActive || !c.IsStaff {
		t.Errorf("the other is %+v", c)
	}
}

// A changed hash at the source is a password change (R5), is_active false ends log-ins (R4); a re-hash here is no
// change, and neither is what another import says of the same password.
func TestImportOfPasswords(t *testing.T) {
	db, clock := withGroup(t)
	row := imported(7, "ada@example.com")
	doImport(t, db, store.ImportConfig{}, row)
	cutOff := func() int64 { return state(t, db, row.ID, core.Family{}).CutOff }
	must(t, db.Rehash(bg, row.ID, sourceHash, "argon2$renewed"))
	row.FirstName = "Eve"
	want(t, "names alone", doImport(t, db, store.ImportConfig{}, row), "7 updated first_name")
	if c := stored(t, db, 7); c.PasswordHash != "argon2$renewed" || cutOff() != 0 {
		t.Errorf("the hash is %q, the cut-off %d", c.PasswordHash, cutOff())
	}
	clock.ms.Add(1000)
	other := strings.Replace(sourceHash, "$1$", "$2$", 1)
	row.PasswordHash = other
	want(t, "another hash", doImport(t, db, store.ImportConfig{}, row), "7 updated password")
	c := stored(t, db, 7)
	if c.PasswordHash != other || c.RevokeClaim != password.RevokeClaim(other) || cutOff() != clock.ms.Load() {
		t.Errorf("the hash is %q, the claim %q, the cut-off %d", c.PasswordHash, c.RevokeClaim, cutOff())
	}
	clock.ms.Add(1000)
	row.IsActive = false
	want(t, "disabled", doImport(t, db, store.ImportConfig{}, row), "7 updated is_active")
	if cutOff() != clock.ms.Load() || stored(t, db, 7).IsActive {
		t.Errorf("the cut-off is %d", cutOff())
	}
	must(t, db.SetPassword(bg, row.ID, "argon2$new"))
	want(t, "the same", doImport(t, db, store.ImportConfig{}, row), "7 unchanged")
	row.PasswordHash = sourceHash
	want(t, "changed on both sides", doImport(t, db, store.ImportConfig{}, row), "7 conflict but password")
	if got := stored(t, db, 7).PasswordHash; got != "argon2$new" {
		t.Errorf("the hash is %q", got)
	}
}

// A hash that was made anew here is no other password where an export brings it back.
func TestImportOfARehash(t *testing.T) {
	db, _ := withGroup(t)
	row := imported(7, "ada@example.com")
	doImport(t, db, store.ImportConfig{}, row)
	must(t, db.Rehash(bg, row.ID, sourceHash, "argon2$renewed"))
	add(t, db, core.Integer(8), "here@example.com")
	must(t, db.Rehash(bg, core.Integer(8), "hash of here@example.com", "argon2$renewed"))
	page, err := db.Export(bg, core.CustomerID{}, 0)
	must(t, err)
	var rows []store.ImportRow
	for _, e := range page {
		rows = append(rows, store.ImportRow{Kept: e.Kept, NewCustomer: store.NewCustomer{ID: e.ID, Email: e.Email,
			FirstName: e.FirstName, LastName: e.LastName, IsActive: e.IsActive, IsStaff: e.IsStaff,
			LastLogin: e.LastLogin, DateJoined: e.DateJoined, PasswordHash: e.PasswordHash, Attributes: e.Attributes,
			Permissions: e.Permissions, Groups: map[string][]string{}}})
		for _, g := range e.Groups {
			rows[len(rows)-1].Groups[g] = nil
		}
	}
	for range 2 {
		want(t, "what was exported", doImport(t, db, store.ImportConfig{Overwrite: true}, rows...),
			"7 unchanged", "8 unchanged")
	}
	if claim := stored(t, db, 7).RevokeClaim; claim != password.RevokeClaim(sourceHash) {
		t.Errorf("the claim became %s", claim)
	}
	if state(t, db, row.ID, core.Family{}).CutOff != 0 {
		t.Error("the import ended log-ins")
	}
	rows[0].PasswordHash = "argon2$another"
	want(t, "another password", doImport(t, db, store.ImportConfig{}, rows...), "7 updated password", "8 unchanged")
}

// Rows that are refused do not stop the others, and nothing of theirs is stored.
func TestImportRefuses(t *testing.T) {
	db, _ := withGroup(t)
	_, err := db.Add(bg, store.NewCustomer{ID: core.Integer(1), Email: "demo@example.com", IsActive: true})
	must(t, err)
	nobody, group, kept, text := imported(2, ""), imported(3, "c@x"), imported(4, "d@x"), imported(5, "e@x")
	group.Groups = map[string][]string{"nobody": nil}
	kept.Kept = json.RawMessage(`[]`)
	text.ID = core.Text("5")
	unnumbered := imported(0, "f@x")
	unnumbered.ID = core.CustomerID{}
	want(t, "rows", doImport(t, db, store.ImportConfig{Run: 1}, nobody, group, kept, text, imported(1, "other@x"),
		imported(6, "demo@example.com"), imported(8, "a@x"), imported(8, "b@x"), imported(9, "a@x"), unnumbered),
		"2 bad", "3 bad", "4 bad", "5 bad",
		"1 conflict but id",
		"6 conflict but email", "8 added", "8 bad", "9 conflict but email", "9 added")
	want(t, "a second row in another call of the run", doImport(t, db, store.ImportConfig{Run: 1}, imported(8, "c@x")),
		"8 bad")
	want(t, "another run", doImport(t, db, store.ImportConfig{Run: 2}, imported(8, "c@x")), "8 updated email")
	want(t, "overwriting a stranger", doImport(t, db, store.ImportConfig{Overwrite: true}, imported(1, "other@x")),
		"1 conflict but id")
	want(t, "by address", doImport(t, db, store.ImportConfig{}, unnumbered), "9 unchanged")
	if n, err := db.Count(bg); err != nil || n != 3 {
		t.Errorf("there are %d customers, %v", n, err)
	}
}

// Who was removed here does not come back, unless that is asked for.
func TestImportOfTheRemoved(t *testing.T) {
	db, _ := withGroup(t)
	row := imported(7, "ada@example.com")
	doImport(t, db, store.ImportConfig{}, row)
	must(t, db.Remove(bg, row.ID, time.Hour))
	must(t, db.RemoveGroup(bg, "editors"))
	want(t, "again", doImport(t, db, store.ImportConfig{}, row), "7 removed")
	groups := []store.ImportGroup{{Name: "editors", Permissions: []string{"a.c"}}}
	list, err := db.ImportGroups(bg, groups, store.ImportConfig{})
	must(t, err)
	if list[0].Status != store.ImportRemoved {
		t.Errorf("group: %+v", list)
	}
	list, err = db.ImportGroups(bg, groups, store.ImportConfig{Overwrite: true})
	must(t, err)
	if list[0].Status != store.ImportAdded {
		t.Errorf("group: %+v", list)
	}
	want(t, "overwrite", doImport(t, db, store.ImportConfig{Overwrite: true}, row), "7 added")
	if state(t, db, row.ID, core.Family{}).CutOff == 0 {
		t.Error("the cut-off of the removal is gone")
	}
}

// A row without an id is about the customer whom it brought, whatever became of that one's address here. It brings
// nobody back, and makes no second customer.
func TestImportWithoutIDs(t *testing.T) {
	db, _ := withGroup(t)
	ada, ben, cleo := imported(1, "ada@example.com"), imported(2, "ben@example.com"), imported(3, "ada@example.com")
	ada.ID, ben.ID, cleo.ID = core.CustomerID{}, core.CustomerID{}, core.CustomerID{}
	want(t, "first", doImport(t, db, store.ImportConfig{}, ada, ben), "1 added", "2 added")
	changed(t, db, 1, store.Change{Email: ptr("new@example.com")})
	must(t, db.Remove(bg, core.Integer(2), time.Hour))
	want(t, "again", doImport(t, db, store.ImportConfig{}, ada, ben), "1 unchanged", "2 removed")
	again := ada
	again.FirstName = "Ida"
	want(t, "changed there", doImport(t, db, store.ImportConfig{}, again), "1 updated first_name")

	// With ids it is said that the address is another's now.
	moved := imported(1, "new@example.com")
	moved.FirstName = "Ida"
	want(t, "moved there", doImport(t, db, store.ImportConfig{}, moved), "1 unchanged")
	want(t, "somebody else", doImport(t, db, store.ImportConfig{}, cleo), "3 added")
	want(t, "overwrite", doImport(t, db, store.ImportConfig{Overwrite: true}, ben), "2 added")
}

// Groups are merged as customers are.
func TestImportGroups(t *testing.T) {
	db, _ := withGroup(t)
	do := func(c store.ImportConfig, permissions ...string) store.ImportStatus {
		t.Helper()
		list, err := db.ImportGroups(bg, []store.ImportGroup{{Name: "editors", Permissions: permissions}}, c)
		must(t, err)
		return list[0].Status
	}
	none := store.ImportConfig{}
	if s := do(none, "a.c"); s != store.ImportUnchanged {
		t.Errorf("the same: %s", s)
	}
	if s := do(none, "a.d"); s != store.ImportUpdated {
		t.Errorf("changed there: %s", s)
	}
	must(t, db.PutGroup(bg, "editors", []string{"a.e"}))
	if s := do(none, "a.d"); s != store.ImportUnchanged {
		t.Errorf("changed here: %s", s)
	}
	if s := do(none); s != store.ImportUnchanged {
		t.Errorf("not known there: %s", s)
	}
	if s := do(none, "a.f"); s != store.ImportConflict {
		t.Errorf("changed on both sides: %s", s)
	}
	if s := do(store.ImportConfig{Overwrite: true}, "a.f"); s != store.ImportUpdated {
		t.Errorf("overwrite: %s", s)
	}
	list, err := db.ImportGroups(bg, []store.ImportGroup{{Name: ""}, {Name: "a"}, {Name: "a"}, {Name: "b",
		Permissions: []string{"none"}}}, none)
	must(t, err)
	for i, s := range []store.ImportStatus{"bad", "added", "bad", "bad"} {
		if list[i].Status != s {
			t.Errorf("group %d: %+v, want %s", i, list[i], s)
		}
	}
}

// The origin is kept as it is.
func TestOrigin(t *testing.T) {
	db, _ := fresh(t)
	if raw, err := db.Origin(bg); err != nil || raw != nil {
		t.Errorf("origin = %s, %v", raw, err)
	}
	must(t, db.SetOrigin(bg, json.RawMessage(`{"model":"a.b"}`)))
	if raw, err := db.Origin(bg); err != nil || string(raw) != `{"model":"a.b"}` {
		t.Errorf("origin = %s, %v", raw, err)
	}
	if err := db.SetOrigin(bg, json.RawMessage(`{`)); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("SetOrigin of no JSON = %v", err)
	}
}
