package powercut_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
	hashes "github.com/edgetoken/edgetoken/store/password"
	"github.com/edgetoken/edgetoken/testdata/faultdisk"
)

// load is how much is done and how often it is cut.
type load struct{ runs, customers, cuts int }

func wanted() load {
	if os.Getenv("PLANTED") != "" {
		return load{runs: 100, customers: 32, cuts: 100} // until the fault is found
	}
	if os.Getenv("POWERCUT_FULL") != "" {
		return load{runs: 10, customers: 64, cuts: 200}
	}
	return load{runs: 2, customers: 32, cuts: 100}
}

const workers = 8

func TestPowerCut(t *testing.T) {
	if faultdisk.Rerun(t, plants...) {
		return
	}
	cutAll(t, func() bool { return false })
}

// Now and then a sync fails, too, and often the next one with it, be it that of taking the commit back. All that was
// written before is lost or not.
func TestPowerCutAndFailures(t *testing.T) {
	if faultdisk.Rerun(t, plants...) {
		return
	}
	last := false
	cutAll(t, func() bool {
		last = mathrand.IntN(20) == 0 || last && mathrand.IntN(2) == 0
		return last
	})
}

func cutAll(t *testing.T, fails func() bool) {
	l := wanted()
	asked, facts, failures := 0, 0, 0
	for run := 0; run < l.runs && !t.Failed(); run++ {
		seed := [2]uint64{uint64(time.Now().UnixNano()), uint64(run)}
		base, r, book := work(t, l.customers, fails)
		facts += len(book.facts)
		for _, o := range r.ops {
			if o.failed {
				failures++
			}
		}
		asked += cuts(t, base, r, book, l.cuts, seed)
	}
	t.Logf("%d runs, %d facts, %d syncs failed, %d cuts, %d facts asked of the files", l.runs, facts, failures,
		l.runs*l.cuts, asked)
}

// plants are faults that the test must find, each where PLANTED names it, so that one build has them all; and no
// fault, the store's own writes are recorded.
var plants = []faultdisk.Fault{
	{Source: "store/commit.go", Was: "undo(c.file.handle, c.failed)",
		Is: "undo(faultdisk.File{File: c.file.handle}, c.failed)"},
	{Source: "store/commit.go", Was: "\"go.etcd.io/bbolt\"\n",
		Is: "\"github.com/edgetoken/edgetoken/testdata/faultdisk\"\n\t\"go.etcd.io/bbolt\"\n"},
	{Source: "store/upgrade.go", Was: "if err == nil {\n\t\terr = renew(f.handle,",
		Is: "if err == nil && !planted(\"takes no commit back\") {\n\t\terr = renew(faultdisk.File{File: f.handle},"},
	{Source: "store/upgrade.go", Was: "\"go.etcd.io/bbolt\"\n",
		Is: "\"github.com/edgetoken/edgetoken/testdata/faultdisk\"\n\t\"go.etcd.io/bbolt\"\n"},
	{Source: "store/planted.go", Is: "package store\n\nimport \"os\"\n\nfunc planted(name string) bool { return " +
		"os.Getenv(\"PLANTED\") == name }\n"},
	{Source: "store/commit.go", Was: "if err = db.commit(batch); err != nil {", Is: `if planted("answers before the commit") {
					for _, r := range batch {
						close(r.done)
						r.done = make(chan struct{})
					}
				}
				if err = db.commit(batch); err != nil {`},
	{Source: "store/header.go", Was: "if spoilt >= 0 {", Is: "if spoilt >= 0 && !planted(\"takes no commit back\") {"},
	{Source: "store/open.go", Was: "NoStatistics: true,\n",
		Is: "NoStatistics: true,\n\t\tNoSync: planted(\"commits without a sync\"),\n"},
	{Source: "store/settle.go", Was: "if f.version != r.FamilyVersion {",
		Is: "if f.version != r.FamilyVersion && !planted(\"advances without comparing\") {"},
	{Source: "store/db.go", Was: "if latest.pending(tx.ID()) {",
		Is: "if latest.pending(tx.ID()) && !planted(\"answers by what is not durable\") {"},
	{Source: "store/settle.go", Was: "if err == nil && more != nil {",
		Is: "if err == nil && more != nil && !planted(\"lists a log-in at its first use\") {"},
	{Source: "store/listed.go", Was: "return !f.dead, err\n",
		Is: "return !f.dead || planted(\"lists what ended\"), err\n"},
	{Source: "store/family.go", Was: "w.unlistRevoked(k)\n",
		Is: "if !planted(\"lists what ended\") {\n\t\t\tw.unlistRevoked(k)\n\t\t}\n"},
	{Source: "store/deliver.go", Was: "return db.deliver(ctx, d, courier{})", Is: `if planted("writes the position apart") {
		if err := db.write(ctx, func(*writer) (resolved, error) {
			return resolved{fact.Followed{Position: d.Position}}, nil
		}); err != nil {
			return Delivered{}, err
		}
		d.Position = nil
	}
	return db.deliver(ctx, d, courier{})`},
}

// The tests find what they are there to find.
func TestPowerCutFinds(t *testing.T) {
	for planted, test := range map[string]string{
		"answers before the commit": "TestPowerCut", "commits without a sync": "TestPowerCut",
		"answers by what is not durable":  "TestPowerCut",
		"advances without comparing":      "TestPowerCut",
		"writes the position apart":       "TestPowerCut",
		"lists a log-in at its first use": "TestPowerCut",
		"lists what ended":                "TestPowerCut",
		"takes no commit back":            "TestPowerCutAndFailures",
	} {
		t.Run(planted, func(t *testing.T) {
			t.Setenv("PLANTED", planted)
			out, err := faultdisk.Run(t, test, plants...)
			found := findings.FindString(out)
			if err == nil || found == "" {
				t.Errorf("nothing is found: %v\n%s", err, out)
			}
			t.Log(found)
		})
	}
}

var findings = regexp.MustCompile(`.*(is lost: |no store is left|good for two generations).*`)

// keys is one HMAC key.
type keys struct{ *jws.Key }

func (k keys) Set() core.KeySet {
	return core.KeySet{Epoch: 1, Signing: []core.SigningKey{{}},
		Keys: []core.KeyInfo{{Algorithm: k.Algorithm(), Default: true, AnyID: true}}}
}

func (k keys) Check(_ context.Context, _ int, input, signature []byte) (bool, error) {
	return k.Key.Check(input, signature), nil
}

func (k keys) Sign(_ context.Context, _ int, input, entropy []byte) ([]byte, error) {
	return k.Key.Sign(input, entropy)
}

var cheap = hashes.Params{Memory: 8, Iterations: 1, Parallelism: 1}

// nodeOn is a node on a store, the same for each.
func nodeOn(t *testing.T, db *store.DB) *node.Node {
	t.Helper()
	n, err := newNode(db, core.Secure)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// secret is the key of all nodes.
var secret = bytes.Repeat([]byte("k"), 32)

// newNode makes a node that spends refresh tokens. No window closes while a test runs.
func newNode(db *store.DB, wire core.Wire) (*node.Node, error) {
	key, err := jws.NewKey("HS256", secret)
	if err != nil {
		return nil, err
	}
	settings := core.DefaultSettings()
	settings.Wire, settings.RotateRefreshTokens, settings.BlacklistAfterRotation = wire, true, true
	settings.RefreshGrace = core.MaxGrace
	return node.New(node.Config{Engine: core.NewNative(settings, keys{key}), Store: db, Settings: settings,
		ListSessions: true, Passwords: cheap, Log: slog.New(slog.DiscardHandler)})
}

// work has clients work with a node, and gives the file as it was before, the record of what was done to it, and what
// the clients were answered.
func work(t *testing.T, customers int, fails func() bool) (base image, r *record, book *ledger) {
	faultdisk.Use(faultdisk.Sound)
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := store.Open(store.Config{Path: path, Outbox: true})
	if err != nil {
		t.Fatal(err)
	}
	if base, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	r = &record{fails: fails}
	faultdisk.Use(r)
	hash, err := hashes.Hash(password, cheap, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	book = &ledger{record: r}
	c := &client{nodeOn(t, db), db, book, hash}
	if err := again(func() error { return c.RaiseLifetimes(bg) }); err != nil {
		t.Fatal(err)
	}
	next := make(chan int)
	var group sync.WaitGroup
	group.Go(func() {
		if err := c.follow(); err != nil {
			t.Error(err)
		}
	})
	group.Go(func() {
		if err := c.keepKeys(); err != nil {
			t.Error(err)
		}
	})
	for range workers {
		group.Go(func() {
			for i := range next {
				if err := c.serve(int64(i+1), i); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range customers {
		next <- i
	}
	close(next)
	group.Wait()
	if err := db.Close(); err != nil && !errors.Is(err, errDisk) { // it keeps a clock, which may fail
		t.Error(err)
	}
	// The record must be the whole truth.
	rebuilt := slices.Clone(base)
	for _, o := range r.ops {
		rebuilt.apply(o, all)
	}
	if file, err := os.ReadFile(path); err != nil || !bytes.Equal(file, rebuilt) {
		t.Fatalf("the file is not what the record says (%v): something was written past it", err)
	}
	return base, r, book
}

// cuts cuts the power many times, and asks what is left for all that was acknowledged until then.
func cuts(t *testing.T, base image, r *record, book *ledger, count int, seed [2]uint64) (asked int) {
	random := mathrand.New(mathrand.NewPCG(seed[0], seed[1]))
	moments := make([]int, count)
	for i := range moments {
		if moments[i] = random.IntN(len(r.ops) + 1); i%2 == 0 { // as soon as something was acknowledged
			moments[i] = book.facts[random.IntN(len(book.facts))].since
		}
	}
	slices.Sort(moments)
	faultdisk.Use(volatile{})
	path := filepath.Join(t.TempDir(), "store.db")
	for _, at := range moments {
		left := r.cut(base, at, random)
		if err := os.WriteFile(path, left, 0o600); err != nil {
			t.Fatal(err)
		}
		where := fmt.Sprintf("seed %v, cut at %d of %d", seed, at, len(r.ops))
		if problems := unsound(path); len(problems) > 0 {
			t.Errorf("%s: no store is left: %v", where, problems)
			return asked
		}
		db, err := store.Open(store.Config{Path: path})
		if err != nil {
			t.Errorf("%s: no store is left: %v", where, err)
			return asked
		}
		broken, held := book.broken(nodeOn(t, db), db, at)
		asked += held
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if len(broken) > 0 {
			t.Errorf("%s: %d facts of %d:\n%s", where, len(broken), held, strings.Join(broken[:min(5, len(broken))],
				"\n"))
			return asked
		}
	}
	return asked
}

// unsound is what is wrong with a file, but for a header that was being written.
func unsound(path string) []store.Problem {
	report, err := store.Check(path)
	if err != nil {
		return []store.Problem{{What: err.Error()}}
	}
	return slices.DeleteFunc(report.Problems, func(p store.Problem) bool {
		return strings.HasPrefix(p.What, "one of the two copies of the header is damaged")
	})
}

// volatile is a disk that need not keep anything.
type volatile struct{}

func (volatile) WriteAt(f *os.File, b []byte, offset int64) (int, error) { return f.WriteAt(b, offset) }
func (volatile) Truncate(f *os.File, size int64) error                   { return f.Truncate(size) }
func (volatile) Sync(*os.File) error                                     { return nil }
