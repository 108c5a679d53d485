package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// put writes members at a hub.
func put(m *member, list ...store.Member) error {
	return m.UpdateMembers(bg, func([]store.Member) ([]store.Member, error) { return list, nil })
}

func memberOf(t testing.TB, m *member, number uint16) store.Member {
	t.Helper()
	list, err := m.Members(bg)
	must(t, err)
	i := slices.IndexFunc(list, func(x store.Member) bool { return x.Number == number })
	known, ok := m.Member(number)
	if i < 0 || !ok || known != list[i] {
		t.Fatalf("Members = %+v, and Member(%d) = %+v, %v", list, number, known, ok)
	}
	return list[i]
}

// Members are those of the hub at each node. A withdrawal is for good, and a cut-off as late as any other.
func TestMembers(t *testing.T) {
	hub, edge := join(t, 1), join(t, 2)
	for name, bad := range map[string]store.Member{
		"no number":            {Name: "a", Key: [32]byte{99}},
		"a number too high":    {Number: fact.MaxNumber + 1, Name: "a", Key: [32]byte{99}},
		"no name":              {Number: 20, Key: [32]byte{99}},
		"another's key":        {Number: 20, Name: "a", Key: [32]byte{3}},
		"a cut-off to come":    {Number: 20, Name: "a", Key: [32]byte{99}, CutOff: start + 700_000},
		"the hub withdrawn":    {Number: 1, Name: "hub", Key: [32]byte{1}, Withdrawn: start * 1000},
		"a time before 1970":   {Number: 20, Name: "a", Key: [32]byte{99}, Withdrawn: -1},
		"joined after 9999":    {Number: 20, Name: "a", Key: [32]byte{99}, Joined: 1 << 62},
		"the hub at the hub":   {Number: 1, Name: "hub", Key: [32]byte{1}, AtHub: true},
		"the key of the hub":   {Number: 20, Name: "a", Key: [32]byte{1}},
		"a cut-off below zero": {Number: 20, Name: "a", Key: [32]byte{99}, CutOff: -1},
	} {
		wantErr(t, name, put(hub, bad), store.ErrInvalid)
	}
	wantErr(t, "two of one key", put(hub, store.Member{Number: 20, Name: "a", Key: [32]byte{99}},
		store.Member{Number: 21, Name: "b", Key: [32]byte{99}}), store.ErrInvalid)
	wantErr(t, "a single node", put(alone(t, 0)), store.ErrInvalid)
	cause := errors.New("cause")
	wantErr(t, "an error of the caller", hub.UpdateMembers(bg, func([]store.Member) ([]store.Member, error) {
		return nil, cause
	}), cause)

	m := memberOf(t, hub, 3)
	must(t, hub.RevokeAll(bg)) // a cut-off of the hub, above which the next one need not lie
	m.Withdrawn, m.CutOff = start*1000+5, start
	must(t, put(hub, m))
	got := memberOf(t, hub, 3)
	if got.Withdrawn != start*1000+5 || got.CutOff < start || got.Stamp == m.Stamp {
		t.Errorf("member 3 is %+v", got)
	}
	back := got
	back.Withdrawn = 0
	wantErr(t, "a member that comes back", put(hub, back), store.ErrInvalid)
	must(t, put(hub, store.Member{Number: 20, Name: "again", Key: m.Key})) // the key is free
	first := got
	got.AtHub, got.Name, got.CutOff, got.Withdrawn = true, "new name", 0, start*1000+9
	must(t, put(hub, got))
	want := first
	want.AtHub, want.Name = true, "new name"
	if is := memberOf(t, hub, 3); is != (store.Member{Number: 3, Stamp: is.Stamp, Name: "new name", Key: m.Key,
		Withdrawn: first.Withdrawn, CutOff: first.CutOff, AtHub: true}) {
		t.Errorf("member 3 is %+v, want %+v", is, want)
	}

	frames := hub.frames(t)
	for i := range frames { // in any order, the earlier again
		apply(t, edge, frames[:i+1]...)
	}
	for range 2 {
		list, err := hub.Members(bg)
		must(t, err)
		there, err := edge.Members(bg)
		if !slices.Equal(list, there) || err != nil || len(list) != 10 {
			t.Errorf("the edge knows %+v, %v, the hub %+v", there, err, list)
		}
		memberOf(t, edge, 20)
		edge.restart(t, nil)
	}
}

// Facts about a member come in any order, and to the same.
func TestMembersJoin(t *testing.T) {
	at := func(i int64) fact.Stamp { return fact.Stamp{Epoch: 1, Time: start*1000 + i, Node: 1} }
	list := []fact.Fact{
		fact.Member{Number: 5, Stamp: at(1), Name: "a"},
		fact.Member{Number: 5, Stamp: at(2), Name: "b", Withdrawn: 7, CutOff: 9},
		fact.Member{Number: 5, Stamp: at(3), Name: "c", Withdrawn: 8, AtHub: true},
		fact.Member{Number: 5, Stamp: at(3), Name: "d"}, // no sound hub does so
	}
	want := store.Member{Number: 5, Stamp: at(3), Name: "d", Withdrawn: 7, CutOff: 9, AtHub: true}
	for i := range list {
		m, c := alone(t, 9), chain{node: 1, incarnation: 5}
		for j := range list {
			apply(t, m, c.frame(t, list[(i+j)%len(list)]))
			apply(t, m, c.frame(t, list[i]))
		}
		if got := memberOf(t, m, 5); got != want {
			t.Errorf("from %d on the member is %+v, want %+v", i, got, want)
		}
	}
}

// An invitation lets one node in, once; the same node gets the same answer again.
func TestInvitations(t *testing.T) {
	hub := join(t, 1)
	now := hub.clock.now()
	until := now.Add(time.Hour).UnixMicro()
	one, two := [32]byte{1, 1}, [32]byte{2, 2}
	redeem := func(digest, key [32]byte, name string) (store.Member, error) {
		return hub.Redeem(bg, digest, key, name, hub.clock.now())
	}
	must(t, hub.Invite(bg, store.Invitation{Digest: one, Until: until}))
	must(t, hub.Invite(bg, store.Invitation{Digest: two, Name: "lyon", Until: until - 1, Number: 9}))
	wantErr(t, "the same again", hub.Invite(bg, store.Invitation{Digest: two, Until: until}), store.ErrExists)
	wantErr(t, "an end that is no time", hub.Invite(bg, store.Invitation{Until: 1 << 62}), store.ErrInvalid)
	wantErr(t, "of a single node", alone(t, 0).Invite(bg, store.Invitation{Until: until}), store.ErrInvalid)
	if list, err := hub.Invitations(bg); err != nil || !slices.Equal(list, []store.Invitation{
		{Digest: two, Name: "lyon", Until: until - 1}, {Digest: one, Until: until}}) {
		t.Errorf("Invitations = %+v, %v", list, err)
	}
	for name, c := range map[string]struct {
		digest, key [32]byte
		name        string
		want        error
	}{
		"a wrong secret":     {[32]byte{3}, [32]byte{77}, "a", store.ErrInvitation},
		"no key":             {one, [32]byte{}, "a", store.ErrInvalid},
		"no name":            {one, [32]byte{77}, "", store.ErrInvalid},
		"a member's key":     {one, [32]byte{4}, "a", store.ErrExists},
		"the key of the hub": {one, [32]byte{1}, "a", store.ErrExists},
	} {
		_, err := redeem(c.digest, c.key, c.name)
		wantErr(t, name, err, c.want)
	}
	m, err := redeem(one, [32]byte{77}, "paris")
	if err != nil || m.Number != 10 || m.Name != "paris" || m.Key != [32]byte{77} || m.Joined != now.UnixMicro() {
		t.Errorf("Redeem = %+v, %v", m, err)
	}
	for range 2 {
		again, err := redeem(one, [32]byte{77}, "another name")
		if err != nil || again != memberOf(t, hub, 10) {
			t.Errorf("Redeem again = %+v, %v", again, err)
		}
		hub.restart(t, nil)
	}
	_, err = redeem(one, [32]byte{78}, "thief")
	wantErr(t, "Redeem by another", err, store.ErrInvitation)
	if m, err = redeem(two, [32]byte{78}, "ignored"); err != nil || m.Number != 11 || m.Name != "lyon" {
		t.Errorf("Redeem = %+v, %v", m, err)
	}
	withdrawn := memberOf(t, hub, 11)
	withdrawn.Withdrawn = now.UnixMicro()
	must(t, put(hub, withdrawn))
	_, err = redeem(two, [32]byte{78}, "lyon")
	wantErr(t, "Redeem by a withdrawn node", err, store.ErrInvitation)

	three := [32]byte{3, 3}
	must(t, hub.Invite(bg, store.Invitation{Digest: three, Name: "oslo", Until: until}))
	hub.clock.ms.Add(2 * 3600_000)
	_, err = redeem(three, [32]byte{79}, "oslo")
	wantErr(t, "Redeem after its end", err, store.ErrInvitation)
	_, err = redeem(one, [32]byte{77}, "paris")
	wantErr(t, "Redeem again after its end", err, store.ErrInvitation)
	if list, err := hub.Invitations(bg); len(list) != 0 || err != nil {
		t.Errorf("Invitations = %+v, %v", list, err)
	}
	must(t, hub.Invite(bg, store.Invitation{Digest: [32]byte{4}, Until: until + 3*3600_000_000}))
	must(t, hub.Restored(bg)) // nobody knows which were used since the backup
	if list, err := hub.Invitations(bg); len(list) != 0 || err != nil {
		t.Errorf("after a restore Invitations = %+v, %v", list, err)
	}
	must(t, hub.Close())
	if left := all(t, hub.config.Path)["invitations"]; len(left) != 0 {
		t.Errorf("%d invitations are left in the file", len(left))
	}
	hub.open(t)
}

// An incarnation that a later one has fenced off advances nothing, and does not take a frame that comes again for
// confirmed. What else it says counts.
func TestFence(t *testing.T) {
	hub := join(t, 1)
	advance := func(incarnation, sequence uint64, generation uint32) fact.Fact {
		return fact.AdvanceFamily{Family: core.FamilyKey{Bits: 4<<33 | 1, Start: start}, Start: start,
			Until: start/1000 + 60, Generation: generation, IssuedAt: start * 1000, Incarnation: incarnation,
			Sequence: sequence, Home: 4}
	}
	register := func(incarnation, want uint64) {
		t.Helper()
		if now, err := hub.Registered(bg, 4); now != want || err != nil {
			t.Errorf("Registered() = %d, %v before incarnation %d, want %d", now, err, incarnation, want)
		}
		if before, err := hub.Register(bg, 4, incarnation); before != want || err != nil {
			t.Errorf("Register(%d) = %d, %v, want %d", incarnation, before, err, want)
		}
	}
	accept := func(frame []byte, fenced int, want store.Delivered) {
		t.Helper()
		d, err := hub.Accept(bg, 4, store.Delivery{Frames: [][]byte{frame}})
		must(t, err)
		n := 0
		for _, r := range d.Refused {
			if _, ok := r.Fact.(fact.AdvanceFamily); r.Fenced && ok {
				n++
			}
		}
		if n != fenced || len(d.Refused) != fenced {
			t.Errorf("Refused = %+v, want %d fenced", d.Refused, fenced)
		}
		wantDelivered(t, "Accept", d, want)
	}
	old, new := chain{node: 4, incarnation: 5}, chain{node: 4, incarnation: 6}
	register(5, 0)
	register(5, 5)
	first := old.frame(t, advance(5, 1, 1), revoked(1))
	accept(first, 0, store.Delivered{Applied: 1})
	accept(first, 0, store.Delivered{Skipped: 1})
	register(6, 5)
	register(5, 6)
	hub.restart(t, nil)
	register(6, 6)
	accept(first, 1, store.Delivered{Skipped: 1})
	second := old.frame(t, advance(5, 2, 2), revoked(2))
	for _, want := range []store.Delivered{{Applied: 1}, {Skipped: 1}} {
		accept(second, 1, want)
	}
	accept(new.frame(t, advance(6, 1, 2)), 0, store.Delivered{Applied: 1})
	if list := deadOf(t, hub, 3); !slices.Equal(list, []uint64{1, 2}) {
		t.Errorf("dead are %d, want 1 and 2", list)
	}
	if p, err := hub.HeadOf(bg, 4); p != (fact.Position{Incarnation: 6, Sequence: 1}) || err != nil {
		t.Errorf("HeadOf = %v, %v", p, err)
	}
	if p, err := hub.HeadOf(bg, 5); !p.IsZero() || err != nil {
		t.Errorf("HeadOf of a silent node = %v, %v", p, err)
	}
}

// A node that was withdrawn, or never was a member, writes nothing and registers nothing. A stolen one advances no
// family from before its cut-off.
func TestWithdrawn(t *testing.T) {
	hub := join(t, 1)
	node := chain{node: 4, incarnation: 5}
	k := core.FamilyKey{Bits: 4<<33 | 1, Start: start}
	m := memberOf(t, hub, 4)
	m.CutOff = start
	must(t, put(hub, m))
	d, err := hub.Accept(bg, 4, store.Delivery{Frames: [][]byte{node.frame(t, fact.AdvanceFamily{Family: k,
		Start: start, Until: start/1000 + 60, Generation: 1, IssuedAt: start * 1000, Incarnation: 5, Sequence: 1,
		Home: 4})}})
	if err != nil || len(d.Refused) != 1 || d.Refused[0].Reason != "it began at or before the cut-off of node 4" {
		t.Errorf("Accept = %+v, %v", d, err)
	}
	m = memberOf(t, hub, 4)
	m.Withdrawn = start * 1000
	must(t, put(hub, m))
	_, err = hub.Accept(bg, 4, store.Delivery{Frames: [][]byte{node.frame(t, revoked(1))}})
	wantErr(t, "Accept of a withdrawn node", err, store.ErrWithdrawn)
	_, err = hub.Register(bg, 4, 7)
	wantErr(t, "Register of a withdrawn node", err, store.ErrWithdrawn)
	stranger := chain{node: 30, incarnation: 5}
	_, err = hub.Accept(bg, 30, store.Delivery{Frames: [][]byte{stranger.frame(t, revoked(1))}})
	wantErr(t, "Accept of a stranger", err, store.ErrInvalid)
	_, err = hub.Register(bg, 30, 7)
	wantErr(t, "Register of a stranger", err, store.ErrInvalid)
	if list := deadOf(t, hub, 3); len(list) != 0 {
		t.Errorf("dead are %d, want none", list)
	}
}
