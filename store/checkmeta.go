package store

import (
	"maps"
	"slices"
)

// metaRecord is a record of the bucket meta.
type metaRecord struct {
	key      []byte
	since    int  // the schema that brought it
	optional bool // a sound store may lack it
	read     func(value []byte) error
}

// metaRecords are all that this version knows. Those that the other checks need are kept in a.
func (a *recordCheck) metaRecords() []metaRecord {
	number := func(value []byte) error { _, err := decodeNumber("", value); return err }
	return []metaRecord{
		{schemaKey, 1, false, number},
		{identityKey, 1, false, func(v []byte) (err error) { a.identity, err = decodeIdentity(v); return err }},
		{tallyKey, 1, false, func(v []byte) (err error) { a.tally, err = decodeTally(v); return err }},
		{longestKey, 1, true, number},
		{longestRefreshKey, 2, true, number},
		{sessionsKey, 2, false, func(v []byte) (err error) { a.sessions, err = decodeNumber("", v); return err }},
		{foldsKey, 2, false, func(v []byte) (err error) { a.folds, err = decodeFolds(v); return err }},
		{longestForeignKey, 3, true, number},
		{purgeClockKey, 3, true, number},
		{nodeKey, 4, false, func(v []byte) error { _, err := decodeNode(v); return err }},
		{fleetKey, 4, true, func(v []byte) (err error) { a.fleet, err = decodeFleet(v); return err }},
		{issuedKey, 4, true, func(v []byte) error {
			if r := begin(v); !r.Done() {
				return corrupt("issued")
			}
			return nil
		}},
		{epochKey, 7, true, number},
		{rootChainKey, 7, true, func(v []byte) error { _, err := decodeRootChain(v); return err }},
		{gapKey, 5, true, func(v []byte) error { _, err := decodeGap(v); return err }},
		{followedKey, 4, true, func([]byte) error { _, err := a.followed(); return err }},
		{membershipKey, 9, true, func([]byte) error { _, err := a.readMembership(); return err }},
		{trimmedKey, 9, true, func([]byte) error { _, err := a.trimmed(); return err }},
		{pendingKey, 9, true, func(v []byte) error { _, err := decodePending(v); return err }},
		{loginsKey, 10, false, func(v []byte) (err error) { a.logins, err = decodeNumber("", v); return err }},
		{upgradeKey, 4, true, func(v []byte) error { _, err := decodeUpgrading(v); return err }},
	}
}

// meta reads what the store says of itself. If that is not sound, nothing else can be checked.
func (a *recordCheck) meta() (ok bool) {
	known := map[string]metaRecord{}
	for _, m := range a.metaRecords() {
		if m.since <= a.report.Schema {
			known[string(m.key)] = m
		}
	}
	ok = true
	a.each(metaBucket, func(e *entry) {
		m, expected := known[string(e.key)]
		if !expected {
			e.wrong("no such record is known")
			return
		}
		delete(known, string(e.key))
		e.name = string(e.key)
		if m.read(e.value) != nil {
			e.wrong(unreadable)
			ok = false
		}
	})
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if !known[name].optional {
			a.report.found(Problem{string(metaBucket), name, "it is missing"})
			ok = false
		}
	}
	if ok {
		a.report.ID, a.report.IDs, a.report.LastCommit = a.identity.name(), a.identity.ids, a.tally.lastCommit()
	}
	return ok
}
