package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/edgetoken/edgetoken/store/fact"
)

// What follows checks the buckets that schema 4 brought: parked customers, contested addresses, frames, heads, and the
// quarantine.

func (a *recordCheck) parked(e *entry) {
	a.found.parked++
	e.name = hex.EncodeToString(e.key)
	p, err := decodePerson(e.value)
	if err != nil {
		e.wrong(unreadable)
		return
	}
	key, ok := bytes.CutSuffix(e.key, p.made.Append(nil))
	if len(key) < 2 || !ok || !bytes.Equal(key, parkedPrefix(key[2:])) {
		e.wrong("the key is none of a parked customer")
		return
	}
	id, err := readIDKey(a.identity.ids, key[2:])
	if err != nil {
		e.wrong("it belongs to no id: the store holds %s", kindName(a.identity.ids))
		return
	}
	a.person(e, p, p.customer(id))
	if !p.whole() || !a.sound[string(customersBucket)] {
		return
	}
	value := a.get(customersBucket, idKey(id))
	if value == nil {
		e.wrong("nobody holds the id, so that it should be this customer's")
	} else if holder, err := a.readPerson(value); err == nil && holder.made.After(p.made) {
		e.wrong("the customer who holds the id was made later")
	}
}

func (a *recordCheck) contested(e *entry) {
	a.found.contested++
	email, key, ok := strings.Cut(string(e.key), "\x00")
	if !ok || checkText("", email) != nil {
		e.wrong("the key is none of a contested address")
		return
	}
	a.address(e, email)
	if !a.has(customersBucket, []byte(key)) {
		e.wrong("a customer waits for it who does not exist")
	} else if a.sound[string(customersBucket)] {
		if p, err := a.readPerson(a.get(customersBucket, []byte(key))); err == nil && p.email.value != email {
			e.wrong("a customer waits for it who has another address")
		}
	}
}

func (a *recordCheck) frame(e *entry) {
	a.found.outbox.add(e.value)
	e.name = hex.EncodeToString(e.key)
	f, err := fact.ParseFrame(e.value)
	if err != nil {
		e.wrong(unreadable)
	} else if !bytes.Equal(e.key, positionKey(f.Position())) {
		e.wrong("its frame says otherwise")
	}
}

func (a *recordCheck) waits(e *entry) {
	a.found.waiting.add(e.value)
	e.name = hex.EncodeToString(e.key)
	f, err := fact.ParseFrame(e.value)
	if err != nil {
		e.wrong(unreadable)
	} else if !bytes.Equal(e.key, waitingKey(placeOf(f), e.value)) {
		e.wrong("its frame says otherwise")
	}
}

func (a *recordCheck) head(e *entry) {
	e.name = hex.EncodeToString(e.key)
	if _, err := decodeHead(e.value); err != nil || len(e.key) != 10 {
		e.wrong(unreadable)
	}
}

func (a *recordCheck) quarantined(e *entry) {
	a.found.quarantined.add(e.value)
	e.name = hex.EncodeToString(e.key)
	q, err := decodeQuarantine(e.value)
	if digest := sha256.Sum256(q.Raw); err != nil || !bytes.Equal(e.key, digest[:]) {
		e.wrong(unreadable)
	}
}

// What follows checks the buckets that schema 9 brought.

func (a *recordCheck) fleetMember(e *entry) {
	e.name = hex.EncodeToString(e.key)
	m, err := decodeMember(e.key, e.value)
	if err != nil {
		e.wrong(unreadable)
		return
	}
	a.stamped(e, m.Stamp)
}

func (a *recordCheck) leased(e *entry) {
	e.name = hex.EncodeToString(e.key)
	if _, err := decodeLease(e.value); err != nil {
		e.wrong(unreadable)
	}
	if !a.has(membersBucket, e.key) {
		e.wrong("it is about a node that is no member of the fleet")
	}
}

func (a *recordCheck) invited(e *entry) {
	i, err := decodeInvitation(e.key, e.value)
	if err != nil {
		e.wrong(unreadable)
	} else if i.Number != 0 && !a.has(membersBucket, memberKey(i.Number)) {
		e.wrong("it was used by a node that is no member of the fleet")
	}
}

// counts compares what the store counts of these buckets with what there is, where all of them can be read.
func (a *recordCheck) counts() {
	for _, name := range bucketsSince4 {
		if !a.sound[string(name)] {
			return
		}
	}
	if a.found != a.fleet {
		a.report.found(Problem{string(metaBucket), string(fleetKey),
			fmt.Sprintf("it counts %v, but there are %v", a.fleet, a.found)})
	}
}
