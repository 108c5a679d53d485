package store

import (
	"bytes"
	"encoding/hex"
	"strings"
	"unicode"

	"github.com/edgetoken/edgetoken/store/fact"
)

// What follows checks the buckets that schema 2 brought: the index without regard to case, groups, rights and sessions.

// comparesCase reports whether the index without regard to case follows this version's rules. If not, Open makes it
// anew.
func (a *recordCheck) comparesCase() bool { return a.folds == unicode.Version }

func (a *recordCheck) folded(e *entry) {
	folded, email, ok := strings.Cut(string(e.key), "\x00")
	if !ok || checkText("", email) != nil || folded == email || a.comparesCase() && Fold(email) != folded {
		e.wrong("the key is none of the index without regard to case")
		return
	}
	e.name = email
	if r := begin(e.value); !r.Done() {
		e.wrong(unreadable)
	}
	if !a.has(emailsBucket, []byte(email)) {
		e.wrong("nobody has this e-mail address")
	}
}

func (a *recordCheck) group(e *entry) {
	a.report.Groups++
	if checkGroupName(string(e.key)) != nil {
		e.wrong("the key is no name of a group")
		return
	}
	e.name = string(e.key)
	g, err := a.readGroup(e.value)
	if err != nil {
		e.wrong(unreadable)
		return
	}
	a.permissions(e, g.permissions.names())
	a.stamped(e, g.made)
}

func (a *recordCheck) permissions(e *entry, list []string) {
	for _, p := range list {
		if checkPermission(p) != nil {
			e.wrong("it has what is no permission")
			return
		}
	}
}

func (a *recordCheck) groups(e *entry, list members) {
	for _, m := range list {
		if checkGroupName(m.name) != nil {
			e.wrong("it has a membership of what is no group")
		}
	}
}

// stamped checks that logical time is not behind a stamp. The stamps of what schemas 1 to 3 wrote are no times.
func (a *recordCheck) stamped(e *entry, at fact.Stamp) {
	if at.Epoch != 0 && at.Time/1000 > bounded(a.tally.mark) {
		e.wrong("it was made above the high-water mark")
	}
}

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
	if owner, err := readIDKey(a.kind, s.customer); err != nil {
		e.wrong("it belongs to no id: the store holds %s", kindName(a.kind))
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
		_, err := readIDKey(a.kind, customer)
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
