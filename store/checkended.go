package store

import (
	"encoding/hex"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// What follows checks the records that end: cut-offs, families, tombstones, and the index by which they are purged.

func (a *recordCheck) cutOff(e *entry) {
	if ofAddress(e.key) {
		e.name = hex.EncodeToString(e.key)
	} else if _, ok := a.id(e); !ok {
		return
	}
	c, err := decodeCutOff(e.value)
	if err != nil {
		e.wrong(unreadable)
		return
	}
	if c.until != 0 {
		a.expires(e, c.until, fact.CutOffRecord)
	}
}

func (a *recordCheck) family(e *entry) {
	a.report.Families++
	k, ok := readFamilyKey(e.key)
	if !ok {
		e.wrong("the key is no family")
		return
	}
	e.name = hex.EncodeToString(e.key)
	if k.Customer.Kind != core.NoCustomer && k.Customer.Kind != a.identity.ids {
		e.wrong("it is a family of a customer of another kind: the store holds %s", kindName(a.identity.ids))
	}
	f, err := decodeFamily(e.value)
	if err != nil {
		e.wrong(unreadable)
		return
	}
	if f.dead {
		a.report.Revoked++
	}
	if k.Start != 0 && k.Start != f.start {
		e.wrong("it began at another time than its key says")
	}
	a.version(e, f.version)
	a.expires(e, f.until, fact.FamilyRecord)
}

func (a *recordCheck) removed(e *entry) {
	if ofGroup(e.key) || ofAddress(e.key) && a.isOld(e.value) {
		e.name = hex.EncodeToString(e.key)
	} else {
		a.report.Tombstones++
		if _, ok := a.id(e); !ok {
			return
		}
	}
	gone, err := a.readRemoval(e.value)
	if err != nil {
		e.wrong(unreadable)
		return
	}
	a.stamped(e, gone.at)
	a.expires(e, gone.until, fact.RemovalRecord)
}

// expires checks that a record will be purged.
func (a *recordCheck) expires(e *entry, until int64, kind fact.Record) {
	if !a.has(expiryBucket, expiryKey(until, kind, e.key)) {
		e.wrong("the expiry index does not have it, so that it is never purged")
	}
}

func (a *recordCheck) expiry(e *entry) {
	until, kind, key, err := readExpiryKey(e.key)
	ok := err == nil
	switch {
	case !ok:
	case kind == fact.FamilyRecord:
		_, ok = readFamilyKey(key)
	case kind == fact.CutOffRecord && ofAddress(key), kind == fact.RemovalRecord && ofGroup(key),
		kind == fact.RemovalRecord && ofAddress(key) && a.form != present:
	default:
		_, err = readIDKey(a.identity.ids, key)
		ok = err == nil
	}
	if !ok {
		e.wrong("the key is none of the expiry index")
		return
	}
	e.name = hex.EncodeToString(e.key)
	if r := begin(e.value); !r.Done() {
		e.wrong(unreadable)
	}
	bucket := recordBucket(kind)
	if !a.has(bucket, key) {
		e.wrong("the bucket %s does not have its record", bucket)
	} else if a.sound[string(bucket)] {
		if recorded, err := a.ends(kind, a.get(bucket, key)); err == nil && recorded != until {
			e.wrong("its record in the bucket %s ends at another time", bucket)
		}
	}
}

func (a *recordCheck) revoked(e *entry) {
	_, kind, key, err := readExpiryKey(e.key)
	ok := err == nil
	switch {
	case !ok:
	case kind == fact.FamilyRecord:
		_, ok = readFamilyKey(key)
	default:
		_, err = readSubjectKey(a.identity.ids, key)
		ok = err == nil && kind == fact.CutOffRecord
	}
	if !ok {
		e.wrong("the key is none of the bucket revoked")
		return
	}
	e.name = hex.EncodeToString(e.key)
	if r := begin(e.value); !r.Done() {
		e.wrong(unreadable)
	}
	if kind == fact.FamilyRecord && a.sound[string(familiesBucket)] {
		if f, err := decodeFamily(a.get(familiesBucket, key)); err == nil && !f.dead {
			e.wrong("its record in the bucket %s is not revoked", familiesBucket)
		}
	}
}
