package store_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/testdata/faultdisk"
)

// impatient is a context that ends as soon as anybody waits for its end.
type impatient struct {
	context.Context
	waited bool
}

func (i *impatient) Done() <-chan struct{} {
	i.waited = true
	ended := make(chan struct{})
	close(ended)
	return ended
}

func (i *impatient) Err() error {
	if i.waited {
		return context.Canceled
	}
	return nil
}

// patient is a context that never ends and tells when somebody waits for its end.
type patient struct {
	context.Context
	waits func()
}

func (p patient) Done() <-chan struct{} {
	p.waits()
	return nil
}

// readings are all reads, of customer 1 and what belongs to it.
func readings(db *store.DB, ada store.Customer, session store.SessionID) map[string]func(context.Context) error {
	query := store.Query{UserID: ada.ID, HasUser: true, Family: ours, HasFamily: true, Rights: true}
	return map[string]func(context.Context) error{
		"Load":       func(ctx context.Context) error { _, _, err := db.Load(ctx, query); return err },
		"Get":        func(ctx context.Context) error { _, err := db.Get(ctx, ada.ID); return err },
		"GetByEmail": func(ctx context.Context) error { _, err := db.GetByEmail(ctx, ada.Email); return err },
		"Get of nobody": func(ctx context.Context) error {
			if _, err := db.Get(ctx, core.Integer(77)); !errors.Is(err, store.ErrNotFound) {
				return err
			}
			return nil
		},
		"List":       func(ctx context.Context) error { _, err := db.List(ctx, core.CustomerID{}, 0); return err },
		"Count":      func(ctx context.Context) error { _, err := db.Count(ctx); return err },
		"Groups":     func(ctx context.Context) error { _, err := db.Groups(ctx); return err },
		"Collisions": func(ctx context.Context) error { _, err := db.Collisions(ctx, 1); return err },
		"LoadSession": func(ctx context.Context) error {
			_, _,
				err := db.LoadSession(ctx, session, store.Query{})
			return err
		},
		"Settle without effects": func(ctx context.Context) error {
			reads := core.Reads{Customer: ada.ID, CustomerVersion: ada.Version, Family: ours.Key("", ada.ID),
				HasFamily: true}
			// Whether it rests on the new state or the old one.
			if err := db.Settle(ctx, core.Effects{Reads: reads}); !errors.Is(err, store.ErrConflict) {
				return err
			}
			return nil
		},
	}
}

// R9: nobody is told the new state before the commit is durable. Until then readers get the old state or wait.
func TestReadsAreDurable(t *testing.T) {
	if faultdisk.Rerun(t) {
		return
	}
	for name, fails := range map[string]error{"synced": nil, "not synced": io.ErrUnexpectedEOF} {
		t.Run(name, func(t *testing.T) { readsAreDurable(t, fails) })
	}
}

func readsAreDurable(t *testing.T, fails error) {
	db := open(t, store.Config{Path: filepath.Join(t.TempDir(), "store.db")})
	ada := add(t, db, core.CustomerID{}, "ada")
	session := store.SessionID{1}
	must(t, db.StartSession(bg, store.NewSession{ID: session, Customer: ada, Expires: time.Now().Add(time.Hour)}))

	// The commit halts in both of its syncs.
	halted, goOn := make(chan struct{}), make(chan error)
	faultdisk.Use(faultdisk.Before(func(op faultdisk.Op) error {
		if op.Kind != faultdisk.Sync {
			return nil
		}
		halted <- struct{}{}
		return <-goOn
	}))
	revoked := make(chan error)
	go func() {
		revoked <- db.Settle(bg, core.Effects{Reads: core.Reads{CutOff: 1 << 60},
			List: []core.Effect{{Kind: core.RevokeFamily, Family: ours.Key("", ada.ID), Until: time.Now().Unix()}}})
	}()
	<-halted
	for name, read := range readings(db, ada, session) {
		wantErr(t, name+" while the commit cannot be seen", read(&impatient{}), nil)
	}
	if s := state(t, db, ada.ID, ours); s.Family.Dead {
		t.Errorf("the family is dead before its commit can be seen")
	}
	goOn <- nil
	<-halted
	for name, read := range readings(db, ada, session) {
		wantErr(t, name+" of a commit that is not durable", read(&impatient{}), context.Canceled)
	}
	var reading, waiting sync.WaitGroup
	for name, read := range readings(db, ada, session) {
		waiting.Add(1)
		reading.Go(func() {
			arrived := sync.OnceFunc(waiting.Done)
			defer arrived()
			if err := read(patient{bg, arrived}); (err != nil) != (fails != nil) || err != nil &&
				!errors.Is(err, store.ErrUnavailable) {
				t.Errorf("%s of a commit whose sync ends with %v = %v", name, fails, err)
			}
		})
	}
	waiting.Wait()
	faultdisk.Use(faultdisk.Sound)
	goOn <- fails
	reading.Wait()
	if err := <-revoked; (err != nil) != (fails != nil) {
		t.Errorf("the revocation is answered with %v, its sync ended with %v", err, fails)
	}
	healthy(db)
	for name, read := range readings(db, ada, session) {
		wantErr(t, name+" after all", read(&impatient{}), nil)
	}
	if s := state(t, db, ada.ID, ours); s.Family.Dead != (fails == nil) {
		t.Errorf("the family is dead: %v, though its sync ended with %v", s.Family.Dead, fails)
	}
}
