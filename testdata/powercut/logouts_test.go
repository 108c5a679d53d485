package powercut_test

import (
	"crypto/rand"
	"errors"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	hashes "github.com/edgetoken/edgetoken/store/password"
	"github.com/edgetoken/edgetoken/testdata/faultdisk"
)

// Of many who log out at once while the first log-out is being synced nobody is answered before it is durable, and
// nobody is told that it is done where the sync fails.
func TestLogOutsAtOnce(t *testing.T) {
	if faultdisk.Rerun(t, plants...) {
		return
	}
	const many = 200
	for name, fails := range map[string]error{"synced": nil, "not synced": errors.New("input/output error")} {
		t.Run(name, func(t *testing.T) {
			faultdisk.Use(faultdisk.Sound)
			db, err := store.Open(store.Config{Path: filepath.Join(t.TempDir(), "store.db")})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			hash, err := hashes.Hash(password, cheap, rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Add(bg, store.NewCustomer{ID: core.Integer(1), Email: "ana@example.com", IsActive: true,
				PasswordHash: hash}); err != nil {
				t.Fatal(err)
			}
			n := nodeOn(t, db)
			r, err := n.Login(bg, address, "ana@example.com", password)
			if err != nil || r.Refused() {
				t.Fatal(r, err)
			}
			token := r.Tokens[0].Value
			// What the store remembers of such tokens is not what the commit below is about.
			if r, err = n.Verify(bg, token); err != nil || r.Refused() {
				t.Fatal(r, err)
			}

			// The commit halts once it can be seen.
			seen, goOn := make(chan struct{}), make(chan error)
			var meta, halted atomic.Bool
			faultdisk.Use(faultdisk.Before(func(op faultdisk.Op) error {
				meta.CompareAndSwap(false, op.Meta())
				if op.Kind != faultdisk.Sync || !meta.Load() || halted.Swap(true) {
					return nil
				}
				close(seen)
				return <-goOn
			}))
			var acknowledged, failed atomic.Int64
			var group sync.WaitGroup
			logOut := func() {
				// 200 or "Token is blacklisted": either way the log-in has ended.
				if _, err := n.Blacklist(bg, token); err == nil {
					acknowledged.Add(1)
				} else if errors.Is(err, store.ErrUnavailable) {
					failed.Add(1)
				} else {
					t.Error(err)
				}
			}
			group.Go(logOut)
			<-seen
			for range many {
				group.Go(logOut)
			}
			// Time for those who do not wait. Those who do are not answered, however long it is.
			time.Sleep(50 * time.Millisecond)
			if n := acknowledged.Load(); n > 0 {
				t.Errorf("%d of %d are answered before the first log-out is durable", n, many)
			}
			goOn <- fails
			group.Wait()
			for db.Health() != nil && !errors.Is(db.Health(), store.ErrLost) { // until its file is open anew
				runtime.Gosched()
			}
			r, err = n.Refresh(bg, token)
			if err != nil {
				t.Fatal(err)
			}
			if acknowledged.Load() > 0 && !r.Refused() {
				t.Errorf("%d log-outs were acknowledged, and the log-in goes on", acknowledged.Load())
			}
			if fails == nil && acknowledged.Load() != many+1 {
				t.Errorf("%d log-outs were acknowledged and %d failed, want all", acknowledged.Load(), failed.Load())
			}
		})
	}
}
