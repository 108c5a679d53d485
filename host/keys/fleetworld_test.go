package keys_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
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
