package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/store/fact"
)

// Member is a node of the fleet.
type Member = fact.Member

// roster has the members by number. Nobody changes one that others may see.
type roster map[uint16]Member

// Member returns a member of the fleet. It reads memory.
func (db *DB) Member(number uint16) (m Member, ok bool) {
	m, ok = (*db.roster.Load())[number]
	return m, ok
}

// MemberOf returns the number of the member with a link key; not ok: there is none, or it was withdrawn. It reads
// memory.
func (db *DB) MemberOf(key [32]byte) (number uint16, ok bool) {
	for n, m := range *db.roster.Load() {
		if m.Key == key && m.Withdrawn == 0 {
			return n, true
		}
	}
	return 0, false
}

// inFleet takes over from a file that was just opened what the node is in its fleet.
func (db *DB) inFleet(f file) {
	db.homes.Store(newHomes(f.node, f.membership.Role, f.roster))
	db.membership.Store(&f.membership)
	db.roster.Store(&f.roster)
	db.head.Store(&f.head)
	db.gap.Store(&f.gap)
}

// Members returns all members of the fleet that this node knows, also those that were withdrawn, by number.
func (db *DB) Members(ctx context.Context) (list []Member, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		list, err = tables{tx: tx}.members()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list members of the fleet: %w", err)
	}
	return list, nil
}

// UpdateMembers calls change with all members, and writes those that it returns, in one transaction: all of them or,
// after an error, none. It sets Stamp. A CutOff that is later than before becomes as late as any cut-off that begins
// now: see Config.Staleness. The goroutine that writes calls change, perhaps more than once, so change must be quick
// and must not use the store. An error of change is returned as it is. The error is ErrHub on an edge, and ErrInvalid
// on a single node and for a member that cannot be: its number is that of no node, it has no name or the key of
// another member, it comes back after it was withdrawn, or it is the hub, which cannot be withdrawn.
func (db *DB) UpdateMembers(ctx context.Context, change func(have []Member) (write []Member, err error)) error {
	return db.write(ctx, func(w *writer) (resolved, error) {
		have, err := w.members()
		if err != nil {
			return nil, err
		}
		if w.membership.Role == Alone {
			return nil, fmt.Errorf("member of the fleet %w: this node is in none", ErrInvalid)
		}
		write, err := change(have)
		if err != nil {
			return nil, err
		}
		var facts resolved
		for _, m := range write {
			f, err := w.changedMember(have, m)
			if err != nil {
				return nil, err
			}
			have = slices.DeleteFunc(have, func(h Member) bool { return h.Number == f.Number })
			have = append(have, f)
			facts = append(facts, f)
		}
		return facts, nil
	})
}

// changedMember is the fact that makes a member, or changes one of those that there are.
func (w *writer) changedMember(have []Member, m Member) (fact.Member, error) {
	wrong := func(format string, args ...any) (fact.Member, error) {
		return Member{}, fmt.Errorf("member %d of the fleet %w: %s", m.Number, ErrInvalid, fmt.Sprintf(format, args...))
	}
	old := Member{}
	for _, h := range have {
		switch {
		case h.Number == m.Number:
			old = h
		case h.Key == m.Key && h.Withdrawn == 0 && m.Withdrawn == 0:
			return wrong("member %d has its key", h.Number)
		}
	}
	latest := w.now + w.ahead + maxAhead
	switch {
	case old.Withdrawn != 0 && m.Withdrawn == 0:
		return wrong("it was withdrawn for good")
	case m.Number == fact.HubNumber && (m.Withdrawn != 0 || m.AtHub):
		return wrong("it is the hub")
	case m.CutOff > latest:
		return wrong("its cut-off is more than 10 minutes ahead")
	}
	if m.CutOff > old.CutOff {
		// Log-ins of its customers may begin just after cut-offs of theirs, which lie at the mark where the hub has
		// started anew.
		m.CutOff = max(m.CutOff, w.newCutOff(old.CutOff), w.tally.mark+w.ahead)
	}
	m.Stamp = w.stamp()
	if _, err := fact.Decode(fact.Append(nil, m)); err != nil {
		return wrong("it needs a number from 1 to %d, a name, and times that can be", fact.MaxNumber)
	}
	return m, nil
}

// joinMember joins a fact to its member: the latest stamp counts, but a withdrawal is for good, and a cut-off never
// goes down.
func (w *writer) joinMember(f fact.Member) error {
	old, err := w.member(f.Number)
	if err != nil {
		return err
	}
	after := f
	if old.Number != 0 {
		after = joinMembers(old, f)
	}
	if after != old {
		w.put(membersBucket, memberKey(f.Number), fact.Append(nil, after))
		if w.roster = maps.Clone(w.roster); w.roster == nil {
			w.roster = roster{}
		}
		w.roster[f.Number] = after
		w.homes = nil
	}
	return nil
}

func joinMembers(a, b fact.Member) fact.Member {
	withdrawn, cutOff, atHub := earlier(a.Withdrawn, b.Withdrawn), max(a.CutOff, b.CutOff), a.AtHub || b.AtHub
	for _, m := range []*fact.Member{&a, &b} {
		m.Withdrawn, m.CutOff, m.AtHub = withdrawn, cutOff, atHub
	}
	order := b.Stamp.Compare(a.Stamp)
	if order > 0 || order == 0 && bytes.Compare(fact.Append(nil, b), fact.Append(nil, a)) > 0 { // no sound hub does so
		return b
	}
	return a
}

// memberKey is the key of what is known of a node in the buckets members and leases: u16 number.
func memberKey(number uint16) []byte { return binary.BigEndian.AppendUint16(nil, number) }

// member reads a member; zero if there is none.
func (t tables) member(number uint16) (Member, error) {
	value := t.get(membersBucket, memberKey(number))
	if value == nil {
		return Member{}, nil
	}
	return decodeMember(memberKey(number), value)
}

// members reads all members.
func (t tables) members() (list []Member, err error) {
	err = t.tx.Bucket(membersBucket).ForEach(func(k, v []byte) error {
		m, err := decodeMember(k, v)
		list = append(list, m)
		return err
	})
	return list, err
}

// readRoster reads all members.
func (t tables) readRoster() (r roster, err error) {
	list, err := t.members()
	if len(list) > 0 {
		r = roster{}
	}
	for _, m := range list {
		r[m.Number] = m
	}
	return r, err
}

// decodeMember reads the record under a key: the encoding of a fact.Member.
func decodeMember(key, value []byte) (Member, error) {
	m, err := decodeFact[Member]("member", value)
	if err == nil && !bytes.Equal(memberKey(m.Number), key) {
		err = corrupt("member")
	}
	return m, err
}
