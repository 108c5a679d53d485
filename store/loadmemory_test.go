package store_test

import (
	"fmt"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// tokensOf are queries of tokens of a customer: each kind of query, with a family that was never revoked and another.
func tokensOf(id core.CustomerID, email string, other core.Family) (list []store.Query) {
	for _, f := range []core.Family{{}, ours, other} {
		by := []store.Query{{UserID: id, HasUser: true},
			{UserID: core.Text(email), HasUser: true, Field: store.FieldEmail}}
		for _, q := range by {
			q.Family, q.HasFamily = f, f.Listed
			whole, rights := q, q
			q.StateOnly, rights.Rights = true, true
			list = append(list, q, whole, rights)
		}
	}
	return list
}

func setEmail(db *store.DB, id core.CustomerID, email string) error {
	_, err := db.Set(bg, id, store.Change{Email: &email}, time.Hour)
	return err
}

// asInFile loads all queries, and reports what is not as the file has it.
func asInFile(t *testing.T, db *store.DB, when string, list []store.Query) {
	t.Helper()
	for _, q := range list {
		s, c, err := db.Load(bg, q)
		must(t, err)
		wantState, want, err := db.LoadFromFile(q)
		must(t, err)
		if s != wantState || !reflect.DeepEqual(c, want) {
			t.Errorf("%s: Load(%+v) = %+v, %+v, want %+v, %+v", when, q, s, c, wantState, want)
		}
	}
}

// A Load that begins after a change was acknowledged has the change (R3, R4, R5), whatever was read before and by
// whomever.
func TestLoadIsNeverStale(t *testing.T) {
	db, clock := fresh(t)
	id, emails := core.Integer(1), []string{"ada@example.com", "ada@example.net"}
	add(t, db, id, emails[0])
	add(t, db, core.Integer(2), "bea@example.com")
	family := core.Family{Listed: true, Ours: true, Bits: 77, Start: start}
	list := append(tokensOf(id, emails[0], family), tokensOf(id, emails[1], family)...)
	list = append(list, tokensOf(core.Integer(2), "bea@example.com", family)...)
	list = append(list, store.Query{}, store.Query{HasFamily: true, Family: family, Issuer: "elsewhere"})

	stop := make(chan struct{})
	var readers sync.WaitGroup
	for reader := range 3 {
		readers.Go(func() {
			for i := reader; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				if _, _, err := db.Load(bg, list[i%len(list)]); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	defer readers.Wait()
	defer close(stop)
	group := 0
	for name, change := range map[string]func() error{
		"log out everywhere": func() error { return db.Revoke(bg, id) },
		"disable":            func() error { return db.SetActive(bg, id, false) },
		"enable":             func() error { return db.SetActive(bg, id, true) },
		"password":           func() error { return db.SetPassword(bg, id, "!new") },
		"address":            func() error { return setEmail(db, id, emails[1]) },
		"address back":       func() error { return setEmail(db, id, emails[0]) },
		"remove": func() error {
			if err := db.Remove(bg, id, time.Hour); err != nil {
				return err
			}
			asInFile(t, db, "removed", list)
			_, err := db.Add(bg, store.NewCustomer{ID: id, Email: emails[0], IsActive: true, PasswordHash: "!"})
			return err
		},
		"all log-ins end": func() error { return db.RevokeAll(bg) },
		"log-in": func() error {
			at := clock.now().UnixMicro()
			return db.Settle(bg, core.Effects{Reads: core.Reads{CutOff: 1 << 60},
				List: []core.Effect{{Kind: core.RecordLogin, Customer: id, At: at}}})
		},
		"rights": func() error {
			group++
			if err := db.PutGroup(bg, "g", []string{fmt.Sprintf("a.g%d", group)}); err != nil {
				return err
			}
			return db.ChangeRights(bg, id, store.RightsChange{Join: []string{"g"}})
		},
		"group":     func() error { return db.PutGroup(bg, "g", []string{"a.b"}) },
		"lifetimes": func() error { return db.RaiseLifetimes(bg, core.Lifetimes{Access: 600}) },
		"revoke": func() error {
			return db.Settle(bg, core.Effects{Reads: core.Reads{CutOff: 1 << 60}, List: []core.Effect{{
				Kind: core.RevokeFamily, Family: family.Key("", id), At: start, Until: clock.now().Unix() + 60}}})
		},
		"purge": func() error {
			clock.ms.Add((48 * time.Hour).Milliseconds())
			_, err := db.Purge(bg, clock.now(), 1000)
			return err
		},
		"compact": func() error { _, err := db.Compact(bg, nil); return err },
	} {
		for range 3 {
			asInFile(t, db, "before "+name, list)
			must(t, change())
			asInFile(t, db, name, list)
			clock.ms.Add(1000)
		}
	}
}

// What a commit does not change is remembered across it, also for those who have read more or less of the customer.
func TestMemoryOutlivesCommits(t *testing.T) {
	db, _ := fresh(t)
	for i := range int64(50) {
		add(t, db, core.Integer(i+1), fmt.Sprintf("%d@example.com", i))
	}
	query := func(i int64, stateOnly bool) store.Query {
		return store.Query{UserID: core.Integer(i + 1), HasUser: true, StateOnly: stateOnly, HasFamily: true,
			Family: ours}
	}
	for i := range int64(50) {
		_, _, err := db.Load(bg, query(i, i%2 == 0))
		must(t, err)
	}
	must(t, db.Revoke(bg, core.Integer(1)))
	kept := 0
	for i := range int64(50) {
		if _, _, ok := db.Recall(query(i, true)); ok {
			kept++
		}
	}
	if _, _, ok := db.Recall(query(0, true)); ok || kept < 45 {
		t.Errorf("of 50 customers %d are remembered after the log-out of one, whose state is remembered: %v, want "+
			"nearly all others, and not that one", kept, ok)
	}
	_, c, err := db.Load(bg, query(2, false))
	if err != nil || c.Email != "2@example.com" {
		t.Errorf("Load = %+v, %v, want the whole customer though only its state was remembered", c, err)
	}
}

// Trust bundles are made all the time, and reserve their epochs. No Load reads those, so all is remembered across that.
func TestMemoryOutlivesEpochs(t *testing.T) {
	db, clock := fresh(t)
	add(t, db, core.Integer(1), "ada@example.com")
	q := store.Query{UserID: core.Integer(1), HasUser: true}
	_, _, err := db.Load(bg, q)
	must(t, err)
	for range 3 {
		clock.ms.Add(time.Minute.Milliseconds())
		must(t, db.ReserveEpochs(bg, clock.now().UnixMilli()))
		if _, _, ok := db.Recall(q); !ok {
			t.Fatal("a customer is forgotten when an epoch of trust bundles is reserved")
		}
	}
}

// A commit that failed and was taken back leaves what there was, in memory too, and the same commit then counts.
func TestMemoryOfFailedCommit(t *testing.T) {
	var h handles
	db, err := store.OpenWith(store.Config{Path: filepath.Join(t.TempDir(), "store.db")}, h.open)
	must(t, err)
	defer db.Close()
	ada := add(t, db, core.CustomerID{}, "ada@example.com")
	add(t, db, core.CustomerID{}, "bea@example.com")
	family := core.Family{Listed: true, Ours: true, Bits: 77, Start: start}
	list := append(tokensOf(ada.ID, ada.Email, family), tokensOf(core.Integer(2), "bea@example.com", family)...)
	for range 3 {
		asInFile(t, db, "before", list)
		before := state(t, db, ada.ID, core.Family{})
		must(t, h.last.Load().Close())
		wantErr(t, "Revoke with the file closed", db.Revoke(bg, ada.ID), store.ErrUnavailable)
		healthy(db)
		asInFile(t, db, "taken back", list)
		if s := state(t, db, ada.ID, core.Family{}); s != before {
			t.Errorf("after a log-out that failed: %+v, want %+v", s, before)
		}
		asInFile(t, db, "taken back, again", list)
		must(t, db.Revoke(bg, ada.ID))
		asInFile(t, db, "log-out", list)
		if s := state(t, db, ada.ID, core.Family{}); s.CutOff <= before.CutOff {
			t.Errorf("after a log-out: %+v, before %+v", s, before)
		}
		time.Sleep(time.Millisecond) // so that the next log-out has a later cut-off
	}
}
