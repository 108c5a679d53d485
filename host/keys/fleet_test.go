package keys_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// fleet is a hub and its edges, each with a store, a node secret and a manager of its own, under one clock.
type fleet struct {
	*testing.T
	now   time.Time
	nodes map[uint16]*member
	away  bool // the hub cannot be asked
	asked [][]byte
}

type member struct {
	*world
	m  *keys.Manager
	at fact.Position // what it has of the log of the hub
}

// membership is that of the fleet.
var membership = store.Membership{Fleet: "f", ID: [16]byte{7}, HubKey: [32]byte{1}, Addresses: []string{"hub:7421"}}

// errAway says that the hub is away.
var errAway = errors.New("the hub is away")

func newFleet(t *testing.T, edges ...uint16) *fleet {
	f := &fleet{T: t, now: time.Unix(1800000000, 0), nodes: map[uint16]*member{}}
	for _, number := range append([]uint16{1}, edges...) {
		f.join(number, nil)
	}
	f.nodes[1].started(f.nodes[1].m)
	f.ship()
	for _, number := range edges {
		f.nodes[number].started(f.nodes[number].m)
	}
	return f
}

// join opens the store of a node.
func (f *fleet) join(number uint16, change func(*keys.Config)) *member {
	f.Helper()
	db, err := store.Open(store.Config{Path: filepath.Join(f.TempDir(), "store.db"), Outbox: true,
		Now: func() time.Time { return f.now }})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = db.Close() })
	n := &member{world: &world{T: f.T, db: db}}
	f.nodes[number] = n
	if number == 1 {
		err = db.Found(f.Context(), membership)
	} else if err = db.Enter(f.Context(), number, 0, membership); err == nil {
		err = f.nodes[1].db.UpdateMembers(f.Context(), func([]store.Member) ([]store.Member, error) {
			return []store.Member{{Number: number, Name: fmt.Sprint("edge ", number), Key: [32]byte{byte(number)}}}, nil
		})
	}
	if err != nil {
		f.Fatal(err)
	}
	f.run(number, change)
	return n
}

// run has a new process of a node look after its keys.
func (f *fleet) run(number uint16, change func(*keys.Config)) {
	sealer, err := keyring.NewSealer(bytes.Repeat([]byte{byte(number)}, 32))
	if err != nil {
		f.Fatal(err)
	}
	f.nodes[number].m = f.nodes[number].manager(func(c *keys.Config) {
		c.Sealer = func(bool) (*keyring.Sealer, error) { return sealer, nil }
		c.Now, c.Behind = func() time.Time { return f.now }, time.Minute
		if number > 1 {
			c.AskHub = func(ctx context.Context, request []byte) ([]byte, error) { return f.ask(ctx, number, request) }
		}
		if change != nil {
			change(c)
		}
	})
}

// ask asks the hub, whose log then comes down.
func (f *fleet) ask(ctx context.Context, from uint16, request []byte) ([]byte, error) {
	f.asked = append(f.asked, request)
	if f.away {
		return nil, errAway
	}
	answer, err := f.nodes[1].m.AnswerPublish(ctx, from, request)
	f.ship()
	return answer, err
}

// ship brings the log of the hub to all edges.
func (f *fleet) ship() {
	f.Helper()
	for number, n := range f.nodes {
		if number == 1 {
			continue
		}
		frames, err := f.nodes[1].db.Outbox(f.Context(), n.at, 1<<30)
		if err != nil {
			f.Fatal(err)
		}
		if _, err := n.db.Apply(f.Context(), store.Delivery{Frames: frames}); err != nil {
			f.Fatal(err)
		}
		for _, raw := range frames {
			frame, err := fact.ParseFrame(raw)
			if err != nil {
				f.Fatal(err)
			}
			n.at = frame.Position()
		}
	}
}

func (f *fleet) tick() {
	f.Helper()
	for number, n := range f.nodes {
		if err := n.m.Tick(f.Context()); err != nil {
			f.Fatalf("node %d: %v", number, err)
		}
	}
}

// live has time pass, a second at a time.
func (f *fleet) live(d time.Duration) {
	f.Helper()
	for end := f.now.Add(d); f.now.Before(end); {
		f.now = f.now.Add(time.Second)
		f.tick()
		f.ship()
	}
}

// signers are the kids of the keys with which each node signs.
func (f *fleet) signers() map[uint16]string {
	f.Helper()
	list := map[uint16]string{}
	for number, n := range f.nodes {
		n.now = f.now
		list[number] = n.signer(n.m)
	}
	return list
}

// readable checks that what each node signs now is read by every node, with one exception for each node in but.
func (f *fleet) readable() {
	f.Helper()
	for from, kid := range f.signers() {
		if kid == "" {
			f.Errorf("no key of node %d signs", from)
			continue
		}
		input := []byte("what node signs")
		ring := f.nodes[from].ring(f.nodes[from].m)
		signature, err := ring.Sign(f.Context(), ring.Set().SigningAt(f.now), input, make([]byte, core.EntropyBytes))
		if err != nil {
			f.Fatal(err)
		}
		for at, n := range f.nodes {
			if !n.reads(kid, input, signature) {
				f.Errorf("node %d does not read what node %d signs", at, from)
			}
		}
	}
}

// reads reports whether a node has a key in force that reads a signature.
func (n *member) reads(kid string, input, signature []byte) bool {
	n.Helper()
	i := n.has(kid)
	if i < 0 {
		return false
	}
	good, err := n.ring(n.m).Check(n.Context(), i, input, signature)
	return good && err == nil
}

// has is the index in force of the key with a kid; -1: a node has none.
func (n *member) has(kid string) int {
	n.Helper()
	return slices.IndexFunc(n.ring(n.m).Set().Keys, func(k core.KeyInfo) bool { return k.ID == kid })
}

// Each node of a fleet signs with a key of its own, and all publish and check by one set. Private parts stay where they
// were made.
func TestFleet(t *testing.T) {
	f := newFleet(t, 2, 3)
	f.live(10 * time.Second)
	f.readable()
	signers := f.signers()
	if signers[1] == signers[2] || signers[2] == signers[3] || signers[1] == signers[3] {
		t.Errorf("nodes share keys: %v", signers)
	}
	published := map[string]bool{}
	for number, n := range f.nodes {
		set, err := n.m.Published(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		published[string(set)] = true
		sealed, err := n.db.SealedKeys(t.Context())
		if err != nil || len(sealed) != 1 || sealed[0].ID != signers[number] || sealed[0].Node != number {
			t.Errorf("node %d holds %+v, %v", number, sealed, err)
		}
		private, err := n.m.Private(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		secret, err := private[signers[number]].MarshalPrivate()
		if err != nil {
			t.Fatal(err)
		}
		for _, request := range f.asked {
			if bytes.Contains(request, secret[36:68]) {
				t.Errorf("the private part of node %d left it", number)
			}
		}
	}
	if len(published) != 1 {
		t.Errorf("the nodes publish different sets: %v", published)
	}
}

// The other nodes know the first key of an edge before it signs.
func TestFirstKeyOfAnEdge(t *testing.T) {
	f := newFleet(t, 2, 3)
	f.tick()
	f.tick()
	for range int(keys.KnownWithin() / time.Second) {
		if s := f.signers()[2]; s != "" {
			t.Errorf("%v: key %s signs as soon as it is published", f.now, s)
		}
		if n := len(f.nodes[3].ring(f.nodes[3].m).Set().Keys); n != 3 {
			t.Errorf("edge 3 knows %d keys", n)
		}
		f.now = f.now.Add(time.Second)
	}
	f.tick()
	f.readable()
}

// Whatever becomes of the keys of one node, another signs with the key with which it signed.
func TestSchedulesApart(t *testing.T) {
	f := newFleet(t, 2, 3)
	f.live(10 * time.Second)
	before := f.signers()
	c := f.nodes[2].generate(f.nodes[2].m, keys.Generate{Activate: true})
	f.live(10 * time.Second)
	after := f.signers()
	if after[1] != before[1] || after[3] != before[3] || after[2] != c.Key.ID {
		t.Errorf("signers are %v, and were %v", after, before)
	}
	f.readable()
	for number, n := range f.nodes {
		n.now = f.now
		n.want(n.m, before[2], "verifying")
		n.want(n.m, before[1], "signing")
		n.want(n.m, before[3], "signing")
		n.want(n.m, c.Key.ID, "signing")
		if i := n.has(before[2]); i < 0 || n.ring(n.m).Set().Ends(i) == 0 {
			t.Errorf("at node %d the key that another took over from has no end", number)
		}
	}
	f.now = f.now.Add(4 * day)
	f.tick()
	for number, n := range f.nodes {
		n.now = f.now
		n.want(n.m, before[2], "gone")
		if n := len(n.ring(n.m).Set().Keys); n != 3 {
			t.Errorf("node %d has %d keys", number, n)
		}
	}
	f.readable()
}

// keys.rotate_every rotates the keys of each node by itself.
func TestRotatesInAFleet(t *testing.T) {
	f := newFleet(t, 2)
	for number := range f.nodes {
		f.run(number, func(c *keys.Config) { c.RotateEvery, c.PublishBefore = 30*day, 0 })
	}
	signed := map[uint16]map[string]bool{1: {}, 2: {}}
	for range 100 {
		f.live(8 * time.Second)
		f.readable()
		for number, kid := range f.signers() {
			signed[number][kid] = true
		}
		f.now = f.now.Add(day)
	}
	if len(signed[1]) != 4 || len(signed[2]) != 4 {
		t.Errorf("in 100 days %d keys signed at the hub and %d at the edge", len(signed[1]), len(signed[2]))
	}
}

// What a node signed with before it became the hub goes on there, and is rotated there.
func TestKeysFromBeforeTheFleet(t *testing.T) {
	w := newWorld(t)
	m := w.manager(nil)
	old := w.started(m).Signs.ID
	if err := w.db.Found(t.Context(), membership); err != nil {
		t.Fatal(err)
	}
	if s := w.started(m); s.Signs.ID != old || s.Made {
		t.Errorf("the hub signs with %+v", s)
	}
	c := w.generate(m, keys.Generate{Activate: true})
	w.want(m, old, "signing")
	w.now = w.now.Add(keys.KnownWithin())
	w.want(m, old, "verifying")
	w.want(m, c.Key.ID, "signing")
	if c.Key.Node != 1 {
		t.Errorf("the new key is of node %d", c.Key.Node)
	}
}

// The commands work at an edge: what the hub alone may do is refused there, and nothing works while it is away.
func TestCommandsAtAnEdge(t *testing.T) {
	f := newFleet(t, 2, 3)
	f.live(10 * time.Second)
	edge, signers := f.nodes[2], f.signers()
	_, err := edge.m.Activate(t.Context(), signers[3], time.Time{})
	edge.refused(err, keys.ErrRefused, "node 3 signs with key "+signers[3])
	_, err = edge.m.Retire(t.Context(), signers[3], true)
	edge.refused(err, keys.ErrRefused, "is of node 3")
	_, err = edge.m.Import(t.Context(), keys.Import{Text: []byte("x")})
	edge.refused(err, keys.ErrRefused, "only the hub imports keys: ask it at hub:7421")
	_, err = edge.m.Generate(t.Context(), keys.Generate{Algorithm: "HS256"})
	edge.refused(err, keys.ErrRefused, "only key pairs sign")
	_, err = edge.m.Root(t.Context())
	edge.refused(err, keys.ErrRefused, "only the hub has the root")
	_, err = edge.m.RotateRoot(t.Context())
	edge.refused(err, keys.ErrRefused, "only the hub has the root")
	_, err = edge.m.Withdraw(t.Context(), 3, true)
	edge.refused(err, keys.ErrRefused, "only the hub withdraws")
	if _, err := f.nodes[1].m.Retire(t.Context(), signers[3], false); !errors.Is(err, keys.ErrRefused) {
		t.Errorf("the hub retires the key with which an edge signs: %v", err)
	}

	next := edge.generate(edge.m, keys.Generate{})
	if next.Key.State != core.KeyPublished || next.Key.Node != 2 || !next.Key.Here {
		t.Errorf("made %+v", next.Key)
	}
	f.now = f.now.Add(time.Minute)
	if _, err := edge.m.Activate(t.Context(), next.Key.ID, time.Time{}); err != nil {
		t.Error(err)
	}
	if s := f.signers(); s[2] != next.Key.ID {
		t.Errorf("signers: %v", s)
	}
	f.readable()
	if _, err := edge.m.Retire(t.Context(), signers[2], false); err != nil {
		t.Error(err)
	}
	for _, n := range f.nodes {
		n.now = f.now
		n.want(n.m, signers[2], "gone")
	}
	if sealed, err := edge.db.SealedKey(t.Context(), signers[2]); sealed != nil || err != nil {
		t.Errorf("the private part of a retired key is still here: %v", err)
	}

	f.away = true
	if _, err := edge.m.Generate(t.Context(), keys.Generate{}); !errors.Is(err, errAway) {
		t.Errorf("without the hub: %v", err)
	}
	f.run(2, func(c *keys.Config) { c.AskHub = nil })
	_, err = edge.m.Generate(t.Context(), keys.Generate{})
	edge.refused(err, keys.ErrRefused, "start the node")
	if s := f.signers(); s[2] != next.Key.ID {
		t.Errorf("signers: %v", s)
	}
}

// An edge whose hub is away goes on with the keys that it has, asks again now and then, and starts without any.
func TestHubAway(t *testing.T) {
	f := newFleet(t, 2)
	f.away = true
	edge := f.nodes[2]
	for range 12 {
		f.now = f.now.Add(time.Second)
		if err := edge.m.Tick(t.Context()); err != nil && !errors.Is(err, errAway) {
			t.Fatal(err)
		}
	}
	if n := len(f.asked); n < 2 || n > 4 {
		t.Errorf("asked %d times in 12 s", n)
	}
	s := edge.started(edge.m)
	if s.Signs.ID != "" || len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], "issues no token") {
		t.Errorf("started: %+v", s)
	}
	if n := len(edge.ring(edge.m).Set().Keys); n != 1 {
		t.Errorf("the edge checks by %d keys", n)
	}
	f.away = false
	f.live(10 * time.Second)
	f.readable()
	f.away = true
	f.run(2, nil)
	if s := edge.started(edge.m); s.Signs.ID == "" || s.Made {
		t.Errorf("started without the hub: %+v", s)
	}
	f.readable()
}

// An edge that stops before the record of its new key has come down makes another.
func TestEdgeStopsEarly(t *testing.T) {
	f := newFleet(t, 2)
	edge := f.nodes[2]
	f.run(2, func(c *keys.Config) {
		c.AskHub = func(ctx context.Context, request []byte) ([]byte, error) {
			return f.nodes[1].m.AnswerPublish(ctx, 2, request) // the log comes later
		}
	})
	if err := edge.m.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.run(2, nil)
	f.ship()
	f.live(10 * time.Second)
	f.readable()
	if n := len(edge.ring(edge.m).Set().Keys); n != 3 {
		t.Errorf("there are %d keys", n)
	}
}

// How long what an edge signs lives is known to all, be it by its own settings or by those of the hub.
func TestLifetimesInAFleet(t *testing.T) {
	for _, longer := range []uint16{1, 2} {
		f := newFleet(t, 2)
		f.live(10 * time.Second)
		f.run(longer, func(c *keys.Config) { c.Settings.RefreshTokenLifetime = 30 * day })
		for number, n := range f.nodes {
			if _, err := n.m.Start(t.Context()); err != nil {
				t.Fatal(number, err)
			}
		}
		f.ship()
		f.live(10 * time.Second)
		list, err := f.nodes[1].db.Keys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range list {
			if k.Node == 2 && k.Longest < int64(30*day/time.Second) {
				t.Errorf("with longer lifetimes at node %d the key of the edge has %d s", longer, k.Longest)
			}
		}
	}
}

// A planned withdrawal leaves the keys of an edge until what they signed has expired; those of a stolen one end at
// once.
func TestWithdraw(t *testing.T) {
	for _, stolen := range []bool{false, true} {
		f := newFleet(t, 2, 3)
		f.live(10 * time.Second)
		hub, signers := f.nodes[1], f.signers()
		ended, err := hub.m.Withdraw(t.Context(), 2, stolen)
		if err != nil || len(ended) != 1 || ended[0].ID != signers[2] {
			t.Fatalf("withdrawn: %+v, %v", ended, err)
		}
		f.ship()
		longest := core.DefaultSettings().RefreshTokenLifetime
		for _, after := range []time.Duration{0, longest, longest + 3*time.Minute} {
			at := f.now
			f.now = f.now.Add(after)
			for number, n := range f.nodes {
				reads := n.has(signers[2]) >= 0
				if want := !stolen && after <= longest; reads != want {
					t.Errorf("stolen %t: %v later node %d reads what the edge signed: %t", stolen, after, number, reads)
				}
			}
			f.now = at
		}
		if s := f.signers(); s[1] != signers[1] || s[3] != signers[3] {
			t.Errorf("signers: %v, and were %v", s, signers)
		}
		_, err = hub.m.Withdraw(t.Context(), 1, stolen)
		hub.refused(err, keys.ErrRefused, "no edge")
	}
}

// An edge may have the hub write records of keys that it made, and nothing else.
func TestAttackPublish(t *testing.T) {
	f := newFleet(t, 2, 3)
	f.live(10 * time.Second)
	signers := f.signers()
	newKey := func(algorithm string) store.Key {
		key, err := keyring.GenerateKey(algorithm, nil)
		if err != nil {
			t.Fatal(err)
		}
		return store.Key{ID: key.ID(), Algorithm: algorithm, Public: key.Public(), Origin: store.KeyGenerated,
			SignsFrom: f.now.Unix()}
	}
	known := func(kid string, change func(*store.Key)) store.Key {
		list, err := f.nodes[1].db.Keys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		k := list[slices.IndexFunc(list, func(k store.Key) bool { return k.ID == kid })]
		if change != nil {
			change(&k)
		}
		return k
	}
	ask := func(from uint16, list ...store.Key) error {
		answer, err := f.nodes[1].m.AnswerPublish(t.Context(), from, keys.EncodeRequest(list))
		if err != nil {
			t.Fatal(err)
		}
		_, reason, err := keys.DecodeAnswer(answer)
		if err == nil && reason != "" {
			err = errors.New(reason)
		}
		return err
	}
	made := func(change func(*store.Key)) []store.Key {
		k := newKey("ES256")
		change(&k)
		return []store.Key{k}
	}
	change := func(kid string, change func(*store.Key)) []store.Key {
		return []store.Key{known(kid, change)}
	}
	for name, c := range map[string]struct {
		from uint16
		list []store.Key
		says string
	}{
		"secret": {2, []store.Key{{ID: "a", Algorithm: "HS256", Origin: store.KeyGenerated}}, "is a secret"},
		"secret with a public part": {2, made(func(k *store.Key) { k.Algorithm = "HS256" }),
			"is a secret"},
		"none":               {2, made(func(k *store.Key) { k.Algorithm = "none" }), "cannot be read"},
		"another algorithm":  {2, made(func(k *store.Key) { k.Algorithm = "RS256" }), "cannot be read"},
		"bytes":              {2, made(func(k *store.Key) { k.Public = []byte{1} }), "cannot be read"},
		"no kid":             {2, made(func(k *store.Key) { k.ID = "" }), "0 bytes"},
		"kid of the hub":     {2, made(func(k *store.Key) { k.ID = signers[1] }), "not of node 2"},
		"kid of another":     {2, made(func(k *store.Key) { k.ID = signers[3] }), "not of node 2"},
		"kid of its own":     {2, made(func(k *store.Key) { k.ID = signers[2] }), "another key"},
		"origin":             {2, made(func(k *store.Key) { k.Origin = store.KeyBundleRoot }), "comes from"},
		"far ahead":          {2, made(func(k *store.Key) { k.SignsFrom += 1 << 40 }), "ten years"},
		"negative":           {2, made(func(k *store.Key) { k.Ends = -1 }), "has ended"},
		"lives for ever":     {2, made(func(k *store.Key) { k.Longest = 1 << 40 }), "ten years"},
		"ends another's":     {2, change(signers[3], func(k *store.Key) { k.Retired = true }), "not of node 2"},
		"ends the hub's":     {2, change(signers[1], func(k *store.Key) { k.Ends = f.now.Unix() }), "not of node 2"},
		"moves another's":    {3, change(signers[2], func(k *store.Key) { k.SignsFrom++ }), "not of node 3"},
		"one twice":          {2, []store.Key{known(signers[2], nil), known(signers[2], nil)}, "twice"},
		"from the hub":       {1, []store.Key{newKey("ES256")}, "not the hub"},
		"from no node":       {0, []store.Key{newKey("ES256")}, "not the hub"},
		"from a stranger":    {9, []store.Key{newKey("ES256")}, "no member"},
		"one of two is good": {2, []store.Key{newKey("ES256"), known(signers[3], nil)}, "not of node 2"},
	} {
		before, err := f.nodes[1].db.Keys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := ask(c.from, c.list...); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
		if after, err := f.nodes[1].db.Keys(t.Context()); err != nil || fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("%s: the hub has written %v, %v", name, after, err)
		}
	}

	// A key that was to end goes on for no longer, and one that was retired stays so.
	if _, err := f.nodes[1].m.Withdraw(t.Context(), 2, false); err != nil {
		t.Fatal(err)
	}
	ends := known(signers[2], nil).Ends
	for _, later := range []int64{0, ends + 1000} {
		_ = ask(2, known(signers[2], func(k *store.Key) { k.Ends = later }))
	}
	if k := known(signers[2], nil); k.Ends != ends || ends == 0 {
		t.Errorf("a withdrawn key ends at %d, and was to end at %d", k.Ends, ends)
	}
	if _, err := f.nodes[1].m.Withdraw(t.Context(), 2, true); err != nil {
		t.Fatal(err)
	}
	_ = ask(2, known(signers[2], func(k *store.Key) { k.Retired, k.Ends = false, 0 }))
	if k := known(signers[2], nil); !k.Retired {
		t.Errorf("a retired key came back: %+v", k)
	}

	// One edge cannot fill the key set.
	n := 0
	for ; ask(3, made(func(k *store.Key) { k.SignsFrom = 0 })...) == nil && n < 100; n++ {
	}
	if n != 15 {
		t.Errorf("edge 3 has %d keys more", n)
	}
	// Nor can it fill the stores with keys that it retires at once.
	for n = 0; n < 500; n++ {
		list := made(func(k *store.Key) { k.SignsFrom = 0 })
		if list[0].Ends = f.now.Unix() + 1; ask(2, list...) != nil {
			break
		}
		f.now = f.now.Add(2 * time.Second)
	}
	if n < 300 || n > 400 {
		t.Errorf("edge 2 has left %d keys", n)
	}
	// The same key again is no other one: the first answer may have been lost.
	if err := ask(3, known(signers[3], nil)); err != nil {
		t.Error(err)
	}
}

// A secret that signs or still checks tokens keeps a node out of a fleet, and so do settings that have no kid.
func TestCheckFleet(t *testing.T) {
	ring := func(algorithm string) *keyring.Ring {
		r, err := keyring.Generate(algorithm, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for name, c := range map[string]struct {
		change func(*keys.Config)
		says   string // "": it may
	}{
		"key pair":           {nil, ""},
		"SIGNING_KEY":        {func(c *keys.Config) { c.Configured = ring("ES256") }, "is configured, for ES256"},
		"secret SIGNING_KEY": {func(c *keys.Config) { c.Configured = ring("HS256") }, "is configured, for HS256"},
		"exact":              {func(c *keys.Config) { c.Settings.Wire = core.Exact }, "wire: exact writes no kid"},
		"ALGORITHM":          {func(c *keys.Config) { c.Algorithm = "HS512" }, "ALGORITHM is HS512"},
	} {
		w := newWorld(t)
		m := w.manager(c.change)
		w.started(m)
		if err := m.CheckFleet(t.Context()); c.says == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		} else if c.says != "" {
			w.refused(err, keys.ErrRefused, c.says)
		}
	}

	w := newWorld(t)
	m := w.manager(nil)
	w.started(m)
	secret := w.generate(m, keys.Generate{Algorithm: "HS256", Activate: true}).Key.ID
	w.refused(m.CheckFleet(t.Context()), keys.ErrRefused, "key "+secret+" signs, for HS256")
	w.now = w.now.Add(time.Hour)
	w.generate(m, keys.Generate{Algorithm: "ES256", Activate: true})
	until := w.now.Add(core.DefaultSettings().RefreshTokenLifetime + time.Minute)
	w.refused(m.CheckFleet(t.Context()), keys.ErrRefused, "checks tokens until "+until.UTC().Format(time.RFC3339))
	w.now = until
	if err := m.CheckFleet(t.Context()); err != nil {
		t.Error(err)
	}
	if err := w.db.Found(t.Context(), membership); err != nil {
		t.Fatal(err)
	}
	w.started(m)
	for _, i := range []keys.Import{
		{Text: bytes.Repeat([]byte("secret42"), 8), SecretKey: true},
		{Text: []byte(`{"kty":"oct","alg":"HS256","k":"` + strings.Repeat("abcd", 16) + `"}`)},
	} {
		_, err := m.Import(t.Context(), i)
		w.refused(err, keys.ErrRefused, "do not share")
	}
	_, err := w.manager(func(c *keys.Config) { c.Settings.Wire = core.Exact }).Start(t.Context())
	w.refused(err, keys.ErrRefused, "wire: exact")
}
