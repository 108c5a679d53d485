package store_test

import (
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// byLogin is the id of the customer whom a log-in finds.
func byLogin(t testing.TB, db *store.DB, login string, fold bool) core.CustomerID {
	t.Helper()
	_, c, err := db.Load(t.Context(), store.Query{Login: login, HasLogin: true, Fold: fold})
	must(t, err)
	return c.ID
}

func TestLoadWithoutRegardToCase(t *testing.T) {
	db, _ := fresh(t)
	for i, email := range []string{"ada@example.com", "Bea@Example.com", "ÜNÏ@example.com", "Straße@example.com",
		"twin@example.com", "Twin@example.com", "TWIN@example.com",
		"\u0130@example.com", "\u212A@example.com", "Όσος@example.com"} {
		add(t, db, core.Integer(int64(i+1)), email)
	}
	for _, c := range []struct {
		login        string
		exact, folds int64 // 0: nobody
	}{
		{"ada@example.com", 1, 1}, {"ADA@EXAMPLE.COM", 0, 1}, {"ada@example.co", 0, 0},
		{"Bea@Example.com", 2, 2}, {"bea@example.com", 0, 2}, {"BEA@example.com", 0, 2},
		{"ünï@example.com", 0, 3}, {"ÜNÏ@example.com", 3, 3}, {"UNI@example.com", 0, 0},
		{"STRASSE@example.com", 0, 0}, {"STRAẞE@example.com", 0, 4},
		{"twin@example.com", 5, 5}, {"Twin@example.com", 6, 6}, {"TWIN@example.com", 7, 7}, {"tWIN@example.com", 0, 0},
		{"i@example.com", 0, 0}, {"\u0131@example.com", 0, 0}, {"\u0130@example.com", 8, 8},
		{"i\u0307@example.com", 0, 0},
		{"k@example.com", 0, 9}, {"K@example.com", 0, 9},
		{"όσοσ@example.com", 0, 10}, {"ΌΣΟΣ@example.com", 0, 10},
		{"", 0, 0}, {"\x00", 0, 0}, {"ada@example.com\x00", 0, 0}, {"bea@example.com\x00Bea@Example.com", 0, 0},
		{strings.Repeat("A", 5000), 0, 0},
	} {
		for fold, want := range map[bool]int64{false: c.exact, true: c.folds} {
			if got := byLogin(t, db, c.login, fold); got != (core.CustomerID{}) != (want != 0) || want != 0 &&
				got.Int != want {
				t.Errorf("log-in as %.40q, without regard to case: %v: customer %v, want %d", c.login, fold, got, want)
			}
		}
	}
	// A token names the address as it is.
	if s := stateByEmail(t, db, "ADA@example.com"); !s.Customer.ID.IsZero() {
		t.Errorf("a token for another spelling is customer %v's", s.Customer.ID)
	}
}

func TestCollisions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := store.Open(store.Config{Path: path})
	must(t, err)
	collide := func(name string, limit int, want ...store.Collision) {
		t.Helper()
		if got, err := db.Collisions(bg, limit); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: Collisions = %v, %v, want %v", name, got, err, want)
		}
	}
	for _, email := range []string{"ada", "Bea", "cleo", "CLEO", "Dora", "DORA", "doRA", "eva"} {
		add(t, db, core.CustomerID{}, email)
	}
	all := []store.Collision{{"cleo", "CLEO"}, {"DORA", "Dora"}, {"DORA", "doRA"}}
	collide("all", 9, all...)
	collide("two", 2, all[:2]...)
	for _, email := range []string{"CLEO", "DORA"} {
		c, err := db.GetByEmail(bg, email)
		must(t, err)
		must(t, db.Remove(bg, c.ID, 0))
	}
	collide("after removals", 9, store.Collision{First: "Dora", Second: "doRA"})
	c, err := db.GetByEmail(bg, "doRA")
	must(t, err)
	_, err = db.Set(bg, c.ID, store.Change{Email: text("other")}, 0)
	must(t, err)
	collide("none", 9)
	must(t, db.Close())
	if r, err := store.Check(path); err != nil || !r.Sound() {
		t.Errorf("Check = %v, %v", shown(r), err)
	}
}

// If case is ignored, no new collision can arise. Those that exist stay, and can be mended.
func TestFoldEmails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := store.Open(store.Config{Path: path})
	must(t, err)
	for _, email := range []string{"ada", "Twin", "twin"} {
		add(t, db, core.CustomerID{}, email)
	}
	must(t, db.Close())
	db = open(t, store.Config{Path: path, FoldEmails: true})
	set := func(id int64, change store.Change) func() error {
		return func() error { _, err := db.Set(bg, core.Integer(id), change, 0); return err }
	}
	added := func(email string) func() error {
		return func() error { _, err := db.Add(bg, store.NewCustomer{Email: email}); return err }
	}
	for _, c := range []struct {
		name string
		do   func() error
		err  string
	}{
		{"another spelling", added("ADA"),
			`customer "ADA": e-mail address is already taken but for upper and lower case: "ada"`},
		{"the same", added("ada"), `customer "ada": e-mail address is already taken`},
		{"two spellings at once", func() error {
			_, err := db.AddAll(bg, []store.NewCustomer{{Email: "bea"}, {Email: "BEA"}})
			return err
		}, `entry 2, customer "BEA": e-mail address is already taken`},
		{"change to another's", set(2, store.Change{Email: text("Ada")}),
			`customer "2": e-mail address is already taken but for upper and lower case: "ada"`},
		{"change of case", set(1, store.Change{Email: text("Ada")}), ""},
		{"a twin stays", set(2, store.Change{FirstName: text("T")}), ""},
		{"a twin with another spelling still", set(2, store.Change{Email: text("TWIN")}),
			`customer "2": e-mail address is already taken but for upper and lower case: "twin"`},
		{"a twin is no longer", set(2, store.Change{Email: text("Other")}), ""},
		{"nor the other", set(3, store.Change{Email: text("TWIN")}), ""},
	} {
		if got := errorText(c.do()); got != c.err {
			t.Errorf("%s: %q, want %q", c.name, got, c.err)
		}
	}
}

// Folding is strings.EqualFold: texts fold alike if and only if they are equal but for case.
func FuzzFold(f *testing.F) {
	f.Add("ada@example.com", "ADA@example.com")
	f.Add("ß\u0130\u0131i", "ẞI\u0307ıI")
	f.Add("ΌΣΟΣ\u212A", "όσοςk")
	f.Fuzz(func(t *testing.T, a, b string) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			return
		}
		if got, want := store.Fold(a) == store.Fold(b), strings.EqualFold(a, b); got != want {
			t.Errorf("%q and %q fold alike: %v, want %v", a, b, got, want)
		}
		if again := store.Fold(store.Fold(a)); again != store.Fold(a) {
			t.Errorf("the fold of %q is %q, which folds to %q", a, store.Fold(a), again)
		}
	})
}

// What is written in lower case as usual is its own fold, so that the index is small.
func TestFoldOfEveryCharacter(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		folded := []rune(store.Fold(string(r)))
		if len(folded) != 1 || !strings.EqualFold(string(folded), string(r)) {
			t.Errorf("fold of %U is %U", r, folded)
		}
		if r < 0x80 && folded[0] != unicode.ToLower(r) {
			t.Errorf("fold of %q is %q", r, folded)
		}
	}
}

// To find one of many without regard to case takes no longer than one of few.
func BenchmarkLoadFolded(b *testing.B) {
	for _, customers := range []int{1000, 100_000} {
		b.Run(fmt.Sprint(customers), func(b *testing.B) {
			db := open(b, store.Config{Path: filepath.Join(b.TempDir(), "store.db")})
			for from := 0; from < customers; from += 1000 {
				list := make([]store.NewCustomer, 1000)
				for i := range list {
					list[i].Email = fmt.Sprintf("Customer.%d@Example.com", from+i)
				}
				if _, err := db.AddAll(bg, list); err != nil {
					b.Fatal(err)
				}
			}
			i := 0
			for b.Loop() {
				i = (i + 7919) % customers
				if byLogin(b, db, fmt.Sprintf("customer.%d@example.com", i), true).IsZero() {
					b.Fatal(i)
				}
			}
		})
	}
}
