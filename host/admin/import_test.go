package admin_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/admin/customerjson"
	"github.com/edgetoken/edgetoken/host/claimmap/claimmaptest"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// TestManyGroups: as many groups as a file may have come in, with all that they may do.
func TestManyGroups(t *testing.T) {
	client := newClient(t, admin.Config{})
	var groups []admin.ImportGroup
	for i := range 100 {
		groups = append(groups, admin.ImportGroup{Name: fmt.Sprintf("group %03d", i)})
		for j := range 1000 {
			groups[i].Permissions = append(groups[i].Permissions, fmt.Sprintf("shop.permission_%d", j))
		}
	}
	added := 0
	for batch := range admin.GroupBatches(groups) {
		got, err := admin.ImportGroups.Call(t.Context(), client, admin.ImportQuery{Run: 7}, batch)
		if err != nil {
			t.Fatal(err)
		}
		added += got.Added
	}
	if added != len(groups) {
		t.Errorf("%d groups were added, want %d", added, len(groups))
	}
}

func TestManyNotes(t *testing.T) {
	var n admin.ImportNotes
	for i := range 2000 {
		n.Add(admin.ImportNotes{Unasked: []string{fmt.Sprint(i%1000, strings.Repeat("x", 2000)), "shop.fly"}})
	}
	if got := len(strings.Join(n.Unasked, "")); got > 1<<20 || got < 1<<19 || !slices.IsSorted(n.Unasked) {
		t.Errorf("%d bytes of permissions are kept, want at most a MiB, sorted", got)
	}
}

// TestImportRows holds a row that no log-in could carry to be bad, and to stop no other one.
func TestImportRows(t *testing.T) {
	client := newClient(t, admin.Config{
		Claims: claimmaptest.Members(t, "plan=attributes.plan"), MinPassword: 8,
		Permissions: []string{"customers.add_customer"},
	})
	row := func(id int64, email string) customerjson.Customer {
		return customerjson.Customer{NewCustomer: store.NewCustomer{ID: core.Integer(id), Email: email, IsActive: true,
			PasswordHash: "!", Permissions: []string{"customers.add_customer"}}}
	}
	large, short, odd := row(1, "large@example.com"), row(2, "short@example.com"), row(3, "odd")
	large.Attributes = json.RawMessage(`{"plan":"` + strings.Repeat("x", 60_000) + `"}`)
	clear := "short"
	short.PasswordHash, short.Password = "", &clear
	odd.PasswordHash, odd.Permissions = "argon2$argon2d$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA", []string{"shop.fly"}
	again, long := row(2, "again@example.com"), row(5, "long@example.com")
	tooLong := strings.Repeat("x", password.MaxBytes+1)
	long.PasswordHash, long.Password = "", &tooLong

	for _, dry := range []bool{true, false} {
		var b admin.ImportBatch
		for _, c := range []customerjson.Customer{large, short, odd, again, long} {
			if err := b.Add(c, nil); err != nil {
				t.Fatal(err)
			}
		}
		got, err := admin.ImportCustomers.Call(t.Context(), client, admin.ImportQuery{Run: 7, Dry: dry}, b.Stream())
		if err != nil {
			t.Fatal(err)
		}
		if want := (admin.ImportCounts{Added: 2, Bad: 3}); got.ImportCounts != want || len(got.Trouble) != 3 ||
			got.Trouble[0].Row != 0 || !strings.Contains(got.Trouble[0].Error, "could not log in") ||
			got.Trouble[1].Row != 3 || !strings.Contains(got.Trouble[1].Error, "twice") ||
			got.Trouble[2].Row != 4 || !strings.Contains(got.Trouble[2].Error, "longer than") {
			t.Errorf("dry %v: %+v", dry, got)
		}
		notes := admin.ImportNotes{WithoutAt: 1, Short: 1, Unchecked: map[string]int{"argon2d": 1},
			Unasked: []string{"shop.fly"}}
		if !reflect.DeepEqual(got.ImportNotes, notes) {
			t.Errorf("dry %v: notes %+v, want %+v", dry, got.ImportNotes, notes)
		}
		page, err := admin.ExportCustomers.Call(t.Context(), client, admin.PageQuery{Limit: 9}, admin.None{})
		if want := map[bool]int{true: 0, false: 2}[dry]; err != nil || len(page.Rows) != want {
			t.Errorf("dry %v: the export has %d rows, %v, want %d", dry, len(page.Rows), err, want)
		}
	}
	huge := row(4, "huge@example.com")
	huge.FirstName = strings.Repeat("x", 1<<20)
	if err := new(admin.ImportBatch).Add(huge, nil); err == nil {
		t.Error("a row of more than a MiB is taken")
	}
}
