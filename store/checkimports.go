package store

import (
	"encoding/hex"

	"github.com/edgetoken/edgetoken/store/password"
)

// hash notes what the hash of a customer costs, and hashCount checks one of the counts against that. A count may be
// lower: see maxCosts.
func (a *recordCheck) hash(hash string) {
	if decoy, ok := password.Decoy(hash); ok {
		a.costs[decoy]++
	}
}

func (a *recordCheck) hashCount(e *entry) {
	e.name = password.Format(string(e.key))
	switch n := costCount(e.value); {
	case n == 0:
		e.wrong(unreadable)
	case a.form == present && a.sound[string(customersBucket)] && n > a.costs[string(e.key)]:
		e.wrong("it counts %d customers, but %d have such a hash", n, a.costs[string(e.key)])
	}
}

// imported checks what the last import said of a customer or a group, who need not be here any more.
func (a *recordCheck) imported(e *entry) {
	if ofAddress(e.key) {
		e.name = hex.EncodeToString(e.key)
		if _, err := decodeLeft(a.identity.ids, e.value); err != nil {
			e.wrong(unreadable)
		}
		return
	}
	members := 1
	if !ofGroup(e.key) {
		if _, ok := a.id(e); !ok {
			return
		}
		members = len(importedMembers)
	}
	s, err := decodeSaid(e.value)
	if err != nil || len(s.digests) != 0 && len(s.digests) != members*digestBytes {
		e.wrong(unreadable)
	}
}

func (a *recordCheck) origin(e *entry) {
	if string(e.key) != string(originKey) {
		e.wrong("no such record is known")
		return
	}
	e.name = string(originKey)
	if _, err := decodeOrigin(e.value); err != nil {
		e.wrong(unreadable)
	}
}
