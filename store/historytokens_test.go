package store

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/store/fact"
)

var (
	bg            = context.Background()
	tokenSettings = core.DefaultSettings()
	engine        = core.NewNative(tokenSettings, coretest.OneKey())
)

// token is a log-in.
type token struct {
	customer        core.CustomerID
	family          core.Family
	refresh, access core.Opened
	begun           int64  // Unix microseconds
	knew            uint64 // the ends that its node knew
	cutOff          int64  // what its node knew, Unix milliseconds
	at              int    // its peer
	generation      uint32
	unnamed         bool // it is advanced under the name without a start, as before schema 5
}

func (t *token) key() core.FamilyKey { return t.family.Key("", t.customer) }

// end is something that ends log-ins: once a node knows it, they are dead there, for ever. There are at most 64 in a
// history, so that a set of them is a number.
type end struct {
	family   core.FamilyKey // what is revoked; zero: a cut-off
	customer core.CustomerID
	at       int64 // of a cut-off: what began no later is dead
	until    int64 // of a revocation without a start, Unix seconds: it says nothing of what begins later
	// now says that a hub has ended all log-ins of the customer that began before, anywhere: those of nodes that did
	// not know it yet too.
	now bool
	// lost is when a hub that was restored forgot it; 0: it did not. What begins later need not be dead.
	lost int64
}

// endsOf are the ends in a fact. New ones are noted.
func (f *world) endsOf(x fact.Fact) uint64 {
	var e end
	switch x := x.(type) {
	case fact.RevokeFamily:
		e = end{family: x.Family, until: x.Until}
	case fact.CutOff:
		if x.Subject.ID.IsZero() {
			return 0
		}
		e = end{customer: x.Subject.ID, at: x.At}
	default:
		return 0
	}
	for i, known := range f.ends {
		if known.family == e.family && known.customer == e.customer && known.at == e.at {
			f.ends[i].until = min(known.until, e.until)
			return 1 << i
		}
	}
	if len(f.ends) == 64 {
		return 0
	}
	f.ends = append(f.ends, e)
	return 1 << (len(f.ends) - 1)
}

// dies reports whether a token is dead where an end is known.
func (e end) dies(t *token, known bool) bool {
	switch {
	case !e.customer.IsZero():
		return e.customer == t.customer &&
			(t.family.Start <= e.at || e.now && !known && t.cutOff < e.at && (e.lost == 0 || t.begun < e.lost))
	default:
		return e.revokes(t) && (e.family.Start != 0 || t.family.Start < e.until*1000)
	}
}

// revokes reports whether an end is a revocation of the family of a token.
func (e end) revokes(t *token) bool {
	return e.customer.IsZero() && e.family.Bits == t.family.Bits &&
		(e.family.Customer.IsZero() || e.family.Customer == t.customer) &&
		(e.family.Start == 0 || e.family.Start == t.family.Start)
}

// load is DB.Load in the transaction of the peer. What is remembered must be what the transaction has.
func (p *peer) load(q Query) core.State {
	l := p.db.loads.lookup(p.db.identity.ids, q, p.db.index)
	t := tables{tx: p.tx, known: p.db.index}
	recalled, whom, remembered := p.db.recall(&l)
	p.db.loads.common.Store(nil)
	all, err := p.db.common(t, p.db.Changes())
	check(err)
	found, err := t.load(p.db.identity.ids, q)
	check(err)
	state := p.db.present(q, &found, all)
	if remembered && (recalled != state || !reflect.DeepEqual(whom, found.customer)) {
		panic(fmt.Sprintf("node %d remembers for %+v %+v of %+v, and has %+v of %+v", p.number, q, recalled, whom,
			state, found.customer))
	}
	p.db.loads.keep(&l, &found, all, p.db.Changes())
	if remembered {
		p.recalled++
	}
	return state
}

// loads loads all customers, and somebody who is none, by the id and by the address.
func (p *peer) loads() {
	for a := range uint32(customers + 1) {
		p.load(Query{UserID: core.Integer(int64(a) + 1), HasUser: true, StateOnly: true})
		p.load(Query{UserID: core.Integer(int64(a) + 1), HasUser: true, Rights: true})
	}
	for b := range uint32(addresses) {
		p.load(Query{UserID: core.Text(addressOf(b)), HasUser: true, Field: FieldEmail, StateOnly: true})
	}
	p.load(Query{})
}

func (p *peer) stateOf(t *token) core.State {
	return p.load(Query{UserID: t.customer, HasUser: true, Family: t.family, HasFamily: true})
}

// alive reports whether core accepts a log-in with what a peer knows.
func (p *peer) alive(t *token) bool {
	state := p.stateOf(t)
	return !core.Decide(&tokenSettings, &core.Request{Op: core.Refresh, Opened: t.refresh, State: state,
		Now: p.now()}).Refused() ||
		!core.Decide(&tokenSettings, &core.Request{Op: core.Authenticate, Opened: t.access, State: state,
			Now: p.now()}).Refused()
}

// verify says which log-in is alive on a peer although it knows its end (R3, R4, R5), or whose family is dead although
// nobody revoked it.
func (p *peer) verify() error {
	var r Revocations
	since := p.now().Add(-tokenSettings.AccessTokenLifetime - fleetStaleness)
	check(tables{tx: p.tx}.revocations(p.db.identity.ids, FieldID, since.Unix(), math.MaxInt, &r))
	if err := p.lists(); err != nil {
		return err
	}
	p.loads()
	for i, t := range p.world.tokens {
		if err := p.listed(t, &r); err != nil {
			return fmt.Errorf("log-in %d: %w", i, err)
		}
		if p.stateOf(t).Family.Dead && !p.knowsRevoked(t) {
			return fmt.Errorf("log-in %d of customer %v, begun at %d on node %d, is revoked on node %d, which knows "+
				"of no revocation", i, t.customer, t.family.Start, t.at+1, p.number)
		}
		for j, e := range p.world.ends {
			bit := uint64(1) << j
			if p.ends&bit == 0 || !e.dies(t, t.knew&bit != 0) {
				continue
			}
			if p.alive(t) {
				return fmt.Errorf("log-in %d of customer %v, begun at %d on node %d, is alive on node %d, which knows "+
					"%s", i, t.customer, t.family.Start, t.at+1, p.number, e)
			}
			break
		}
	}
	return nil
}

// listed says which log-in is dead on a peer, and has an access token that a verifier accepts who has the revocations.
func (p *peer) listed(t *token, r *Revocations) error {
	if !p.now().Before(time.UnixMicro(t.begun).Add(tokenSettings.AccessTokenLifetime)) {
		return nil
	}
	state, dead, cutOff := p.stateOf(t), false, r.Node
	for _, f := range r.Families {
		dead = dead || f.Bits == t.family.Bits && (f.Start == 0 || f.Start == t.family.Start)
	}
	for _, c := range r.CutOffs {
		if c.Subject.ID == t.customer {
			cutOff = max(cutOff, c.At)
		}
	}
	// A record without a start is also about later log-ins of the same bits, of which there are many here.
	ended := state.Family.Dead && !state.Family.AnyStart || t.family.EndedBy(state.CutOff, 0)
	if ended && !dead && !t.family.EndedBy(cutOff, 0) {
		return fmt.Errorf("of customer %v, begun at %d on node %d, is dead on node %d, and no verifier hears of it",
			t.customer, t.family.Start, t.at+1, p.number)
	}
	return nil
}

// knowsRevoked reports whether a peer knows of a revocation of the family of a token, or may know of one that is not
// noted.
func (p *peer) knowsRevoked(t *token) bool {
	for i, e := range p.world.ends {
		if p.ends>>i&1 == 1 && e.revokes(t) {
			return true
		}
	}
	return len(p.world.ends) == 64
}

func (e end) String() string {
	if e.customer.IsZero() {
		return fmt.Sprintf("that family %+v was revoked", e.family)
	}
	return fmt.Sprintf("the cut-off %d (of all log-ins so far: %t)", e.at, e.now)
}

// fresh reports whether a peer may let customers log in: it has all that the hub knew as long ago as the bound on
// staleness.
func (p *peer) fresh() bool {
	f := p.world
	for i, s := range f.sent {
		if s.from == 0 && s.at < f.now-fleetStaleness.Microseconds() && f.peers[0].hasFrame(i) && !p.hasFrame(i) {
			return false
		}
	}
	return true
}

// logIn logs in by an e-mail address.
func (p *peer) logIn(email string, entropy uint64) error {
	if !p.fresh() {
		return nil
	}
	state := p.load(Query{Login: email, HasLogin: true})
	state.PasswordGood = !state.Customer.ID.IsZero()
	seed := make([]byte, core.EntropyBytes)
	for i := range seed {
		seed[i] = byte(entropy >> (8 * (i % 8)))
	}
	seed[15] = 1 // nothing but zeros would be no entropy
	o, err := engine.Decide(bg, core.Request{Op: core.Login, State: state, Now: p.now(), Entropy: seed})
	if err != nil || o.Refused() {
		return err
	}
	t := &token{customer: state.Customer.ID, begun: p.world.now, knew: p.ends, cutOff: state.CutOff,
		at: int(p.number - 1)}
	check(engine.Open(bg, []byte(o.Tokens[0].Value), &t.refresh))
	check(engine.Open(bg, []byte(o.Tokens[1].Value), &t.access))
	t.refresh.ReadFamily()
	t.access.ReadFamily()
	t.family = t.refresh.FamilyAt(p.now())
	if entropy&1 == 0 {
		err = p.db.SettleLogin(bg, o.Effects, t.shown())
	} else {
		err = p.db.Settle(bg, o.Effects)
	}
	if err != nil {
		return err
	}
	p.world.tokens = append(p.world.tokens, t)
	return nil
}

// shown is a log-in as a list shows it.
func (t *token) shown() NewLogin {
	until, _ := t.refresh.Expires()
	return NewLogin{Family: t.key(), Until: until, Client: Client{Agent: fmt.Sprint(t.begun)}}
}

// lists says which log-in is listed on a peer although it is dead there, and whether the records of a list agree.
func (p *peer) lists() error {
	t := tables{tx: p.tx, known: p.db.index}
	n := 0
	for id := range uint32(customers) {
		t.eachLogin(idKey(idOf(id)), func([]byte, listed) bool {
			n++
			return true
		})
		list, err := p.db.liveLogins(t, idOf(id))
		if err != nil {
			return err
		}
		for _, l := range list {
			k := l.Family
			s := p.load(Query{UserID: k.Customer, HasUser: true, HasFamily: true,
				Family: core.Family{Listed: true, Ours: true, Bits: k.Bits, Start: k.Start}})
			if s.Family.Dead || k.Start <= s.CutOff {
				return fmt.Errorf("the log-in %+v is listed on node %d, where it is dead: %+v", k, p.number, s)
			}
		}
		if c, ok, err := t.customer(idOf(id)); err == nil && !ok && len(list) > 0 {
			return fmt.Errorf("customer %v has log-ins on node %d and does not exist: %+v", c.ID, p.number, list)
		}
	}
	counted, err := t.listedCount()
	if ends := t.count(loginExpiryBucket, math.MaxInt); err != nil || counted != n || ends != n {
		return fmt.Errorf("node %d counts %d listed log-ins, and has %d with %d ends, %v", p.number, counted, n,
			ends, err)
	}
	return nil
}

// logOut revokes a log-in. fold, if not 0, is how many revoked families of the customer stay as they are.
func (p *peer) logOut(t *token, fold int64) error {
	o := core.Decide(&tokenSettings, &core.Request{Op: core.Blacklist, Opened: t.refresh, State: p.stateOf(t),
		Now: p.now()})
	if o.Refused() {
		return nil
	}
	for i := range o.Effects.List {
		if x := &o.Effects.List[i]; x.Kind == core.FoldFamilies && fold != 0 {
			x.At = fold
		}
	}
	return p.db.Settle(bg, o.Effects)
}

// revokeByName revokes all families with the bits of a token, of its customer or of all, as an operator may.
func (p *peer) revokeByName(t *token, ofAll bool) error {
	k := core.FamilyKey{Customer: t.customer, Bits: t.family.Bits}
	if ofAll {
		k.Customer = core.CustomerID{}
	}
	until := p.now().Unix() + 4*secondsOfDay
	return p.db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.RevokeFamily, Family: k, Until: until}}})
}

// advance notes that a token of a family was exchanged.
func (p *peer) advance(t *token) error {
	expires, _ := t.refresh.Expires()
	if p.now().Unix() > expires {
		return nil
	}
	until := core.Lifetimes{Access: 3600}.RevokedUntil(p.now(), expires, t.family.Start)
	return p.db.write(bg, func(w *writer) (resolved, error) {
		t.generation++
		k := t.key()
		if t.unnamed {
			k.Start = 0
		}
		return resolved{fact.AdvanceFamily{Family: k, Start: t.family.Start,
			Until: until, Generation: t.generation, IssuedAt: w.at.known, Access: 3600,
			Refresh: 3 * secondsOfDay, Key: "k", Incarnation: w.node.Incarnation,
			Sequence: p.db.committer.last.sequence + 1}}, nil
	})
}
