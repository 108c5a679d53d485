package store_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// frameOf is the frame that says that family n is dead; each follows the one before.
func frameOf(c *chain, n uint64) []byte {
	f := fact.Frame{Node: c.node, Incarnation: c.incarnation, Sequence: n + 1, Made: start * 1000,
		Facts: []fact.Fact{fact.RevokeFamily{Family: core.FamilyKey{Bits: n}, Until: 4e9}}}
	if n > 0 {
		f.Previous = c.last.Hash()
	}
	c.last = f
	raw, err := f.Append(nil)
	if err != nil {
		panic(err)
	}
	return raw
}

// own is the family that the process itself revokes as its nth.
func own(n uint64) uint64 { return 1<<30 + n }

// followForEver applies the frames of another node from its position on, two at a time and the second first, and
// revokes families of its own. It tells each thing after it was acknowledged.
func followForEver(path string) {
	db, err := store.Open(store.Config{Path: path, Outbox: true})
	if err == nil {
		err = follow(db)
	}
	fmt.Println("error", err)
	os.Exit(2)
}

func follow(db *store.DB) error {
	at, err := db.Position(bg)
	if err != nil {
		return err
	}
	next, _ := strconv.ParseUint(string(at), 10, 64)
	c := &chain{node: 1, incarnation: 5}
	for n := range next {
		frameOf(c, n)
	}
	var out sync.Mutex
	tell := func(what string, n uint64) {
		out.Lock()
		defer out.Unlock()
		fmt.Println(what, n)
	}
	errs := make(chan error)
	go func() {
		for ; ; next += 2 {
			first, second := frameOf(c, next), frameOf(c, next+1)
			d, err := db.Apply(bg, store.Delivery{Frames: [][]byte{second, first},
				Position: fmt.Append(nil, next+2)})
			if err != nil || d.Applied != 2 {
				errs <- fmt.Errorf("Apply of frame %d = %+v, %w", next, d, err)
				return
			}
			tell("applied", next+1)
		}
	}()
	go func() {
		for n := uint64(0); ; n++ {
			if err := db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.RevokeFamily,
				Family: core.FamilyKey{Bits: own(n)}, Until: 4e9}}}); err != nil {
				errs <- err
				return
			}
			tell("settled", n)
		}
	}()
	return <-errs
}

// A process is killed while it follows another node, several times over one store. The position never is ahead of the
// facts or behind them, and what it wrote itself is in the outbox exactly if it is in the state.
func TestKillWhileFollowing(t *testing.T) {
	m := &member{config: store.Config{Path: filepath.Join(t.TempDir(), "store.db"), Outbox: true}}
	for round := range 4 {
		cmd := child(t, "follow", m.config.Path)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		acknowledged := map[string]uint64{}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			what, text, _ := strings.Cut(lines.Text(), " ")
			if acknowledged[what], err = strconv.ParseUint(text, 10, 64); err != nil {
				t.Fatalf("round %d: the child says: %s", round, lines.Text())
			}
			if n == 30+round*17 {
				must(t, cmd.Process.Kill())
			}
		}
		if err := cmd.Wait(); cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("round %d: the child ended by itself: %v", round, err)
		}
		if r, err := store.Check(m.config.Path); err != nil || !r.Sound() {
			t.Errorf("round %d: Check = %v, %v", round, shown(r), err)
		}
		m.open(t)
		at, err := m.Position(bg)
		must(t, err)
		next, err := strconv.ParseUint(string(at), 10, 64)
		must(t, err)
		if list := deadOf(t, m, next+10); uint64(len(list)) != next || next <= acknowledged["applied"] {
			t.Errorf("round %d: the position is %d, dead are %d, the last acknowledged is %d", round, next, len(list),
				acknowledged["applied"])
		}
		c := &chain{node: 1, incarnation: 5}
		var frames [][]byte
		for n := range next + 2 {
			frames = append(frames, frameOf(c, n))
		}
		got, err := m.Apply(bg, store.Delivery{Frames: frames, Position: fmt.Append(nil, next+2)})
		must(t, err)
		wantDelivered(t, "Apply of all", got, store.Delivered{Applied: 2, Skipped: int(next)})
		var shared, known []uint64
		for _, f := range parsed(t, m.frames(t)) {
			for _, x := range f.Facts {
				shared = append(shared, x.(fact.RevokeFamily).Family.Bits)
			}
		}
		slices.Sort(shared)
		for n := range uint64(10_000) {
			s, _, err := m.Load(bg, store.Query{HasFamily: true, Family: core.Family{Listed: true, Bits: own(n)}})
			must(t, err)
			if !s.Family.Dead {
				break
			}
			known = append(known, own(n))
		}
		shared = slices.Compact(shared)
		if !slices.Equal(shared, known) || uint64(len(known)) <= acknowledged["settled"] {
			t.Errorf("round %d: %d revocations are in the outbox and %d in the state; the last acknowledged is %d",
				round, len(shared), len(known), acknowledged["settled"])
		}
		must(t, m.Close())
	}
}
