package store

import (
	"bytes"
	"encoding/hex"
)

func (a *recordCheck) session(e *entry) {
	a.report.Sessions++
	var id SessionID
	if len(e.key) != len(id) {
		e.wrong("the key is no session")
		return
	}
	copy(id[:], e.key)
	e.name = hex.EncodeToString(e.key)
	s, err := decodeSession(e.value)
	if err != nil {
		e.wrong(unreadable)
		return
	}
	if s.started > a.tally.mark {
		e.wrong("it began above the high-water mark")
	}
	if owner, err := readIDKey(a.identity.ids, s.customer); err != nil {
		e.wrong("it belongs to no id: the store holds %s", kindName(a.identity.ids))
	} else if !a.has(customersBucket, s.customer) {
		e.wrong("it belongs to customer %q, who does not exist", owner)
	}
	if !a.has(customerSessionsBucket, ofCustomerKey(s, id)) {
		e.wrong("the index of sessions by customer does not have it, so that it would outlive him")
	}
	if !a.has(sessionExpiryBucket, sessionExpiryKey(s, id)) {
		e.wrong("the index of sessions by expiry does not have it, so that it is never purged")
	}
}

func (a *recordCheck) customerSession(e *entry) {
	customer, started, id, ok := readOfCustomerKey(e.key)
	if ok {
		_, err := readIDKey(a.identity.ids, customer)
		ok = err == nil
	}
	if !ok {
		e.wrong("the key is none of the index of sessions by customer")
		return
	}
	a.indexed(e, id, func(s session) bool { return bytes.Equal(s.customer, customer) && s.started == started })
}

func (a *recordCheck) sessionExpiry(e *entry) {
	expires, id, err := readSessionExpiryKey(e.key)
	if err != nil {
		e.wrong("the key is none of the index of sessions by expiry")
		return
	}
	a.indexed(e, id, func(s session) bool { return s.expires == expires })
}

// indexed checks that an entry of an index matches the record of its session.
func (a *recordCheck) indexed(e *entry, id SessionID, is func(session) bool) {
	e.name = hex.EncodeToString(e.key)
	if r := begin(e.value); !r.Done() {
		e.wrong(unreadable)
	}
	if !a.has(sessionsBucket, id[:]) {
		e.wrong("there is no such session")
	} else if a.sound[string(sessionsBucket)] {
		if s, err := decodeSession(a.get(sessionsBucket, id[:])); err == nil && !is(s) {
			e.wrong("its session says otherwise")
		}
	}
}
