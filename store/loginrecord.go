package store

import (
	"bytes"
	"cmp"
	"encoding/binary"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// A record of a log-in by tokens is for the customer's list alone: no decision rests on it. It is there from the log-in
// on, or from its first refresh, until the last token ends, the log-in is revoked, or a cut-off of its customer's id
// covers it. It goes by a bound, too, and the log-in goes on.

// maxLoginsEach bounds the listed log-ins of one customer. One more leaves out the one that was used least recently.
const maxLoginsEach = 1000

// listed is the record of a log-in by tokens.
type listed struct {
	used  int64 // Unix milliseconds
	until int64 // Unix seconds: when the latest of its tokens ends
	Client
}

// encode: version 1 | i64 used | i64 until | agent | address.
func (l listed) encode() []byte {
	return l.Client.append(codec.I64(codec.I64([]byte{recordVersion}, l.used), l.until))
}

func decodeListed(value []byte) (listed, error) {
	l, r := beginListed(value)
	l.Client = r.client()
	if !r.Done() {
		return listed{}, corrupt("login")
	}
	return l, nil
}

// beginListed reads a record up to its client, which takes longer than the rest.
func beginListed(value []byte) (listed, reader) {
	r := begin(value)
	l := listed{used: r.I64(), until: r.I64()}
	r.Bad = r.Bad || l.used < 0 || l.used > lastMoment/1000 || l.until <= 0 || l.until > core.LastUntil
	return l, r
}

// join is what two records say of one log-in: who used it last, and the latest end.
func (l listed) join(m listed) listed {
	until := max(l.until, m.until)
	if cmp.Or(cmp.Compare(m.used, l.used), cmp.Compare(m.Agent, l.Agent), cmp.Compare(m.Address, l.Address)) > 0 {
		l = m
	}
	l.until = until
	return l
}

// loginKey is the key of the record of a log-in: u16 length of the customer's key | that key | u64 start, ms | u64
// bits. All log-ins of a customer lie together, the oldest first.
func loginKey(k core.FamilyKey) []byte {
	b := binary.BigEndian.AppendUint64(ofCustomerPrefix(idKey(k.Customer)), uint64(k.Start))
	return binary.BigEndian.AppendUint64(b, k.Bits)
}

// readLoginKey reads what loginKey made for a store that holds ids of the given kind; ok is false for anything else.
func readLoginKey(kind core.IDKind, key []byte) (k core.FamilyKey, ok bool) {
	const after = 8 + 8
	if len(key) < 2+after || int(binary.BigEndian.Uint16(key)) != len(key)-2-after {
		return k, false
	}
	id, err := readIDKey(kind, key[2:len(key)-after])
	key = key[len(key)-after:]
	k = core.FamilyKey{Customer: id, Start: int64(binary.BigEndian.Uint64(key)), Bits: binary.BigEndian.Uint64(key[8:])}
	return k, err == nil && 0 < k.Start && k.Start <= lastMoment/1000
}

// loginExpiryKey is the key under which Purge finds the record of a log-in: until, in Unix seconds as idKey writes it,
// and the key of the record.
func loginExpiryKey(until int64, key []byte) []byte {
	return append(appendInteger(make([]byte, 0, 8+len(key)), until), key...)
}

// readLoginExpiryKey reads what loginExpiryKey made.
func readLoginExpiryKey(k []byte) (until int64, key []byte, err error) {
	if len(k) < 8+2 {
		return 0, nil, corrupt("log-in expiry key")
	}
	return int64(binary.BigEndian.Uint64(k) ^ 1<<63), k[8:], nil
}

// listedIn reads the record of a log-in; ok is false where there is none.
func (t tables) listedIn(key []byte) (l listed, ok bool, err error) {
	value := t.get(loginsBucket, key)
	if value == nil {
		return listed{}, false, nil
	}
	l, err = decodeListed(value)
	return l, err == nil, err
}

// eachLogin calls one with the records of a customer's log-ins, the oldest first, until it returns false. Those that
// cannot be read it leaves out: Check names them, and they must keep nobody from logging in.
func (t tables) eachLogin(customer []byte, one func(key []byte, l listed) bool) {
	t.eachRecord(customer, func(key, value []byte) bool {
		l, err := decodeListed(value)
		return err != nil || one(key, l)
	})
}

// eachRecord is eachLogin with the records as they are stored.
func (t tables) eachRecord(customer []byte, one func(key, value []byte) bool) {
	prefix := ofCustomerPrefix(customer)
	cursor := t.tx.Bucket(loginsBucket).Cursor()
	for k, v := cursor.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = cursor.Next() {
		if !one(k, v) {
			return
		}
	}
}

// listedCount reads how many log-ins are listed.
func (t tables) listedCount() (int, error) {
	n, err := decodeNumber("logins", t.get(metaBucket, loginsKey))
	return int(n), err
}

// joinLogin lists a log-in, or notes a later use of it. One that has ended is not listed.
func (w *writer) joinLogin(f fact.Login) error {
	key := loginKey(f.Family)
	old, found, err := w.listedIn(key)
	if err != nil {
		return err
	}
	client := Client{Agent: f.Agent, Address: f.Address}.cut() // another node may say anything
	after := listed{used: f.Used, until: f.Until, Client: client}
	if found {
		if after = old.join(after); after != old {
			w.putLogin(key, old.until, after)
		}
		return nil
	}
	cutOff, err := w.cutOff(idKey(f.Family.Customer))
	if err != nil || f.Family.Start <= bounded(cutOff.at) || w.get(customersBucket, idKey(f.Family.Customer)) == nil {
		return err
	}
	if x, err := w.family(f.Family); err != nil || x.dead {
		return err
	}
	count, err := w.listedCount()
	if err != nil {
		return err
	}
	leaves, fits := w.makesRoom(idKey(f.Family.Customer), after, count)
	w.unlist(leaves...)
	if fits {
		w.putLogin(key, 0, after)
		w.countLogins(1)
	}
	return nil
}

// putLogin writes the record of a log-in. was is its end before, 0 if it is new.
func (w *writer) putLogin(key []byte, was int64, l listed) {
	w.put(loginsBucket, key, l.encode())
	if was == l.until {
		return
	}
	if was != 0 {
		w.remove(loginExpiryBucket, loginExpiryKey(was, key))
	}
	w.put(loginExpiryBucket, loginExpiryKey(l.until, key), []byte{recordVersion})
}

// leaving is a log-in that is listed no longer.
type leaving struct {
	key   []byte
	until int64
}

// makesRoom returns the log-ins that leave the list for a new one of a customer: that which was used least recently,
// beyond the bound on the customer's, and beyond the bound on all, of which count are there, those that end first. The
// new one does not fit if it would be the first to leave.
func (w *writer) makesRoom(customer []byte, l listed, count int) (leaves []leaving, fits bool) {
	var own int
	var last leaving
	used := l.used
	w.eachRecord(customer, func(key, value []byte) bool {
		x, r := beginListed(value)
		if r.Bad {
			return true
		}
		if own++; last.key == nil && x.used <= used || x.used < used {
			used, last = x.used, leaving{key, x.until}
		}
		return true
	})
	last.key = bytes.Clone(last.key)
	if own >= maxLoginsEach {
		if last.key == nil {
			return nil, false
		}
		leaves = append(leaves, last)
	}
	cursor := w.tx.Bucket(loginExpiryBucket).Cursor()
	for k, _ := cursor.First(); k != nil && len(leaves) < maxEnded; k, _ = cursor.Next() {
		if count-len(leaves) < w.maxLogins {
			break
		}
		until, key, err := readLoginExpiryKey(k)
		if err != nil || until >= l.until {
			return leaves, false
		}
		if !bytes.Equal(key, last.key) || own < maxLoginsEach {
			leaves = append(leaves, leaving{bytes.Clone(key), until})
		}
	}
	return leaves, true
}

// unlistEnded removes the log-ins of a customer, by its key, that began at or before a cut-off.
func (w *writer) unlistEnded(customer []byte, cutOff int64) {
	prefix := ofCustomerPrefix(customer)
	var leaves []leaving
	w.eachLogin(customer, func(key []byte, l listed) bool {
		if int64(binary.BigEndian.Uint64(key[len(prefix):])) > cutOff {
			return false
		}
		leaves = append(leaves, leaving{bytes.Clone(key), l.until})
		return true
	})
	w.unlist(leaves...)
}

// unlist removes the records of log-ins.
func (w *writer) unlist(leaves ...leaving) {
	for _, l := range leaves {
		w.remove(loginsBucket, l.key)
		w.remove(loginExpiryBucket, loginExpiryKey(l.until, l.key))
	}
	if len(leaves) > 0 {
		w.countLogins(-len(leaves))
	}
}

func (w *writer) countLogins(more int) {
	n, err := w.listedCount()
	if err != nil {
		panic(err)
	}
	w.put(metaBucket, loginsKey, encodeNumber(int64(n+more)))
}

// unlistRevoked removes a log-in that was revoked.
func (w *writer) unlistRevoked(k core.FamilyKey) {
	if k.Issuer != "" || k.Customer.IsZero() || k.Start == 0 {
		return
	}
	key := loginKey(k)
	if l, ok, err := w.listedIn(key); err == nil && ok {
		w.unlist(leaving{key, l.until})
	}
}
