package store

import (
	"fmt"

	"go.etcd.io/bbolt"
)

// recordCheck checks the records of the readable buckets, and whether they agree with each other.
type recordCheck struct {
	tables
	report *Report
	sound  map[string]bool
	form   form

	// What the bucket meta says.
	identity identity
	tally    tally
	sessions int64  // how many there are
	logins   int64  // how many are listed
	fleet    fleet  // counts
	folds    string // the version of Unicode whose case folding the index has

	found fleet             // what there is of what fleet counts
	costs map[string]uint64 // how many customers have a hash that costs what a decoy does
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
	a := recordCheck{tables: tables{tx: tx}, report: r, sound: sound, form: formOf(version, b),
		costs: map[string]uint64{}}
	r.Schema, r.Older, r.Upgrading = int(version), version < schema || a.form == both, a.form == both
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
		{keysBucket, a.signingKey}, {sealedBucket, a.sealedPart},
		{revokedBucket, a.revoked}, {hashesBucket, a.hashCount}, {importsBucket, a.imported}, {originBucket, a.origin},
		{membersBucket, a.fleetMember}, {leasesBucket, a.leased}, {invitationsBucket, a.invited},
		{loginsBucket, a.listed}, {loginExpiryBucket, a.loginExpiry},
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
	if sound[string(loginsBucket)] && int64(r.Logins) != a.logins {
		r.found(Problem{string(metaBucket), string(loginsKey),
			fmt.Sprintf("it counts %d log-ins, but there are %d", a.logins, r.Logins)})
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
