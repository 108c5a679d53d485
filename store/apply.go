package store

import (
	"fmt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// apply joins a fact to the state. Nothing else changes a record of the file. It has no preconditions and asks no wall
// clock: a fact that comes twice, late, or after one that says more, changes nothing. After an error nothing has
// changed: a record that the fact meets is damaged, or the fact is about an id of another kind.
func (w *writer) apply(f fact.Fact) error {
	if err := w.join(f); err != nil {
		return fmt.Errorf("apply %s: %w", f.Kind(), err)
	}
	w.saw(f)
	return nil
}

// share notes a fact for the outbox, or the last log-in at an edge.
func (w *writer) share(f fact.Fact) {
	if w.shares(f) {
		w.shared.Add(f)
	} else if l, ok := f.(fact.LastLogin); ok && w.membership.Role == Edge {
		w.logins = append(w.logins, l)
	}
}

// shares reports whether a fact goes into the outbox. A single node goes by Config.Outbox alone; who sends frames on
// goes by the lane of each fact. The hub keeps what goes down from it, and an edge what goes up. There is a last log-in
// at each log-in, and most are soon outdated: an edge keeps them in memory, see LastLogins.
func (w *writer) shares(f fact.Fact) bool {
	lane := f.Kind().Lane()
	switch w.membership.Role {
	case Hub:
		return lane&fact.Down != 0
	case Edge:
		return lane&fact.Up != 0 && f.Kind() != fact.LastLoginKind
	}
	return w.outbox && lane != fact.Local
}

func (w *writer) join(f fact.Fact) error {
	if id := about(f); !id.IsZero() && id.Kind != w.ids {
		return fmt.Errorf("customer %w: the store holds %s", ErrInvalid, kindName(w.ids))
	}
	switch f := f.(type) {
	case fact.Customer:
		return w.joinCustomer(f)
	case fact.RemoveCustomer:
		return w.removeCustomer(f)
	case fact.LastLogin:
		return w.joinLastLogin(f)
	case fact.Rehash:
		return w.joinRehash(f)
	case fact.CutOff:
		return w.joinCutOff(f)
	case fact.KeepCutOff:
		return w.keepCutOff(f)
	case fact.Login:
		return w.joinLogin(f)
	case fact.RevokeFamily:
		return w.joinFamily(f.Family, family{dead: true, until: f.Until, start: f.Start})
	case fact.AdvanceFamily:
		return w.joinAdvance(f)
	case fact.Group:
		return w.joinGroup(f)
	case fact.RemoveGroup:
		return w.removeGroup(f)
	case fact.Session:
		return w.joinSession(f)
	case fact.EndSession:
		return w.endSession(f)
	case fact.Lifetimes:
		return w.joinLifetimes(f)
	case fact.Key:
		return w.joinKey(f)
	case fact.SealKey:
		w.sealKey(f)
	case fact.UnsealKey:
		w.unsealKey(f.ID)
	case fact.ForgetKey:
		return w.forgetKey(f)
	case fact.ReserveStart:
		w.reserveStart(f)
	case fact.ReserveEpoch:
		return w.reserveEpoch(f)
	case fact.RootChain:
		w.put(metaBucket, rootChainKey, encodeRootChain(f.Statements))
	case fact.Imported:
		w.joinImported(f)
	case fact.Origin:
		w.joinOrigin(f)
	case fact.NodeCutOff:
		w.endAll(f.At)
	case fact.Gap:
		w.put(metaBucket, gapKey, gap{f.After, f.Until}.encode())
	case fact.Forget:
		return w.forget(f)
	case fact.Clock:
		w.accepted, w.tally.committed = true, f.At
		w.puts++
	case fact.PurgeClock:
		w.puts++ // each commit that changes something writes the purge clock
	case fact.Trim:
		w.trim(f.UpTo)
	case fact.Head:
		return w.joinHead(f)
	case fact.Wait:
		return w.joinWait(f)
	case fact.Quarantine:
		w.joinQuarantine(f)
	case fact.Release:
		w.leave(f.Digest)
	case fact.Followed:
		w.put(metaBucket, followedKey, append([]byte{recordVersion}, f.Position...))
	case fact.Pending:
		w.joinPending(f)
	case fact.Unread: // it is in quarantine, and passed on
	case fact.Node:
		w.setNode(f)
	case fact.Membership:
		w.joinMembership(f)
	case fact.Member:
		return w.joinMember(f)
	case fact.Lease:
		return w.joinLease(f)
	case fact.Invitation:
		return w.joinInvitation(f)
	case fact.ForgetInvitation:
		w.remove(invitationsBucket, f.Digest[:])
	default:
		panic(fmt.Sprintf("no fact %T", f))
	}
	return nil
}

// about is the id of the customer that a fact is about; zero: of none.
func about(f fact.Fact) core.CustomerID {
	switch f := f.(type) {
	case fact.Customer:
		return f.ID
	case fact.RemoveCustomer:
		return f.ID
	case fact.LastLogin:
		return f.ID
	case fact.Rehash:
		return f.ID
	case fact.CutOff:
		return f.Subject.ID
	case fact.KeepCutOff:
		return f.Subject.ID
	case fact.RevokeFamily:
		return f.Family.Customer
	case fact.AdvanceFamily:
		return f.Family.Customer
	case fact.Session:
		return f.Customer
	case fact.Login:
		return f.Family.Customer
	}
	return core.CustomerID{}
}

// saw moves logical time on to the stamp of a fact, so that what this node changes from now on is later. The high-water
// mark follows, also beyond the last start that a token id can carry, so that this stays so after a restart.
func (w *writer) saw(f fact.Fact) {
	var at fact.Stamp
	switch f := f.(type) {
	case fact.Customer:
		at = f.Stamp
	case fact.RemoveCustomer:
		at = f.Stamp
	case fact.Group:
		at = f.Stamp
	case fact.RemoveGroup:
		at = f.Stamp
	case fact.Key:
		at = f.Stamp
	case fact.Member:
		at = f.Stamp
	default:
		return
	}
	w.clock = max(w.clock, at.Time)
	w.raiseMark(at.Time/1000 + 1)
	if at.Epoch > w.node.Epoch {
		w.node.Epoch = at.Epoch
		w.put(metaBucket, nodeKey, encodeNode(w.node))
	}
}

// reserveStart raises the high-water mark, and notes that log-ins have begun here.
func (w *writer) reserveStart(f fact.ReserveStart) {
	w.raiseMark(f.At)
	if w.get(metaBucket, issuedKey) == nil {
		w.put(metaBucket, issuedKey, []byte{recordVersion})
	}
}

// raiseMark raises the high-water mark. The tally, which has it, is written with every commit.
func (w *writer) raiseMark(at int64) {
	if at > w.tally.mark {
		w.tally.mark = at
		w.puts++
	}
}

// put and remove panic if bbolt refuses, and the whole commit fails. Keys and values were checked before, so a refusal
// means that the file is damaged.
func (w *writer) put(bucket, key, value []byte) {
	w.puts++
	w.touch(bucket, key)
	if err := w.tx.Bucket(bucket).Put(key, value); err != nil {
		panic(err)
	}
}

func (w *writer) remove(bucket, key []byte) {
	w.puts++
	w.touch(bucket, key)
	if err := w.tx.Bucket(bucket).Delete(key); err != nil {
		panic(err)
	}
}

// touch has readers forget what they read that rests on a key.
func (w *writer) touch(bucket, key []byte) {
	if w.loads != nil {
		w.loads.touch(w.commit, bucket, key)
	}
}

// expire moves a record in the expiry index from its old end to its new one, both in Unix seconds; 0: no end.
func (w *writer) expire(what fact.Record, key []byte, old, until int64) {
	if old == until {
		return
	}
	if old != 0 {
		w.strike(&w.expiry, expiryKey(old, what, key))
	}
	if until != 0 {
		w.enter(&w.expiry, expiryKey(until, what, key))
	}
}
