package store

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// recordCheck checks the records of the readable buckets, and whether they agree with each other.
type recordCheck struct {
	tables
	report *Report
	sound  map[string]bool
	kind   core.IDKind
	tally  tally
	form   form

	sessions int64  // as counted
	fleet    fleet  // as counted
	found    fleet  // as there is
	folds    string // the version of Unicode whose case folding the index has
}

// records checks all records. It returns an error if the file is no store, or has a schema that this version does not
// know.
func (r *Report) records(tx *bbolt.Tx, sound map[string]bool) error {
	b := tx.Bucket(metaBucket)
	if b != nil && !sound[string(metaBucket)] {
		return nil // without it, the other records cannot be judged
	}
	version, err := checkSchema(b)
	if err != nil {
		return err
	}
	a := recordCheck{tables: tables{tx}, report: r, sound: sound, form: formOf(version, b)}
	r.Schema, r.Older, r.Upgrading = int(version), a.form != present, a.form == both
	if !a.meta() {
		return nil
	}
	for _, c := range []struct {
		bucket []byte
		check  func(*entry)
	}{
		{customersBucket, a.customer}, {emailsBucket, a.email}, {lastLoginBucket, a.lastLogin},
		{cutOffsBucket, a.cutOff}, {familiesBucket, a.family}, {tombstonesBucket, a.removed}, {expiryBucket, a.expiry},
		{foldedBucket, a.folded}, {groupsBucket, a.group}, {rightsBucket, a.rights}, {sessionsBucket, a.session},
		{customerSessionsBucket, a.customerSession}, {sessionExpiryBucket, a.sessionExpiry},
		{parkedBucket, a.parked}, {contestedBucket, a.contested},
		{outboxBucket, a.frame}, {headsBucket, a.head}, {waitingBucket, a.waits}, {quarantineBucket, a.quarantined},
	} {
		if sound[string(c.bucket)] {
			a.each(c.bucket, c.check)
		}
	}
	for _, c := range []struct {
		bucket  []byte
		what    string
		is      int
		counted uint64
	}{
		{customersBucket, "customers", r.Customers, a.tally.customers},
		{familiesBucket, "families", r.Families, a.tally.families},
		{tombstonesBucket, "tombstones", r.Tombstones, a.tally.tombstones},
	} {
		if sound[string(c.bucket)] && uint64(c.is) != c.counted {
			r.found(Problem{string(metaBucket), string(tallyKey),
				fmt.Sprintf("it counts %d %s, but there are %d", c.counted, c.what, c.is)})
		}
	}
	if sound[string(sessionsBucket)] && int64(r.Sessions) != a.sessions {
		r.found(Problem{string(metaBucket), string(sessionsKey),
			fmt.Sprintf("it counts %d sessions, but there are %d", a.sessions, r.Sessions)})
	}
	a.counts()
	return nil
}

// entry is a record that is being checked.
type entry struct {
	key, value []byte
	bucket     []byte
	name       string // as Problem.Key
	report     *Report
}

func (e *entry) wrong(format string, args ...any) {
	e.report.found(Problem{string(e.bucket), e.name, fmt.Sprintf(format, args...)})
}

func (a *recordCheck) each(bucket []byte, check func(*entry)) {
	cursor := a.tx.Bucket(bucket).Cursor()
	place := 0
	for k, v := cursor.First(); k != nil; k, v = cursor.Next() {
		place++
		check(&entry{key: k, value: v, bucket: bucket, name: fmt.Sprintf("entry %d", place), report: a.report})
	}
}

// has reports whether a bucket has a key, or may have it because it cannot be read.
func (a *recordCheck) has(bucket, key []byte) bool {
	return !a.sound[string(bucket)] || a.get(bucket, key) != nil
}

const unreadable = "the record is damaged or of a newer version"

// meta reads the store's records of itself. Without them nothing else can be checked.
func (a *recordCheck) meta() (ok bool) {
	var ids identity
	var err error
	missing := map[string]bool{string(schemaKey): true, string(identityKey): true, string(tallyKey): true}
	may := map[string]bool{string(longestKey): true}
	if a.report.Schema > 1 {
		missing[string(sessionsKey)], missing[string(foldsKey)], may[string(longestRefreshKey)] = true, true, true
	}
	if a.report.Schema > 2 {
		may[string(longestForeignKey)], may[string(purgeClockKey)] = true, true
	}
	if a.report.Schema > 3 {
		missing[string(nodeKey)] = true
		may[string(issuedKey)], may[string(followedKey)], may[string(upgradeKey)] = true, true, true
		may[string(fleetKey)] = true
	}
	ok = true
	a.each(metaBucket, func(e *entry) {
		if !missing[string(e.key)] && !may[string(e.key)] {
			e.wrong("no such record is known")
			return
		}
		delete(missing, string(e.key))
		e.name = string(e.key)
		switch e.name {
		case string(identityKey):
			ids, err = decodeIdentity(e.value)
		case string(tallyKey):
			a.tally, err = decodeTally(e.value)
		case string(longestKey), string(longestRefreshKey), string(longestForeignKey), string(purgeClockKey):
			_, err = decodeNumber("", e.value)
		case string(sessionsKey):
			a.sessions, err = decodeNumber("", e.value)
		case string(foldsKey):
			a.folds, err = decodeFolds(e.value)
		case string(fleetKey):
			a.fleet, err = decodeFleet(e.value)
		case string(issuedKey):
			if r := begin(e.value); !r.Done() {
				err = corrupt("issued")
			}
		case string(nodeKey):
			_, err = decodeNode(e.value)
		case string(followedKey):
			_, err = a.followed()
		case string(upgradeKey):
			_, err = decodeUpgrading(e.value)
		}
		if err != nil {
			e.wrong(unreadable)
			ok, err = false, nil
		}
	})
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		a.report.found(Problem{string(metaBucket), name, "it is missing"})
		ok = false
	}
	if !ok {
		return false
	}
	a.kind = ids.ids
	a.report.ID, a.report.IDs, a.report.LastCommit = ids.name(), ids.ids, a.tally.lastCommit()
	return true
}

// id reads the key of an entry that is about a customer.
func (a *recordCheck) id(e *entry) (core.CustomerID, bool) {
	id, err := readIDKey(a.kind, e.key)
	if err != nil {
		e.wrong("the key is no id: the store holds %s", kindName(a.kind))
		return id, false
	}
	e.name = id.String()
	return id, true
}

func (a *recordCheck) customer(e *entry) {
	a.report.Customers++
	id, ok := a.id(e)
	if !ok {
		return
	}
	if id.Kind == core.IntegerID && id.Int > a.tally.highest {
		e.wrong("the id is above the highest that was ever given, %d", a.tally.highest)
	}
	p, err := a.readPerson(e.value)
	if err != nil {
		e.wrong(unreadable)
		return
	}
	if !p.whole() {
		e.wrong("the fact that makes the customer is missing")
	}
	c := p.customer(id)
	a.person(e, p, c)
	if c.Email == "" {
		return
	}
	mayWait := a.sound[string(contestedBucket)]
	waits := mayWait && a.get(contestedBucket, contestedKey(c.Email, e.key)) != nil
	if !a.has(emailsBucket, []byte(c.Email)) {
		e.wrong("the index of e-mail addresses does not have this customer's, so that nobody can log in with it")
	} else if a.sound[string(emailsBucket)] {
		owner, err := decodeOwner(a.get(emailsBucket, []byte(c.Email)))
		switch owns := bytes.Equal(owner, e.key); {
		case err != nil:
		case owns && waits:
			e.wrong("the e-mail address is the customer's, and yet contested")
		case !owns && !waits && (mayWait || a.form == old):
			e.wrong("the index of e-mail addresses gives this customer's to another customer")
		}
	}
	if folded := Fold(c.Email); folded != c.Email && a.comparesCase() &&
		!a.has(foldedBucket, foldedKey(folded, c.Email)) {
		e.wrong("the index without regard to case does not have this customer's e-mail address")
	}
}

// person checks what a record says of a customer, whether that holds the id or is parked.
func (a *recordCheck) person(e *entry, p person, c Customer) {
	a.version(e, c.Version)
	a.stamped(e, p.made)
	if err := checkTexts(c); err != nil {
		e.wrong("%v", err)
	}
	if _, err := checkAttributes(c.Attributes); err != nil {
		e.wrong("the attributes are no JSON object")
	}
	if p.whole() && c.Email == "" {
		e.wrong("the e-mail address is empty")
	}
	a.permissions(e, c.Permissions)
	a.groups(e, p.groups)
	if value := a.get(tombstonesBucket, idKey(c.ID)); value != nil && a.sound[string(tombstonesBucket)] {
		if gone, err := a.readRemoval(value); err == nil && !p.made.After(gone.at) {
			e.wrong("it was made before the id was removed")
		}
	}
}

// version checks that the store has given out a version.
func (a *recordCheck) version(e *entry, version uint64) {
	if version > a.tally.sequence {
		e.wrong("the version is %d, but the last that was given is %d", version, a.tally.sequence)
	}
}

func (a *recordCheck) email(e *entry) {
	if checkText("", string(e.key)) != nil {
		e.wrong("the key is no e-mail address")
		return
	}
	e.name = string(e.key)
	owner, err := decodeOwner(e.value)
	if err != nil {
		e.wrong(unreadable)
		return
	}
	id, err := readIDKey(a.kind, owner)
	switch {
	case err != nil:
		e.wrong("it belongs to no id: the store holds %s", kindName(a.kind))
	case !a.has(customersBucket, owner):
		e.wrong("it belongs to customer %q, who does not exist", id)
	case a.sound[string(customersBucket)]:
		if p, err := a.readPerson(a.get(customersBucket, owner)); err == nil && p.email.value != e.name {
			e.wrong("it belongs to customer %q, who has another address", id)
		}
	}
}

func (a *recordCheck) lastLogin(e *entry) {
	a.id(e)
	if _, err := decodeLastLogin(e.value); err != nil {
		e.wrong(unreadable)
	}
}

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
	if k.Customer.Kind != core.NoCustomer && k.Customer.Kind != a.kind {
		e.wrong("it is a family of a customer of another kind: the store holds %s", kindName(a.kind))
	}
	f, err := decodeFamily(e.value)
	if err != nil {
		e.wrong(unreadable)
		return
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
		_, err = readIDKey(a.kind, key)
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
