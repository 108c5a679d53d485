package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// session is the record of a session.
type session struct {
	started  int64  // Unix milliseconds
	expires  int64  // Unix microseconds
	customer []byte // key
	used     int64  // Unix milliseconds: when it was used last, by Client; 0: it is not known
	Client
}

// usedVersion is the first byte of the record of a session whose use is known.
const usedVersion = 2

// encode: version 1 | i64 started | i64 expires | key of the customer. With a use: version 2 | i64 started |
// i64 expires | i64 used | agent | address | key of the customer.
func (s session) encode() []byte {
	b := codec.I64(codec.I64([]byte{recordVersion}, s.started), s.expires)
	if s.used != 0 {
		b[0] = usedVersion
		b = s.Client.append(codec.I64(b, s.used))
	}
	return append(b, s.customer...)
}

func decodeSession(value []byte) (session, error) {
	r := reader{codec.Reader{Rest: value}}
	version := r.U8()
	s := session{started: r.I64(), expires: r.I64()}
	if version == usedVersion {
		s.used, s.Client = r.I64(), r.client()
		r.Bad = r.Bad || s.used <= 0 || s.used > lastMoment/1000
	}
	s.customer = r.rest()
	if !r.Done() || s.expires > lastMoment || version != recordVersion && version != usedVersion {
		return session{}, corrupt("session")
	}
	return s, nil
}

// session reads a session; ok is false where there is none.
func (t tables) session(id SessionID) (s session, ok bool, err error) {
	value := t.get(sessionsBucket, id[:])
	if value == nil {
		return session{}, false, nil
	}
	s, err = decodeSession(value)
	return s, err == nil, err
}

// ofCustomerKey is the key of a session in the index of customers, where the oldest comes first: u16 length of the
// customer's key | key | started as idKey writes it | id. All sessions of a customer share the part before started.
func ofCustomerKey(s session, id SessionID) []byte {
	return append(append(ofCustomerPrefix(s.customer), idKey(core.Integer(s.started))...), id[:]...)
}

func ofCustomerPrefix(customer []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(customer))), customer...)
}

// readOfCustomerKey reads what ofCustomerKey made; ok is false for anything else.
func readOfCustomerKey(k []byte) (customer []byte, started int64, id SessionID, ok bool) {
	const after = 8 + len(id)
	if len(k) < 2+after || int(binary.BigEndian.Uint16(k)) != len(k)-2-after {
		return nil, 0, id, false
	}
	customer, k = k[2:len(k)-after], k[len(k)-after:]
	copy(id[:], k[8:])
	return bytes.Clone(customer), int64(binary.BigEndian.Uint64(k) ^ 1<<63), id, true
}

// sessionExpiryKey is the key under which Purge finds a session: when it expires, as idKey writes it, and its id.
func sessionExpiryKey(s session, id SessionID) []byte {
	return append(idKey(core.Integer(s.expires)), id[:]...)
}

// readSessionExpiryKey reads what sessionExpiryKey made.
func readSessionExpiryKey(k []byte) (expires int64, id SessionID, err error) {
	if len(k) != 8+len(id) {
		return 0, id, fmt.Errorf("session expiry key of %d bytes: %w", len(k), ErrCorrupt)
	}
	copy(id[:], k[8:])
	return int64(binary.BigEndian.Uint64(k) ^ 1<<63), id, nil
}

// ending is a session that ends, and its id.
type ending struct {
	id SessionID
	session
}

// sessionsOf are the sessions of a customer, the oldest first.
func (t tables) sessionsOf(customer []byte) (list []ending, err error) {
	prefix := ofCustomerPrefix(customer)
	cursor := t.tx.Bucket(customerSessionsBucket).Cursor()
	for k, _ := cursor.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = cursor.Next() {
		_, _, id, ok := readOfCustomerKey(k)
		if !ok {
			return nil, corrupt("sessions of a customer")
		}
		s, ok, err := t.session(id)
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, ending{id, s})
		}
	}
	return list, nil
}

// sessions reads how many sessions there are.
func (t tables) sessions() (int, error) {
	n, err := decodeNumber("sessions", t.get(metaBucket, sessionsKey))
	return int(n), err
}

// begunBy are the sessions of a customer that began at or before a cut-off.
func (t tables) begunBy(customer []byte, cutOff int64) ([]ending, error) {
	list, err := t.sessionsOf(customer)
	return slices.DeleteFunc(list, func(e ending) bool { return e.started > cutOff }), err
}

// endings are the facts that end sessions.
func endings(list []ending) (facts resolved) {
	for _, e := range list {
		facts = append(facts, fact.EndSession{ID: e.id, Started: e.started})
	}
	return facts
}

// joinSession stores a session, or notes a later use of it. It replaces one with the same id that began earlier.
func (w *writer) joinSession(f fact.Session) error {
	old, found, err := w.session(f.ID)
	if err != nil || found && old.started > f.Started {
		return err
	}
	client := Client{Agent: f.Agent, Address: f.Address}
	if found && old.started == f.Started {
		if f.Used > old.used {
			old.used, old.Client = f.Used, client
			w.put(sessionsBucket, f.ID[:], old.encode())
		}
		return nil
	}
	if found {
		w.endSessions([]ending{{f.ID, old}})
	}
	s := session{started: f.Started, expires: f.Expires, customer: idKey(f.Customer), used: f.Used, Client: client}
	w.put(sessionsBucket, f.ID[:], s.encode())
	w.put(customerSessionsBucket, ofCustomerKey(s, f.ID), []byte{recordVersion})
	w.put(sessionExpiryBucket, sessionExpiryKey(s, f.ID), []byte{recordVersion})
	w.countSessions(1)
	return nil
}

// endSession removes a session. One that began later under the same id goes on.
func (w *writer) endSession(f fact.EndSession) error {
	s, found, err := w.session(f.ID)
	if err == nil && found && s.started <= f.Started {
		w.endSessions([]ending{{f.ID, s}})
	}
	return err
}

func (w *writer) endSessions(list []ending) {
	for _, e := range list {
		w.remove(sessionsBucket, e.id[:])
		w.remove(customerSessionsBucket, ofCustomerKey(e.session, e.id))
		w.remove(sessionExpiryBucket, sessionExpiryKey(e.session, e.id))
	}
	if len(list) > 0 {
		w.countSessions(-len(list))
	}
}

func (w *writer) countSessions(more int) {
	n, err := w.sessions()
	if err != nil {
		panic(err)
	}
	w.put(metaBucket, sessionsKey, encodeNumber(int64(n+more)))
}
