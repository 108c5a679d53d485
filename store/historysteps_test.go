package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core"
)

// step is one thing that happens in a history. What the numbers mean depends on the operation, and on the state: each
// step can be left out.
type step struct {
	op   *operation
	peer int
	a, b uint32
}

func (s step) String() string {
	return fmt.Sprintf("node %d: %s (%d, %d)", s.peer+1, s.op.name, s.a, s.b)
}

// operation is a kind of step.
type operation struct {
	name    string
	weight  int
	hubOnly bool
	do      func(p *peer, a, b uint32) error
}

const (
	customers = 3
	addresses = 4
)

func idOf(a uint32) core.CustomerID { return core.Integer(int64(a%customers) + 1) }

func addressOf(b uint32) string { return []string{"a@x.y", "b@x.y", "B@x.y", "c@x.y"}[b%addresses] }

var groupNames = []string{"g", "h"}

var permissions = []string{"a.a", "a.b", "a.c"}

// some are the names of list that the bits of a number say.
func some(list []string, bits uint32) (names []string) {
	for i, name := range list {
		if bits>>i&1 == 1 {
			names = append(names, name)
		}
	}
	return names
}

// keep is how long a tombstone is kept at least.
const keep = time.Hour

var operations = []operation{
	{"add", 10, true, func(p *peer, a, b uint32) error {
		n := NewCustomer{ID: idOf(a), Email: addressOf(b), IsActive: b>>8&15 > 0, PasswordHash: fmt.Sprintf("!%d", b),
			Permissions: some(permissions, b>>12), LastLogin: time.Time{}}
		if b>>16&3 == 0 {
			n.Groups = map[string][]string{groupNames[b>>18&1]: some(permissions, b>>20)}
		}
		_, err := p.db.Add(bg, n)
		return err
	}},
	{"remove", 3, true, func(p *peer, a, _ uint32) error { return p.ending(a, p.db.Remove(bg, idOf(a), keep)) }},
	{"disable", 2, true, func(p *peer, a, _ uint32) error {
		return p.ending(a, p.db.SetActive(bg, idOf(a), false))
	}},
	{"enable", 3, true, func(p *peer, a, _ uint32) error { return p.db.SetActive(bg, idOf(a), true) }},
	{"set password", 3, true, func(p *peer, a, b uint32) error {
		return p.ending(a, p.db.SetPassword(bg, idOf(a), fmt.Sprintf("!%d", b)))
	}},
	{"log out everywhere", 3, true, func(p *peer, a, _ uint32) error { return p.ending(a, p.db.Revoke(bg, idOf(a))) }},
	{"set address", 4, true, func(p *peer, a, b uint32) error {
		email := addressOf(b)
		_, err := p.db.Set(bg, idOf(a), Change{Email: &email}, keep)
		return err
	}},
	{"set fields", 3, true, func(p *peer, a, b uint32) error {
		name, is := fmt.Sprint(b>>4&3), b&1 == 1
		c := [...]Change{{FirstName: &name}, {LastName: &name}, {IsStaff: &is}, {IsSuperuser: &is},
			{FirstName: &name, IsStaff: &is}, {Attributes: fmt.Appendf(nil, `{"a":%d}`, b>>4&3)}}
		_, err := p.db.Set(bg, idOf(a), c[(a>>8)%uint32(len(c))], keep)
		return err
	}},
	{"change rights", 5, true, func(p *peer, a, b uint32) error {
		c, _, err := tables{tx: p.tx}.customer(idOf(a))
		if err != nil {
			return err
		}
		grant, join := some(permissions, b), some(groupNames, b>>6)
		withdraw, leave := some(c.Permissions, b>>3), some(c.Groups, b>>8)
		return p.db.ChangeRights(bg, idOf(a), RightsChange{Grant: grant, Withdraw: withdraw, Join: join, Leave: leave})
	}},
	{"put group", 3, true, func(p *peer, a, b uint32) error {
		return p.db.PutGroup(bg, groupNames[a&1], some(permissions, b))
	}},
	{"change group", 2, true, func(p *peer, a, b uint32) error {
		return p.db.ChangeGroup(bg, groupNames[a&1], some(permissions, b), nil)
	}},
	{"remove group", 2, true, func(p *peer, a, _ uint32) error { return p.db.RemoveGroup(bg, groupNames[a&1]) }},
	{"add or change a key", 4, true, func(p *peer, a, b uint32) error { return p.changeKey(a, b) }},
	{"raise lives", 1, true, func(p *peer, a, b uint32) error {
		return p.db.RaiseLongest(bg, []string{keyIDs[a%2]}, int64(b%9))
	}},
	{"seal a key", 1, false, func(p *peer, a, b uint32) error {
		return p.db.UpdateKeys(bg, func([]Key) (KeyUpdate, error) {
			return KeyUpdate{Seal: map[string][]byte{keyIDs[a%2]: {byte(b)}}}, nil
		})
	}},
	{"import", 5, true, func(p *peer, a, b uint32) error {
		row := ImportRow{NewCustomer: NewCustomer{ID: idOf(a), Email: addressOf(b), IsActive: b>>8&7 > 0,
			PasswordHash: fmt.Sprintf("!%d", b>>11&1), Permissions: some(permissions, b>>12)}}
		if b>>16&1 == 0 {
			row.Groups = map[string][]string{groupNames[b>>17&1]: nil}
		}
		results, err := p.db.Import(bg, []ImportRow{row}, ImportConfig{Overwrite: b>>18&1 == 0, Keep: keep})
		if err != nil {
			return err
		}
		changed := results[0].Changed
		if slices.Contains(changed, "password") || slices.Contains(changed, "is_active") && !row.IsActive {
			return p.ending(a, nil)
		}
		return nil
	}},
	{"end all", 1, true, func(p *peer, _, _ uint32) error { return p.db.RevokeAll(bg) }},
	{"register", 2, true, func(p *peer, a, _ uint32) error {
		edge := p.world.peers[1+a%(nodesOfFleet-1)]
		before, err := p.db.Register(bg, edge.number, edge.db.committer.node.Incarnation)
		if after, _ := (tables{tx: p.tx}).lease(edge.number); after < before {
			return fmt.Errorf("node %d had registered incarnation %d, and now %d", edge.number, before, after)
		}
		return err
	}},
	{"log in", 24, false, func(p *peer, a, b uint32) error {
		if len(p.world.tokens) > 30 {
			return nil
		}
		email := addressOf(a)
		if c, ok, err := (tables{tx: p.tx}).customer(idOf(b)); err != nil {
			return err
		} else if ok && b>>8&7 > 0 {
			email = c.Email
		}
		entropy := uint64(b)<<32 | uint64(a)
		if b>>16&1 == 0 { // so that bits recur
			entropy = uint64(b >> 17 & 1)
		}
		return p.logIn(email, entropy)
	}},
	{"use", 6, false, func(p *peer, a, _ uint32) error {
		if len(p.world.tokens) == 0 {
			return nil
		}
		p.db.UseLogin(p.world.tokens[int(a)%len(p.world.tokens)].shown())
		return p.db.FlushUses(bg)
	}},
	{"log out", 10, false, func(p *peer, a, _ uint32) error {
		if len(p.world.tokens) == 0 {
			return nil
		}
		return p.logOut(p.world.tokens[int(a)%len(p.world.tokens)], 0)
	}},
	{"revoke by name", 2, false, func(p *peer, a, b uint32) error {
		if len(p.world.tokens) == 0 {
			return nil
		}
		return p.revokeByName(p.world.tokens[int(a)%len(p.world.tokens)], b&1 == 0)
	}},
	{"log out and fold", 4, true, func(p *peer, a, b uint32) error {
		if len(p.world.tokens) == 0 {
			return nil
		}
		return p.logOut(p.world.tokens[int(a)%len(p.world.tokens)], int64(b%2+1))
	}},
	{"advance", 3, false, func(p *peer, a, b uint32) error {
		for i := range p.world.tokens {
			t := p.world.tokens[(int(a)+i)%len(p.world.tokens)]
			if t.at == int(p.number-1) {
				if t.generation == 0 && p.number == 1 { // without a start the hub is the home
					t.unnamed = b&1 == 0
				}
				return p.advance(t)
			}
		}
		return nil
	}},
	{"hash again", 2, false, func(p *peer, a, b uint32) error {
		c, ok, err := tables{tx: p.tx}.customer(idOf(a))
		if err != nil || !ok {
			return err
		}
		return p.db.Rehash(bg, c.ID, c.PasswordHash, fmt.Sprintf("again %d", b))
	}},
	{"start session", 2, false, func(p *peer, a, b uint32) error {
		c, ok, err := tables{tx: p.tx}.customer(idOf(a))
		if err != nil || !ok || !c.IsActive || !p.fresh() {
			return err
		}
		return p.db.StartSession(bg, NewSession{ID: SessionID{1, byte(b)}, Customer: c,
			Expires: p.now().Add(time.Hour)})
	}},
	{"purge", 4, false, func(p *peer, _, b uint32) error {
		return p.db.write(bg, func(w *writer) (facts resolved, err error) {
			_, facts, err = w.purge(min(p.now().UnixMicro(), w.at.purge), 1+int(b%20))
			return facts, err
		})
	}},
	{"restart", 3, false, func(p *peer, a, _ uint32) error {
		p.stop()
		p.skew = (int64(a%2001) - 1000) * fleetSkew.Microseconds() / 1000
		p.start()
		return nil
	}},
	{"back up", 5, false, func(p *peer, _, _ uint32) error {
		p.backup = p.copy()
		return nil
	}},
	{"restore", 4, false, func(p *peer, a, _ uint32) error {
		if p.backup == nil {
			return nil
		}
		return p.comeBack(a%4 != 0)
	}},
	{"trim", 1, false, func(p *peer, _, _ uint32) error { return p.db.Acknowledge(bg, p.framed) }},
	{"deliver", 45, false, func(p *peer, a, b uint32) error { return p.deliver(a, b) }},
	{"wait", 10, false, func(p *peer, a, b uint32) error {
		switch {
		case b%50 == 0:
			p.world.now += int64(a%6) * secondsOfDay * 1e6
		case b%10 == 0:
			p.world.now += int64(a%3600) * 1e6
		default:
			p.world.now += int64(a%4000) * 1e3
		}
		return nil
	}},
}

var keyIDs = []string{"k", "l"}

// changeKey adds a key, or changes what can change of it: it schedules, retires or marks it.
func (p *peer) changeKey(a, b uint32) error {
	now := p.now().Unix()
	return p.db.UpdateKeys(bg, func(have []Key) (KeyUpdate, error) {
		k := Key{ID: keyIDs[a%2], Algorithm: "HS256", Origin: KeyImported, Added: now, Longest: int64(b >> 8 & 7)}
		for _, h := range have {
			if h.ID == k.ID {
				k = h
			}
		}
		switch b % 4 {
		case 0:
			k.SignsFrom = now + int64(b>>16&63)
		case 1:
			k.Ends = now + int64(b>>16&63) - 20
			k.Retired = k.Retired || k.Ends <= now
		case 2:
			k.NoKID = !k.NoKID
		default:
			k.RefreshOnly = !k.RefreshOnly
		}
		return KeyUpdate{Put: []Key{k}}, nil
	})
}

// ending notes that all log-ins of a customer have ended which began before, wherever that was.
func (p *peer) ending(a uint32, err error) error {
	if err != nil {
		return err
	}
	f := p.world
	for _, s := range p.note() {
		for i := range f.ends {
			if e := &f.ends[i]; s.ends>>i&1 == 1 && e.customer == idOf(a) && !f.torn {
				e.now = true
			}
		}
	}
	return nil
}

// comeBack restores a peer from its backup. If the hub is to be whole, it takes back all that it has sent before it
// serves again. Else another node may know a cut-off, and a log-in after it, that lie ahead of all that it writes.
func (p *peer) comeBack(whole bool) error {
	f := p.world
	p.stop()
	p.restore(p.backup)
	p.start()
	if p.number != 1 {
		return nil
	}
	var back []int
	for i, s := range f.sent {
		if s.from == 0 && whole {
			back = append(back, i)
		}
	}
	if err := p.take(back); err != nil {
		return err
	}
	f.torn = f.torn || !whole
	for i := range f.ends {
		if e := &f.ends[i]; p.ends>>i&1 == 0 && e.lost == 0 {
			e.lost = f.now
		}
	}
	return p.db.Restored(bg)
}

// deliver brings a peer frames: some that it lacks, or any, in some order.
func (p *peer) deliver(a, b uint32) error {
	f := p.world
	r := rand.New(rand.NewPCG(uint64(a), uint64(b)))
	var all, lacks []int
	for i, s := range f.sent {
		if (s.from == 0) == (p.number == 1) {
			continue
		}
		all = append(all, i)
		if !p.hasFrame(i) {
			lacks = append(lacks, i)
		}
	}
	if len(all) == 0 {
		return nil
	}
	var list []int
	for range 1 + r.IntN(4) {
		switch r.IntN(10) {
		case 8:
			list = append(list, lacks...)
		case 0:
			list = append(list, all[r.IntN(len(all))])
		case 1:
			if len(lacks) > 0 {
				list = append(list, lacks[r.IntN(len(lacks))])
			}
		default:
			if len(lacks) > 0 {
				list = append(list, lacks[0])
				lacks = lacks[1:]
			}
		}
	}
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return p.take(list)
}

// allowed reports whether an operation may fail so: what it asks for is not possible.
func allowed(err error) bool {
	for _, target := range []error{ErrNotFound, ErrExists, ErrConflict, ErrNoGroup, ErrNotHeld, ErrInvalid,
		core.ErrClock} {
		if errors.Is(err, target) {
			return true
		}
	}
	return err == nil
}
