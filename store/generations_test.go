package store_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// fleetOfTwo is a hub with a customer, 7, and an edge, number 2, that has followed it.
func fleetOfTwo(t testing.TB) (hub, edge *member) {
	t.Helper()
	hub, edge = join(t, 1), join(t, 2)
	add(t, hub.DB, core.Integer(7), "ada@example.com")
	adopt(t, edge, copyForEdge(t, hub), false)
	return hub, edge
}

// began is a family of customer 7 that a node began.
func began(number, n uint64) core.Family {
	return core.Family{Listed: true, Ours: true, Bits: number<<33 | n, Start: start + int64(n)}
}

var seven = core.Integer(7)

// advanceTo advances a family of customer 7 at a member.
func advanceTo(t testing.TB, m *member, f core.Family, generation uint32) {
	t.Helper()
	s := state(t, m.DB, seven, f)
	k := f.Key("", seven)
	must(t, m.Settle(bg, core.Effects{
		Reads: core.Reads{Customer: seven, CustomerVersion: s.Customer.Version, HasFamily: true, Family: k,
			FamilyVersion: s.Family.Version, CutOff: s.CutOff},
		List: []core.Effect{{Kind: core.AdvanceFamily, Family: k, At: f.Start, Until: start/1000 + 1e6,
			Generation: generation, Issued: m.clock.ms.Load() * 1000, Access: 60, Refresh: 600, KeyID: "k"}}}))
}

// revokeAt revokes a family of customer 7 at a member.
func revokeAt(t testing.TB, m *member, f core.Family, until int64) {
	t.Helper()
	must(t, m.Settle(bg, revokeFamily(state(t, m.DB, seven, f), f.Key("", seven), until)))
}

// sendUp has the hub accept all that an edge has in its outbox, and the edge drop it. It returns what was refused.
func sendUp(t testing.TB, edge, hub *member) []store.Refused {
	t.Helper()
	frames := edge.frames(t)
	if len(frames) == 0 {
		return nil
	}
	d, err := hub.Accept(bg, edge.Number(), store.Delivery{Frames: frames})
	must(t, err)
	must(t, edge.Acknowledge(bg, parsed(t, frames)[len(frames)-1].Position()))
	return d.Refused
}

// followLog has an edge apply what is new in the log of the hub.
func followLog(t testing.TB, edge, hub *member) {
	t.Helper()
	position, err := edge.Position(bg)
	must(t, err)
	_, after, err := fact.ReadLogPosition(position)
	must(t, err)
	frames, err := hub.Log(bg, after, 1<<30)
	must(t, err)
	d, err := edge.Apply(bg, store.Delivery{Frames: frames, Position: logPosition(t, hub)})
	must(t, err)
	wantDelivered(t, "Apply of the log", d, store.Delivered{Applied: len(frames)})
}

// logPosition is where the log of a hub ends.
func logPosition(t testing.TB, hub *member) []byte {
	t.Helper()
	n, err := hub.Node(bg)
	must(t, err)
	return fact.AppendLogPosition(nil, n.Epoch, hub.Head())
}

// paged are the facts of all pages.
func paged(
	t testing.TB, most int, page func(after []byte, most int) ([]fact.Fact, []byte, error),
) (all []fact.Fact, pages int) {
	t.Helper()
	for after := []byte(nil); ; pages++ {
		facts, next, err := page(after, most)
		must(t, err)
		if all = append(all, facts...); next == nil {
			return all, pages + 1
		}
		after = next
	}
}

func generationsOf(m *member, number uint16) func([]byte, int) ([]fact.Fact, []byte, error) {
	return func(after []byte, most int) ([]fact.Fact, []byte, error) {
		return m.Generations(bg, number, after, most)
	}
}

// The hub gives each home the generations of its families, and no others, in pages of any size.
func TestGenerations(t *testing.T) {
	hub, edge := fleetOfTwo(t)
	for n := range uint64(20) {
		advanceTo(t, edge, began(2, n), uint32(n+1))
	}
	advanceTo(t, hub, began(1, 50), 1)
	advanceTo(t, hub, began(0, 51), 1) // names no node
	revokeAt(t, hub, began(2, 60), start/1000+1000)
	if refused := sendUp(t, edge, hub); len(refused) > 0 {
		t.Errorf("the hub refuses %+v", refused)
	}
	for _, most := range []int{0, 300, 1 << 20} {
		all, pages := paged(t, most, generationsOf(hub, 2))
		if len(all) != 20 || (most == 1<<20) != (pages == 1) {
			t.Errorf("%d generations of the edge in %d pages of %d bytes, want 20", len(all), pages, most)
		}
		if own, _ := paged(t, most, generationsOf(hub, 1)); len(own) != 2 {
			t.Errorf("%d generations of the hub, want 2", len(own))
		}
	}
	all, _ := paged(t, 1<<20, generationsOf(hub, 2))
	restored := join(t, 2)
	adopt(t, restored, copyForEdge(t, hub), false)
	forgotten := join(t, 2)
	must(t, forgotten.TakeGenerations(bg, all))
	must(t, forgotten.TakeGenerations(bg, all))
	for _, m := range []*member{restored, forgotten} {
		for n := range uint64(20) {
			s := state(t, m.DB, seven, began(2, n)).Family
			if s.Generation != uint32(n+1) || s.Issued != 0 && s.Age < core.MaxGrace {
				t.Errorf("family %d is %+v, want generation %d, whose tokens are not given again", n, s, n+1)
			}
		}
	}
	if frames := forgotten.frames(t); len(frames) != 0 {
		t.Errorf("%d frames of what the hub gave", len(frames))
	}
	wantErr(t, "TakeGenerations of something else", edge.TakeGenerations(bg, []fact.Fact{revoked(1)}), store.ErrInvalid)
}

// What was advanced in an earlier incarnation is written again under this one, once. Its window stays what it was.
func TestReoffer(t *testing.T) {
	for _, all := range []bool{false, true} {
		t.Run(fmt.Sprint("all=", all), func(t *testing.T) {
			hub, edge := fleetOfTwo(t)
			advanceTo(t, edge, began(2, 1), 1)
			if refused := sendUp(t, edge, hub); len(refused) > 0 {
				t.Errorf("the hub refuses %+v", refused)
			}
			advanceTo(t, edge, began(2, 2), 1)
			advanceTo(t, edge, began(2, 2), 2)
			advanceTo(t, edge, began(2, 3), 1)
			revokeAt(t, edge, began(2, 4), start/1000+1000)
			edge.clock.ms.Add(3000)
			before := edge.frames(t)
			edge.restart(t, nil)
			node, err := edge.Node(bg)
			must(t, err)
			_, err = hub.Register(bg, 2, node.Incarnation)
			must(t, err)
			advanceTo(t, edge, began(2, 3), 2) // so that the older one counts no more
			for range 2 {
				must(t, edge.Reoffer(bg, all))
			}
			var again []uint64
			for _, f := range parsed(t, edge.frames(t)[len(before):]) {
				for _, x := range f.Facts {
					a := x.(fact.AdvanceFamily)
					if (fact.Position{Incarnation: a.Incarnation, Sequence: a.Sequence}) != f.Position() {
						t.Errorf("%+v stands in frame %v", a, f.Position())
					}
					again = append(again, a.Family.Bits&0xff)
				}
			}
			want := []uint64{3, 2}
			if all {
				want = []uint64{3, 1, 2}
			}
			if !slices.Equal(again, want) {
				t.Errorf("written under this incarnation are %d, want %d", again, want)
			}
			if s := state(t, edge.DB, seven, began(2, 2)).Family; s.Issued == 0 || s.Age != 3*time.Second {
				t.Errorf("the family is %+v, want an age of 3 s", s)
			}
			refused := sendUp(t, edge, hub)
			for _, r := range refused {
				if a, ok := r.Fact.(fact.AdvanceFamily); !ok || a.Incarnation == node.Incarnation || !r.Fenced {
					t.Errorf("refused is %+v", r)
				}
			}
			if len(refused) != 3 {
				t.Errorf("the hub refuses %d facts, want the 3 advances of the earlier incarnation", len(refused))
			}
			for n, want := range map[uint64]uint32{1: 1, 2: 2, 3: 2} {
				if s := state(t, hub.DB, seven, began(2, n)).Family; s.Generation != want {
					t.Errorf("the hub knows generation %d of family %d, want %d", s.Generation, n, want)
				}
			}
		})
	}
}

// A full outbox keeps nobody from writing again what is in it, in as many commits as it takes.
func TestReofferMuch(t *testing.T) {
	hub, edge := fleetOfTwo(t)
	const families = 4000
	for n := uint64(0); n < families; n += 500 {
		s := state(t, edge.DB, seven, core.Family{})
		var list []core.Effect
		for i := range uint64(500) {
			f := began(2, n+i)
			list = append(list, core.Effect{Kind: core.AdvanceFamily, Family: f.Key("", seven), At: f.Start,
				Until: start/1000 + 1e6, Generation: 1, Issued: start * 1000, Access: 60, Refresh: 600, KeyID: "k"})
		}
		must(t, edge.Settle(bg, core.Effects{List: list, Reads: core.Reads{Customer: seven, HasFamily: true,
			CustomerVersion: s.Customer.Version, CutOff: math.MaxInt64}}))
	}
	edge.config.MaxOutbox = 1000
	for _, all := range []bool{false, true} {
		edge.restart(t, nil)
		node, err := edge.Node(bg)
		must(t, err)
		_, err = hub.Register(bg, 2, node.Incarnation)
		must(t, err)
		must(t, edge.Reoffer(bg, all))
		sendUp(t, edge, hub)
	}
	node, err := edge.Node(bg)
	must(t, err)
	list, _ := paged(t, 1<<20, generationsOf(hub, 2))
	for _, x := range list {
		if a := x.(fact.AdvanceFamily); a.Incarnation != node.Incarnation {
			t.Fatalf("the hub knows %+v, which is not of incarnation %016x", a, node.Incarnation)
		}
	}
	if len(list) != families {
		t.Errorf("the hub knows %d generations, want %d", len(list), families)
	}
}
