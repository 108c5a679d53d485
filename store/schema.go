package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"unicode"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// schema is the version of the layout that doc.go describes.
const schema = 10

// The buckets, and the keys of the first.
var (
	metaBucket       = []byte("meta")
	customersBucket  = []byte("customers")
	emailsBucket     = []byte("emails")
	lastLoginBucket  = []byte("last_login")
	cutOffsBucket    = []byte("cutoffs")
	familiesBucket   = []byte("families")
	tombstonesBucket = []byte("tombstones")
	expiryBucket     = []byte("expiry")
	bucketsOf1       = [][]byte{
		metaBucket, customersBucket, emailsBucket, lastLoginBucket, cutOffsBucket, familiesBucket, tombstonesBucket,
		expiryBucket,
	}

	foldedBucket           = []byte("folded")
	groupsBucket           = []byte("groups")
	rightsBucket           = []byte("rights") // until schema 3
	sessionsBucket         = []byte("sessions")
	customerSessionsBucket = []byte("customer_sessions")
	sessionExpiryBucket    = []byte("session_expiry")
	bucketsSince2          = [][]byte{
		foldedBucket, groupsBucket, sessionsBucket, customerSessionsBucket, sessionExpiryBucket,
	}

	// Since schema 4, which put rights into the records of customers.
	parkedBucket     = []byte("parked")
	contestedBucket  = []byte("contested")
	outboxBucket     = []byte("outbox")
	headsBucket      = []byte("heads")
	waitingBucket    = []byte("waiting")
	quarantineBucket = []byte("quarantine")
	bucketsSince4    = [][]byte{
		parkedBucket, contestedBucket, outboxBucket, headsBucket, waitingBucket, quarantineBucket,
	}

	// Since schema 6.
	keysBucket    = []byte("keys")
	sealedBucket  = []byte("sealed") // private parts of keys
	bucketsSince6 = [][]byte{keysBucket, sealedBucket}

	// Since schema 7.
	revokedBucket = []byte("revoked")
	bucketsSince7 = [][]byte{revokedBucket}

	// Since schema 8.
	hashesBucket  = []byte("hashes")
	importsBucket = []byte("imports")
	originBucket  = []byte("origin")
	bucketsSince8 = [][]byte{hashesBucket, importsBucket, originBucket}

	// Since schema 9.
	membersBucket     = []byte("members")
	leasesBucket      = []byte("leases")
	invitationsBucket = []byte("invitations")
	bucketsSince9     = [][]byte{membersBucket, leasesBucket, invitationsBucket}

	// Since schema 10.
	loginsBucket      = []byte("logins")
	loginExpiryBucket = []byte("login_expiry")
	bucketsSince10    = [][]byte{loginsBucket, loginExpiryBucket}

	schemaKey   = []byte("schema")
	identityKey = []byte("identity")
	tallyKey    = []byte("tally")
	sessionsKey = []byte("sessions") // since schema 2
	foldsKey    = []byte("folds")    // since schema 2
	// Made by the first RaiseLifetimes.
	longestKey        = []byte("longest")
	longestRefreshKey = []byte("longest_refresh")
	longestForeignKey = []byte("longest_foreign") // since schema 3
	purgeClockKey     = []byte("purge_clock")     // since schema 3, from the first commit under a plausible clock on
	nodeKey           = []byte("node")            // since schema 4
	issuedKey         = []byte("issued")          // since schema 4, from the first reserved start of a log-in on
	followedKey       = []byte("followed")        // since schema 4, from the first Delivery with a position on
	gapKey            = []byte("gap")             // since schema 5, from the first restore that kept log-ins on
	fleetKey          = []byte("fleet")           // since schema 4, from the first commit on that changes it
	upgradeKey        = []byte("upgrade")         // since schema 4, while an upgrade to it, to 7 or to 8 goes on
	epochKey          = []byte("bundle_epoch")    // since schema 7, from the first trust bundle on
	rootChainKey      = []byte("root_chain")      // since schema 7, from the second root of trust bundles on
	membershipKey     = []byte("membership")      // since schema 9, from the first fleet on
	trimmedKey        = []byte("trimmed")         // since schema 9, in a fleet, from the first trimmed frame on

	pendingKey = []byte("pending") // since schema 9, while offers of nodes are missing
	loginsKey  = []byte("logins")  // since schema 10

	originKey = []byte("origin") // in the bucket of that name
)

// bucketsOf are the buckets of a store of a schema.
func bucketsOf(version int64) [][]byte {
	switch version {
	case 1:
		return bucketsOf1
	case 2, 3:
		return slices.Concat(bucketsOf1, bucketsSince2, [][]byte{rightsBucket})
	case 4, 5:
		return slices.Concat(bucketsOf1, bucketsSince2, bucketsSince4)
	}
	buckets := slices.Concat(bucketsOf1, bucketsSince2, bucketsSince4, bucketsSince6)
	if version == 6 {
		return buckets
	}
	buckets = append(buckets, bucketsSince7...)
	if version == 7 {
		return buckets
	}
	buckets = append(buckets, bucketsSince8...)
	if version == 8 {
		return buckets
	}
	buckets = append(buckets, bucketsSince9...)
	if version == 9 {
		return buckets
	}
	return append(buckets, bucketsSince10...)
}

// prepare makes the buckets of a new file, renews and upgrades an old one, and checks it.
func (f *file) prepare(c Config) error {
	isNew := false
	err := f.bolt.View(func(tx *bbolt.Tx) error {
		k, _ := tx.Cursor().First()
		isNew = k == nil
		return nil
	})
	if err == nil && isNew {
		err = f.bolt.Update(func(tx *bbolt.Tx) error { return create(tx, c) })
	} else if err == nil {
		err = f.upgrade(c)
	}
	if err != nil {
		return fmt.Errorf("open store %s: %w", c.Path, diskError(err))
	}
	if err := f.bolt.View(f.read); err != nil {
		return fmt.Errorf("open store %s: %w", c.Path, err)
	}
	if c.IDs != core.NoCustomer && c.IDs != f.identity.ids {
		return fmt.Errorf("open store %s: it %w: it holds %s, which cannot be changed; leave the setting out or make "+
			"a new store",
			c.Path, ErrIDKind, kindName(f.identity.ids))
	}
	// The name of a new or compacted file is durable only once its directory is synced.
	return syncDirectory(filepath.Dir(c.realPath()))
}

// create fills a new file.
func create(tx *bbolt.Tx, c Config) error {
	if err := createBuckets(tx, bucketsOf(schema)); err != nil {
		return err
	}
	i := identity{ids: c.IDs}
	if i.ids == core.NoCustomer {
		i.ids = core.IntegerID
	}
	if _, err := io.ReadFull(c.Rand, i.id[:]); err != nil {
		return err
	}
	b := tx.Bucket(metaBucket)
	now := plausible(c.Now().UnixMicro())
	return errors.Join(
		keepSince3(b, now),
		b.Put(schemaKey, encodeNumber(schema)),
		b.Put(identityKey, i.encode()),
		b.Put(tallyKey, tally{committed: now}.encode()),
		b.Put(nodeKey, encodeNode(fact.Node{Epoch: 1})),
		b.Put(sessionsKey, encodeNumber(0)),
		b.Put(loginsKey, encodeNumber(0)),
		b.Put(foldsKey, encodeFolds(unicode.Version)),
	)
}

func createBuckets(tx *bbolt.Tx, names [][]byte) error {
	for _, name := range names {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	return nil
}

// checkSchema returns the schema of a store. It refuses a schema that this version does not know, and a file that is no
// store. b is the bucket meta, nil if there is none.
func checkSchema(b *bbolt.Bucket) (version int64, err error) {
	if b == nil || b.Get(schemaKey) == nil {
		return 0, fmt.Errorf("%w: another program wrote this bbolt file; name the right path", ErrForeign)
	}
	if version, err = decodeNumber("schema", b.Get(schemaKey)); err != nil {
		return 0, err
	}
	if version > schema {
		return 0,
			fmt.Errorf("%w: it has schema %d, this version knows %d; run the newer version, or restore a backup from "+
				"before it", ErrNewerSchema, version, schema)
	}
	if version < oldestSchema {
		return 0, fmt.Errorf("%w: there is no schema %d; restore a backup", ErrCorrupt, version)
	}
	return version, nil
}

// read reads what the file says of itself into f.
func (f *file) read(tx *bbolt.Tx) error {
	b := tx.Bucket(metaBucket)
	version, err := checkSchema(b)
	if err != nil {
		return err
	}
	for _, name := range bucketsOf(version) {
		if tx.Bucket(name) == nil {
			return fmt.Errorf("%w: the bucket %s is missing; restore a backup", ErrCorrupt, name)
		}
	}
	if f.identity, err = decodeIdentity(b.Get(identityKey)); err != nil {
		return err
	}
	f.transaction = tx.ID()
	if f.tally, err = decodeTally(b.Get(tallyKey)); err != nil {
		return err
	}
	if _, err = (tables{tx: tx}).lifetimes(); err != nil {
		return err
	}
	if f.purgeClock, err = (tables{tx: tx}).purgeClock(); err != nil {
		return err
	}
	if f.node, err = (tables{tx: tx}).node(); err != nil {
		return err
	}
	if f.fleet, err = (tables{tx: tx}).fleet(); err != nil {
		return err
	}
	if f.gap, err = (tables{tx: tx}).gap(); err != nil {
		return err
	}
	if f.roster, err = (tables{tx: tx}).readRoster(); err != nil {
		return err
	}
	if f.head, err = (tables{tx: tx}).lastFrame(); err != nil {
		return err
	}
	if f.membership, err = (tables{tx: tx}).readMembership(); err != nil {
		return err
	}
	if _, err = (tables{tx: tx}).sessions(); err != nil {
		return err
	}
	_, err = tables{tx: tx}.listedCount()
	return err
}

func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
