package powercut_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
	facts "github.com/edgetoken/edgetoken/store/fact"
)

// applies is how many frames of another node are applied.
const applies = 40

// own is the family that a follower itself revokes after its nth frame.
func own(n uint64) core.FamilyKey { return core.FamilyKey{Bits: 1<<30 + n} }

func revoked(k core.FamilyKey) facts.Fact { return facts.RevokeFamily{Family: k, Until: 4e9} }

// follow applies the frames of another node, each with the position behind it, and revokes families of its own. What
// the position says has been applied, and nothing else; what was revoked here is in the outbox, and nothing else.
func (c *client) follow() error {
	c.ledger.note("what the position says", nil, func(_ *node.Node, db *store.DB) error { return inStep(db) })
	var before facts.Frame
	for n := range uint64(applies) {
		f := facts.Frame{Node: 1, Incarnation: 5, Sequence: n + 1,
			Facts: []facts.Fact{revoked(core.FamilyKey{Bits: n})}}
		if n > 0 {
			f.Previous = before.Hash()
		}
		before = f
		raw, err := f.Append(nil)
		if err != nil {
			return err
		}
		if err := again(func() error {
			_, err := c.db.Apply(bg, store.Delivery{Frames: [][]byte{raw}, Position: fmt.Append(nil, n+1)})
			return err
		}); err != nil {
			return err
		}
		c.dead("what another node revoked", core.FamilyKey{Bits: n})
		if err := again(func() error {
			revoke := core.Effect{Kind: core.RevokeFamily, Family: own(n), Until: 4e9}
			return c.db.Settle(bg, core.Effects{List: []core.Effect{revoke}})
		}); err != nil {
			return err
		}
		c.dead("a revocation", own(n))
	}
	return nil
}

// dead notes that a family is dead from now on.
func (c *client) dead(what string, k core.FamilyKey) {
	c.ledger.note(what, nil, func(_ *node.Node, db *store.DB) error {
		if dead, err := isDead(db, k); !dead || err != nil {
			return errors.Join(err, fmt.Errorf("family %d is alive", k.Bits))
		}
		return nil
	})
}

func isDead(db *store.DB, k core.FamilyKey) (bool, error) {
	s, _, err := db.Load(bg, store.Query{HasFamily: true, Family: core.Family{Listed: true, Bits: k.Bits}})
	return s.Family.Dead, err
}

// inStep says what of the position or the outbox does not agree with the state.
func inStep(db *store.DB) error {
	at, err := db.Position(bg)
	if err != nil {
		return err
	}
	next, _ := strconv.ParseUint(string(at), 10, 64)
	frames, err := db.Outbox(bg, facts.Position{}, 1<<30)
	if err != nil {
		return err
	}
	var shared []uint64
	for _, raw := range frames {
		f, err := facts.ParseFrame(raw)
		if err != nil {
			return err
		}
		for _, x := range f.Facts {
			if r, ok := x.(facts.RevokeFamily); ok {
				shared = append(shared, r.Family.Bits)
			}
		}
	}
	for n := range uint64(applies) {
		dead, err := isDead(db, core.FamilyKey{Bits: n})
		if err != nil || dead != (n < next) {
			return errors.Join(err, fmt.Errorf("it is %d, and frame %d is applied: %v", next, n, dead))
		}
		dead, err = isDead(db, own(n))
		if err != nil || dead != slices.Contains(shared, own(n).Bits) {
			return errors.Join(err, fmt.Errorf("revocation %d is in the state: %v, in the outbox: %v", n, dead, !dead))
		}
	}
	return nil
}
