package store_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

func TestAddAndGet(t *testing.T) {
	db, _ := fresh(t)
	n := store.NewCustomer{
		ID: core.Integer(-3), Email: "Ada@Example.com", FirstName: "Ada", LastName: "Lovelace", IsActive: true,
		IsStaff: true, IsSuperuser: true,
		LastLogin:  time.Date(2025, 5, 6, 7, 8, 9, 123456789, time.FixedZone("", 7200)),
		DateJoined: time.Date(2015, 1, 2, 3, 4, 5, 6000, time.UTC),
		Attributes: json.RawMessage(` { "plan" : "gold", "big": 9223372036854775808 } `), PasswordHash: "argon2$x",
	}
	added, err := db.Add(t.Context(), n)
	must(t, err)
	want := store.Customer{
		ID: core.Integer(-3), Email: "Ada@Example.com", FirstName: "Ada", LastName: "Lovelace", IsActive: true,
		IsStaff: true, IsSuperuser: true,
		LastLogin:  time.Date(2025, 5, 6, 5, 8, 9, 123456000, time.UTC),
		DateJoined: time.Date(2015, 1, 2, 3, 4, 5, 6000, time.UTC),
		Attributes: json.RawMessage(`{"plan":"gold","big":9223372036854775808}`), PasswordHash: "argon2$x",
		RevokeClaim: password.RevokeClaim("argon2$x"), Version: 1,
	}
	if !reflect.DeepEqual(added, want) {
		t.Errorf("Add = %+v, want %+v", added, want)
	}
	byID, err := db.Get(t.Context(), core.Integer(-3))
	if err != nil || !reflect.DeepEqual(byID, want) {
		t.Errorf("Get = %+v, %v, want %+v", byID, err, want)
	}
	byEmail, err := db.GetByEmail(t.Context(), "Ada@Example.com")
	if err != nil || !reflect.DeepEqual(byEmail, want) {
		t.Errorf("GetByEmail = %+v, %v, want %+v", byEmail, err, want)
	}

	bare, err := db.Add(t.Context(), store.NewCustomer{Email: "b"})
	must(t, err)
	if bare.ID != core.Integer(1) || bare.IsActive || !bare.LastLogin.IsZero() ||
		!bare.DateJoined.Equal(time.UnixMilli(start)) || bare.Attributes != nil {
		t.Errorf("Add of a bare customer = %+v, want id 1, inactive, never logged in, joined now, no attributes", bare)
	}
	for _, id := range []core.CustomerID{{}, core.Integer(2), core.Text("1"), core.Text("")} {
		_, err := db.Get(t.Context(), id)
		wantErr(t, fmt.Sprintf("Get(%#v)", id), err, store.ErrNotFound)
	}
}

// A customer is found by exactly the code points that were stored.
func TestEmailIsExact(t *testing.T) {
	db, _ := fresh(t)
	emails := []string{"ada@example.com", "Ada@example.com", "ada@EXAMPLE.com", " ada@example.com", "ada@example.com ",
		"café@example.com", "cafe\u0301@example.com",
		"ſ@example.com", "s@example.com", "S@example.com", "\u212a@example.com", "k@example.com",
		"a\u200bda@example.com", "ada@example.com\n", "пароль@пример.рф"}
	for i, email := range emails {
		if c := add(t, db, core.CustomerID{}, email); c.ID != core.Integer(int64(i+1)) {
			t.Errorf("Add(%q).ID = %v, want %d", email, c.ID, i+1)
		}
	}
	for i, email := range emails {
		for _, q := range []store.Query{
			{Login: email, HasLogin: true},
			{UserID: core.Text(email), HasUser: true, Field: store.FieldEmail},
		} {
			s, c, err := db.Load(t.Context(), q)
			if err != nil || c.ID != core.Integer(int64(i+1)) || s.Customer.ID != c.ID {
				t.Errorf("Load(%+v) = %v, %v, want customer %d", q, c.ID, err, i+1)
			}
		}
		_, err := db.Add(t.Context(), store.NewCustomer{Email: email})
		wantErr(t, fmt.Sprintf("second Add(%q)", email), err, store.ErrExists)
	}
	for _, email := range []string{"", "ADA@example.com", "ada@example.co", "ada@example.com\x00", "\xff",
		"\xed\xa0\x80", strings.Repeat("a", 40_000)} {
		s, c, err := db.Load(t.Context(), store.Query{Login: email, HasLogin: true})
		if err != nil || !c.ID.IsZero() || s != (core.State{HighWater: s.HighWater}) {
			t.Errorf("Load(%.20q) = %+v, %+v, %v, want nobody", email, s, c, err)
		}
	}
}

func TestAddRefuses(t *testing.T) {
	db, _ := fresh(t)
	add(t, db, core.Integer(7), "taken@example.com")
	long := strings.Repeat("é", 513)
	for _, c := range []struct {
		name string
		n    store.NewCustomer
		err  error
		want string
	}{
		{"id taken", store.NewCustomer{ID: core.Integer(7), Email: "a"}, store.ErrExists,
			`customer "a": id 7 is already taken`},
		{"e-mail taken", store.NewCustomer{Email: "taken@example.com"}, store.ErrExists,
			`customer "taken@example.com": e-mail address is already taken`},
		{"no e-mail", store.NewCustomer{}, store.ErrInvalid,
			`customer "": e-mail address cannot be stored: it is empty`},
		{"text id", store.NewCustomer{ID: core.Text("7"), Email: "a"}, store.ErrInvalid,
			`customer "a": id cannot be stored: the store holds integers as ids`},
		{"long", store.NewCustomer{Email: "a", FirstName: long}, store.ErrInvalid,
			`customer "a": first name cannot be stored: it has 1026 bytes, the most is 1024`},
		{"not UTF-8", store.NewCustomer{Email: "a", LastName: "\xff"}, store.ErrInvalid,
			`customer "a": last name cannot be stored: it is not UTF-8`},
		{"null character", store.NewCustomer{Email: "a\x00"}, store.ErrInvalid,
			`customer "a\x00": e-mail address cannot be stored: it contains a null character`},
		{"attributes in a list", store.NewCustomer{Email: "a", Attributes: json.RawMessage("[]")}, store.ErrInvalid,
			`customer "a": attributes cannot be stored: they are no JSON object in UTF-8`},
		{"attributes cut", store.NewCustomer{Email: "a", Attributes: json.RawMessage(`{"a":`)}, store.ErrInvalid,
			`customer "a": attributes cannot be stored: they are no JSON object in UTF-8`},
		{"attributes not UTF-8", store.NewCustomer{Email: "a", Attributes: json.RawMessage("{\"a\":\"\xff\"}")},
			store.ErrInvalid, `customer "a": attributes cannot be stored: they are no JSON object in UTF-8`},
		{"a name twice",
			store.NewCustomer{Email: "a", Attributes: json.RawMessage(`{"x":[{"a":1,"b":{"a":1},"\u0061":2}]}`)},
			store.ErrInvalid, `customer "a": attributes cannot be stored: the name "a" is in one object twice`},
		{"many attributes", store.NewCustomer{Email: "a", Attributes: json.RawMessage(`{"a":"` +
			strings.Repeat("x", 65536) + `"}`)}, store.ErrInvalid,
			`customer "a": attributes cannot be stored: they have 65544 bytes, the most is 65536`},
		{"joined too late", store.NewCustomer{Email: "a", DateJoined: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
			store.ErrInvalid, `customer "a": date joined cannot be stored: its year is not 1 to 9999`},
		{"logged in before Christ", store.NewCustomer{Email: "a", LastLogin: time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)},
			store.ErrInvalid, `customer "a": last login cannot be stored: its year is not 1 to 9999`},
	} {
		_, err := db.Add(t.Context(), c.n)
		wantErr(t, c.name, err, c.err)
		if err != nil && err.Error() != c.want {
			t.Errorf("%s: Add = %v, want %s", c.name, err, c.want)
		}
	}
	if n, err := db.Count(t.Context()); n != 1 || err != nil {
		t.Errorf("Count = %d, %v, want 1", n, err)
	}
	// The same name in different objects is fine, as are equal values.
	_, err := db.Add(t.Context(), store.NewCustomer{Email: "b",
		Attributes: json.RawMessage(`{"a":{"a":["a","a"]},"b":[{"a":1},{"a":1}]}`)})
	wantErr(t, "nested names", err, nil)
}

func TestAddAllIsAllOrNothing(t *testing.T) {
	db, _ := fresh(t)
	add(t, db, core.Integer(5), "five@example.com")
	for _, c := range []struct {
		name string
		list []store.NewCustomer
		want string
	}{
		{"e-mail in the store", []store.NewCustomer{{Email: "a"}, {Email: "five@example.com"}},
			`entry 2, customer "five@example.com": e-mail address is already taken`},
		{"e-mail in the list", []store.NewCustomer{{Email: "a"}, {Email: "b"}, {Email: "a"}},
			`entry 3, customer "a": e-mail address is already taken`},
		{"id in the list", []store.NewCustomer{{Email: "a"}, {ID: core.Integer(6), Email: "b"}},
			`entry 2, customer "b": id 6 is already taken`},
		{"invalid", []store.NewCustomer{{Email: "a"}, {Email: ""}},
			`entry 2, customer "": e-mail address cannot be stored: it is empty`},
	} {
		if _, err := db.AddAll(t.Context(), c.list); err == nil || err.Error() != c.want {
			t.Errorf("%s: AddAll = %v, want %s", c.name, err, c.want)
		}
		if n, err := db.Count(t.Context()); n != 1 || err != nil {
			t.Errorf("%s: Count = %d, %v, want 1", c.name, n, err)
		}
	}
	added, err := db.AddAll(t.Context(), []store.NewCustomer{{Email: "a"}, {ID: core.Integer(100), Email: "b"},
		{Email: "c"}})
	must(t, err)
	if added[0].ID != core.Integer(6) || added[1].ID != core.Integer(100) || added[2].ID != core.Integer(101) {
		t.Errorf("AddAll gave ids %v, %v, %v, want 6, 100, 101", added[0].ID, added[1].ID, added[2].ID)
	}
	if none, err := db.AddAll(t.Context(), nil); len(none) != 0 || err != nil {
		t.Errorf("AddAll of nothing = %v, %v", none, err)
	}
}

func TestIDsAreNeverGivenAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := store.Open(store.Config{Path: path})
	must(t, err)
	last := add(t, db, core.Integer(41), "a")
	must(t, db.Remove(t.Context(), last.ID, time.Hour))
	must(t, db.Close())
	db = open(t, store.Config{Path: path})
	if c := add(t, db, core.CustomerID{}, "b"); c.ID != core.Integer(42) {
		t.Errorf("Add after the removal of 41 gave %v, want 42", c.ID)
	}
	add(t, db, core.Integer(math.MaxInt64), "c")
	_, err = db.Add(t.Context(), store.NewCustomer{Email: "d"})
	wantErr(t, "Add beyond the highest integer", err, store.ErrInvalid)
}

func TestTextIDs(t *testing.T) {
	db := open(t, store.Config{Path: filepath.Join(t.TempDir(), "store.db"), IDs: core.TextID,
		Rand: bytes.NewReader([]byte("store id 16 " +
			"byteopened\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"))})
	if c := add(t, db, core.CustomerID{}, "a"); c.ID != core.Text("00112233-4455-4677-8899-aabbccddeeff") {
		t.Errorf("Add gave id %v, want a UUIDv4 of the entropy", c.ID)
	}
	_, err := db.Add(t.Context(), store.NewCustomer{Email: "b"})
	wantErr(t, "Add without entropy", err, io.EOF)
	add(t, db, core.Text("ünï"), "c")
	for _, c := range []struct {
		name string
		id   core.CustomerID
	}{{"integer", core.Integer(1)}, {"empty", core.Text("")}, {"long", core.Text(strings.Repeat("x", 1025))}} {
		_, err := db.Add(t.Context(), store.NewCustomer{ID: c.id, Email: "x"})
		wantErr(t, c.name, err, store.ErrInvalid)
	}
	for _, c := range []struct {
		id    core.CustomerID
		found bool
	}{{core.Text("ünï"), true}, {core.Text("Ünï"), false}, {core.Text(""), false}, {core.Integer(1), false},
		{core.Text(strings.Repeat("x", 40_000)), false}} {
		if s := state(t, db, c.id, core.Family{}); s.Customer.ID.IsZero() == c.found {
			t.Errorf("Load(%.20v) found %v, want %v", c.id, !c.found, c.found)
		}
	}
}

func TestList(t *testing.T) {
	db, _ := fresh(t)
	var list []store.NewCustomer
	for i := range 2500 {
		list = append(list, store.NewCustomer{ID: core.Integer(int64(i*7%2500 - 1000)), Email: fmt.Sprint(i)})
	}
	_, err := db.AddAll(t.Context(), list)
	must(t, err)
	want := int64(-1000)
	for c, err := range db.Each(t.Context()) {
		must(t, err)
		if c.ID != core.Integer(want) {
			t.Fatalf("Each gave %v, want %d", c.ID, want)
		}
		want++
	}
	if want != 1500 {
		t.Errorf("Each ended before %d, want 1500", want)
	}
	page, err := db.List(t.Context(), core.Integer(-2), 3)
	if err != nil || len(page) != 3 || page[0].ID != core.Integer(-1) || page[2].ID != core.Integer(1) {
		t.Errorf("List(-2, 3) = %v, %v, want -1, 0, 1", page, err)
	}
	if page, err := db.List(t.Context(), core.Integer(1499), 3); len(page) != 0 || err != nil {
		t.Errorf("List after the last = %v, %v, want none", page, err)
	}
	_, err = db.List(t.Context(), core.Text("a"), 3)
	wantErr(t, "List after a text", err, store.ErrInvalid)
	seen := 0
	for range db.Each(t.Context()) {
		seen++
		break
	}
	if seen != 1 {
		t.Errorf("Each went on after break: %d", seen)
	}
}
