package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// Role says what a node is in a fleet.
type Role = fact.Role

const (
	Alone = fact.AloneRole
	Hub   = fact.HubRole
	Edge  = fact.EdgeRole
)

// Membership says what this node is in which fleet.
type Membership = fact.Membership

// ErrHub says that this node is an edge, and that only the hub of its fleet may write what was asked for.
var ErrHub = errors.New("only the hub of the fleet does this")

// Membership says what this node is in which fleet; zero on a single node. It reads memory. Do not change Addresses.
func (db *DB) Membership() Membership { return *db.membership.Load() }

// Found makes a single node the hub of a fleet: it gets number 1 and a new incarnation, becomes the first member, and
// keeps a log of what it writes from now on. m.Role is ignored. A hub changes its addresses by it. The error is
// ErrInvalid on a node that is in another fleet, or for a fleet that cannot be.
func (db *DB) Found(ctx context.Context, m Membership) error {
	m.Role = Hub
	if err := checkMembership(m); err != nil {
		return err
	}
	return db.write(ctx, func(w *writer) (resolved, error) {
		is := w.membership
		if is.Role != Alone {
			return moved(is, m)
		}
		n := w.node
		n.Number = fact.HubNumber
		n.Incarnation++
		at := w.stamp()
		at.Node = n.Number
		return resolved{m, n, fact.Member{Number: n.Number, Stamp: at, Name: Hub.String(), Key: m.HubKey,
			Joined: w.at.known}}, nil
	})
}

// Enter makes this node an edge of a fleet, under the number that the hub gave it: 2 to fact.MaxNumber. It begins a new
// incarnation, and drops what its outbox has. homes is fact.Node.Homes of the hub, the mark of the fleet: the latest of
// all nodes that have joined, so that they agree on the home of each family; 0: only the node's own counts. m.Role is
// ignored. An edge that enters its own fleet under its own number changes the addresses of the hub. The error is
// ErrInvalid on a hub, or for a number or a fleet that cannot be.
func (db *DB) Enter(ctx context.Context, number uint16, homes int64, m Membership) error {
	m.Role = Edge
	if number <= fact.HubNumber || number > fact.MaxNumber {
		return fmt.Errorf("number of the node %w: %d is not 2 to %d", ErrInvalid, number, fact.MaxNumber)
	}
	if err := checkMembership(m); err != nil {
		return err
	}
	return db.inSteps(ctx, func(w *writer) (resolved, bool, error) {
		is := w.membership
		if is.Role == Hub || is.Role == Edge && is.ID == m.ID && w.node.Number == number {
			facts, err := moved(is, m)
			return facts, false, err
		}
		facts, more, err := w.trimAll()
		if err != nil || more {
			return facts, more, err
		}
		n := w.node
		n.Number, n.Homes = number, max(n.Homes, min(homes, core.LastStart))
		n.Incarnation++
		followed, err := w.followed()
		if followed != nil { // another hub
			facts = append(facts, fact.Followed{Position: fact.AppendLogPosition(nil, 0, fact.Position{})})
		}
		return append(facts, m, n), false, err
	})
}

// Leave makes this node a single node again, with all that it has. It gets number 0, begins a new incarnation, and
// drops its outbox or log. All other members of the fleet count as withdrawn here.
func (db *DB) Leave(ctx context.Context) error {
	return db.inSteps(ctx, func(w *writer) (resolved, bool, error) {
		if w.membership.Role == Alone {
			return nil, false, nil
		}
		facts, more, err := w.trimAll()
		if err != nil || more {
			return facts, more, err
		}
		list, err := w.members()
		if err != nil {
			return nil, false, err
		}
		n := w.node
		n.Number = 0
		n.Incarnation++
		facts = append(facts, Membership{}, n)
		for _, m := range list {
			if m.Number != fact.HubNumber {
				m.Stamp, m.AtHub, m.Withdrawn = w.stamp(), true, cmp.Or(m.Withdrawn, w.at.known)
				facts = append(facts, m)
			}
		}
		return facts, false, nil
	})
}

// inSteps is write for what takes several commits: resolve says whether there is more.
func (db *DB) inSteps(ctx context.Context, resolve func(*writer) (f resolved, more bool, err error)) error {
	for {
		more := false
		err := db.write(ctx, func(w *writer) (f resolved, err error) {
			f, more, err = resolve(w)
			return f, err
		})
		if err != nil || !more {
			return err
		}
	}
}

// moved resolves other addresses of the hub of the same fleet.
func moved(is, to Membership) (resolved, error) {
	if is.Role != to.Role || is.Fleet != to.Fleet || is.ID != to.ID || is.HubKey != to.HubKey {
		return nil, fmt.Errorf("fleet %q %w: this node is the %s of fleet %q", to.Fleet, ErrInvalid, is.Role, is.Fleet)
	}
	if slices.Equal(is.Addresses, to.Addresses) {
		return nil, nil
	}
	return resolved{to}, nil
}

func checkMembership(m Membership) error {
	_, err := fact.Decode(fact.Append(nil, m))
	if err != nil || m.ID == [16]byte{} || m.HubKey == [32]byte{} {
		return fmt.Errorf("fleet %q %w: it needs a name, an id, the key of the hub, and at most %d addresses",
			m.Fleet, ErrInvalid, fact.MaxAddresses)
	}
	return nil
}

// mayWrite refuses what only the hub may write, if this node is an edge: facts that only come down to it.
func (w *writer) mayWrite(facts resolved) error {
	if w.membership.Role != Edge {
		return nil
	}
	for _, f := range facts {
		if _, leaves := f.(Membership); leaves {
			return nil
		}
	}
	for _, f := range facts {
		if f.Kind().Lane() == fact.Down {
			return fmt.Errorf("%w: ask it at %s", ErrHub, strings.Join(w.membership.Addresses, ", "))
		}
	}
	return nil
}

// joinMembership sets what this node is. Whoever becomes an edge or a single node sends nothing that was written
// before.
func (w *writer) joinMembership(m Membership) {
	if m.Role != Hub && m.Role != w.membership.Role {
		w.shared.List = nil
	}
	if m.Role != w.membership.Role && w.get(metaBucket, trimmedKey) != nil {
		w.remove(metaBucket, trimmedKey)
	}
	w.membership, w.homes = m, nil
	w.shared.Most = w.runs().Most
	w.put(metaBucket, membershipKey, fact.Append(nil, m))
}

// readMembership reads what the node is; there is no record on one that never was in a fleet.
func (t tables) readMembership() (Membership, error) {
	value := t.get(metaBucket, membershipKey)
	if value == nil {
		return Membership{}, nil
	}
	return decodeFact[Membership]("membership", value)
}

// decodeFact reads a record that is the encoding of a fact.
func decodeFact[F fact.Fact](what string, value []byte) (f F, err error) {
	x, err := fact.Decode(value)
	f, ok := x.(F)
	if err != nil || !ok {
		return f, corrupt(what)
	}
	return f, nil
}
