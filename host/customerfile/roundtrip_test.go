package customerfile_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/customerfile"
	"github.com/edgetoken/edgetoken/store"
)

// random makes customers of everything that the store can hold.
type random struct{ *rand.Rand }

func (r random) text() string {
	pieces := []string{
		"a", "Zoë", " ", "\n", "\r\n", "\r", "\t", `"`, `""`, `\`, `\n`, ",", ";", "'", "=1+1", "🔑", "\u2028", "\x01",
		"\x7f", "</script>", "{", "]", "null", "ﬃ", "\ufeff", "\ufffd",
	}
	var b strings.Builder
	for range r.IntN(6) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

func (r random) time(mayBeZero bool) time.Time {
	if mayBeZero && r.IntN(3) == 0 {
		return time.Time{}
	}
	t := time.Date(1+r.IntN(9998), 1, 1+r.IntN(365), 0, 0, r.IntN(86400), 0, time.UTC)
	return t.Add([]time.Duration{0, time.Microsecond, 999 * time.Microsecond, 120 * time.Millisecond,
		time.Duration(r.IntN(1e6)) * time.Microsecond}[r.IntN(5)])
}

func (r random) some(names []string) (list []string) {
	for _, name := range names {
		if r.IntN(3) == 0 {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

var (
	groupNames  = []string{"editors", "Content; editors, all", `"quoted"`, "zeta"}
	permissions = []string{"customers.add_customer", "customers.may_fly", "auth.view_group", "shop.change_order"}
)

func (r random) customer(id core.CustomerID) store.Exported {
	e := store.Exported{Customer: store.Customer{
		ID: id, Email: fmt.Sprintf("%s%s@b", "x"+r.text(), id), FirstName: r.text(), LastName: r.text(),
		IsActive: r.IntN(2) == 0, IsStaff: r.IntN(2) == 0, IsSuperuser: r.IntN(2) == 0,
		LastLogin: r.time(true), DateJoined: r.time(false),
		PasswordHash: []string{"", "!x", "letmein", `a$"b",c$d`}[r.IntN(4)],
		Permissions:  r.some(permissions), Groups: r.some(groupNames),
	}}
	if r.IntN(2) == 0 {
		e.Attributes = []byte(`{"username":"a,b\n","phone":null,"n":1.50,"deep":{"a":[],"b":{},"c":[1,{"d":"ü"}]}}`)
	}
	if r.IntN(3) == 0 {
		e.Kept = []byte(`{"groups":[7],"user_permissions":[28,29]}`)
	}
	return e
}

// origin is of a Django that knows all of it.
func (r random) origin() customerfile.Origin {
	o := customerfile.Origin{Model: "customers.customer", Email: "email", Fields: []string{
		"password", "last_login", "is_superuser", "username", "first_name", "last_name", "is_staff", "is_active",
		"date_joined", "email", "phone", "n", "deep", "groups", "user_permissions",
	}, Groups: map[string]customerfile.Group{}, Permissions: map[string]customerfile.Permission{}}
	for i, name := range groupNames {
		o.Groups[name] = customerfile.Group{PK: int64(r.IntN(2) * (i + 10)), Explained: true,
			Permissions: append([]string{}, r.some(permissions)...)}
	}
	for i, name := range permissions {
		_, codename, _ := strings.Cut(name, ".")
		_, model, _ := strings.Cut(codename, "_")
		o.Permissions[name] = customerfile.Permission{PK: int64(r.IntN(2) * (i + 20)), Model: model}
	}
	return o
}

// TestRoundTrip: what is written in any format is read as it was.
func TestRoundTrip(t *testing.T) {
	seed := rand.Uint64()
	r := random{rand.New(rand.NewPCG(seed, 0))}
	for round := range 150 {
		origin := r.origin()
		text := r.IntN(2) == 0
		var list []store.Exported
		size := 20
		if round == 0 {
			size = 3000 // more than is in memory at once
		}
		for i := range size {
			id := core.Integer(int64(i - 2))
			if text {
				id = core.Text(fmt.Sprint(i, r.text()))
			}
			list = append(list, r.customer(id))
		}
		for _, f := range []customerfile.Format{customerfile.Dumpdata, customerfile.JSONL, customerfile.CSV} {
			file := writeAll(t, f, origin, r.IntN(2) == 0, list)
			got, again, err := rows(t, customerfile.Options{TextIDs: text, Known: origin}, file)
			if err != nil || len(got) != len(list) {
				t.Fatalf("seed %d, round %d, %s: %d rows, %v", seed, round, f, len(got), err)
			}
			for i, row := range got {
				want := list[i]
				if f == customerfile.Dumpdata { // cut to milliseconds
					want.LastLogin, want.DateJoined = django(want.LastLogin), django(want.DateJoined)
				}
				if row.Err != nil || !reflect.DeepEqual(exported(row), want) {
					t.Fatalf("seed %d, round %d, %s:\nread  %+v, %v,\nwrote %+v", seed, round, f, exported(row),
						row.Err, want)
				}
			}
			if f != customerfile.CSV && !reflect.DeepEqual(again, origin) {
				t.Fatalf("seed %d, round %d, %s: origin %+v, want %+v", seed, round, f, again, origin)
			}
		}
	}
}

// django is a time as it comes back from a dump.
func django(t time.Time) time.Time {
	if t.Nanosecond() == 0 {
		return t
	}
	if cut := t.Truncate(time.Millisecond); cut.Nanosecond() != 0 {
		return cut
	}
	return t.Truncate(time.Second).Add(time.Microsecond)
}

func writeAll(t testing.TB, f customerfile.Format, o customerfile.Origin, primaryKeys bool,
	list []store.Exported) string {
	t.Helper()
	var b strings.Builder
	w := customerfile.NewWriter(&b, f, o, primaryKeys)
	var groups []store.Group
	for name, g := range o.Groups {
		groups = append(groups, store.Group{Name: name, Permissions: g.Permissions})
	}
	if err := w.Groups(groups); err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
