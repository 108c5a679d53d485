package store

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/store/fact"
)

// ErrInvitation says that an invitation does not exist, has ended, or was used by another node.
var ErrInvitation = errors.New("no such invitation to the fleet, or it has ended or was used")

// Invitation lets one node join the fleet, under Name or, where that is "", under a name of the node's choice.
type Invitation = fact.Invitation

// maxInvitations bounds the invitations that have not ended.
const maxInvitations = 1000

// Invite keeps an invitation at the hub, and drops those that have ended. The error is ErrInvalid on a node that is no
// hub, for an invitation that cannot be, and while there are 1000 others; ErrExists if it is there already.
func (db *DB) Invite(ctx context.Context, i Invitation) error {
	i.Number = 0
	if _, err := fact.Decode(fact.Append(nil, i)); err != nil {
		return fmt.Errorf("invitation %w: its name has more than %d bytes, or its end is no time", ErrInvalid, maxText)
	}
	return db.write(ctx, func(w *writer) (facts resolved, err error) {
		list, err := w.invitations()
		if err != nil {
			return nil, err
		}
		left := 0
		for _, old := range list {
			switch {
			case old.Digest == i.Digest:
				return nil, fmt.Errorf("invitation: %w", ErrExists)
			case old.Until < w.at.known:
				facts = append(facts, fact.ForgetInvitation{Digest: old.Digest})
			default:
				left++
			}
		}
		switch {
		case w.membership.Role != Hub:
			return nil, fmt.Errorf("invitation %w: this node is no hub of a fleet", ErrInvalid)
		case left >= maxInvitations:
			return nil, fmt.Errorf("invitation %w: there are %d, which is the most", ErrInvalid, left)
		}
		return append(facts, i), nil
	})
}

// Invitations returns those that can be used, the one that ends first at the front.
func (db *DB) Invitations(ctx context.Context) (list []Invitation, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		list, err = tables{tx: tx}.invitations()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list invitations: %w", err)
	}
	now := db.time.look().known
	list = slices.DeleteFunc(list, func(i Invitation) bool { return i.Number != 0 || i.Until < now })
	slices.SortFunc(list, func(a, b Invitation) int {
		return cmp.Or(cmp.Compare(a.Until, b.Until), bytes.Compare(a.Digest[:], b.Digest[:]))
	})
	return list, nil
}

// Redeem makes the node with a link key a member of the fleet, by the invitation whose secret has a SHA-256, and gives
// it a number. Both the member and the use of the invitation are durable when it returns. Until the invitation ends,
// the same key gets the same member again. name counts where the invitation has none. The error is ErrInvitation;
// ErrExists if another member has the key; ErrInvalid on a node that is no hub, for no key
// or no name, and for the key of a node that was stolen.
func (db *DB) Redeem(ctx context.Context, digest, key [32]byte, name string, now time.Time) (Member, error) {
	var m Member
	err := db.write(ctx, func(w *writer) (facts resolved, err error) {
		m, facts, err = w.redeem(digest, key, name, now.UnixMicro())
		return facts, err
	})
	if err != nil { // the committer may still write m
		return Member{}, err
	}
	return m, nil
}

func (w *writer) redeem(digest, key [32]byte, name string, now int64) (Member, resolved, error) {
	i, err := w.invitation(digest)
	if err != nil {
		return Member{}, nil, err
	}
	if w.membership.Role != Hub || key == [32]byte{} {
		return Member{}, nil, fmt.Errorf("member of the fleet %w: this node is no hub, or there is no key", ErrInvalid)
	}
	if i == nil || i.Until < now {
		return Member{}, nil, ErrInvitation
	}
	have, err := w.members()
	if err != nil {
		return Member{}, nil, err
	}
	m := Member{Number: fact.HubNumber + 1, Name: cmp.Or(i.Name, name), Key: key, Joined: now}
	for _, h := range have {
		switch {
		case h.Number == i.Number && h.Key == key && h.Withdrawn == 0:
			return h, nil, nil
		case h.Key == key && h.Withdrawn == 0 && i.Number == 0:
			return Member{}, nil, fmt.Errorf("key of member %d of the fleet: %w", h.Number, ErrExists)
		case h.Key == key && h.CutOff != 0:
			return Member{}, nil, fmt.Errorf("key %w: it was stolen with node %d, so join with another node secret",
				ErrInvalid, h.Number)
		}
		m.Number = max(m.Number, h.Number+1)
	}
	if i.Number != 0 {
		return Member{}, nil, ErrInvitation
	}
	if m, err = w.changedMember(have, m); err != nil {
		return Member{}, nil, err
	}
	used := *i
	used.Number = m.Number
	return m, resolved{m, used}, nil
}

// joinInvitation keeps an invitation. One that was used stays so.
func (w *writer) joinInvitation(f fact.Invitation) error {
	old, err := w.invitation(f.Digest)
	if err == nil && (old == nil || old.Number == 0) {
		w.put(invitationsBucket, f.Digest[:], fact.Append(nil, f))
	}
	return err
}

// invitation reads an invitation; nil if there is none.
func (t tables) invitation(digest [32]byte) (*Invitation, error) {
	value := t.get(invitationsBucket, digest[:])
	if value == nil {
		return nil, nil
	}
	i, err := decodeInvitation(digest[:], value)
	return &i, err
}

// invitations reads all, also those that have ended or were used.
func (t tables) invitations() (list []Invitation, err error) {
	err = t.tx.Bucket(invitationsBucket).ForEach(func(k, v []byte) error {
		i, err := decodeInvitation(k, v)
		list = append(list, i)
		return err
	})
	return list, err
}

// decodeInvitation reads the record under a key: the encoding of a fact.Invitation.
func decodeInvitation(key, value []byte) (Invitation, error) {
	i, err := decodeFact[Invitation]("invitation", value)
	if err == nil && !bytes.Equal(i.Digest[:], key) {
		err = corrupt("invitation")
	}
	return i, err
}

// forgetInvitations resolves the removal of all invitations.
func (w *writer) forgetInvitations() (facts resolved, err error) {
	list, err := w.invitations()
	for _, i := range list {
		facts = append(facts, fact.ForgetInvitation{Digest: i.Digest})
	}
	return facts, err
}
