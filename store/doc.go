// Package store keeps what a node must remember: customers, groups, sessions, revoked families, cut-offs, keys. It is
// one bbolt file.
//
// Its types: DB, opened by Open; Customer; Query for Load, which reads all that one request needs in one state;
// and core.Effects, which Settle makes durable. A request loads, decides and settles; after ErrConflict it begins
// again. StartSession, LoadSession and EndSession are for sessions, which are log-ins in browsers. SettleLogin records
// log-ins by tokens too, and Logins and SessionsOf list a customer's. The other methods are for operators and for nodes
// of a fleet. Check says what is wrong with a file that nobody has open, or with a backup. Backup makes one of an open
// store, and Restore makes a store of it in which every log-in has ended.
//
// The one rule: an acknowledged change is on the disk, and so is everything that an answer rests on. A reader who
// sees a commit that is still being synced waits for it.
//
// All writes go through one goroutine, the committer. Writes that arrive while it commits share the next commit. If one
// of them fails, the others go on. After a commit, the committer waits a moment for the clients that it has just
// answered, since they would otherwise fall into two groups that take turns: half as long as the commit took, and at
// most 5 ms. A lone client waits for nobody.
//
// After a failed commit nobody knows what is on the disk. The DB then answers ErrUnavailable until it has taken the
// commit back and opened its file again, which it does by itself. A caller who gets ErrUnavailable repeats the request.
//
// Every write is a fact: see package fact. In the transaction of its commit a request is first resolved into facts: it
// reads, checks its preconditions, and may fail. Then the facts are applied, by the only code that changes records.
// Applying has no preconditions, so facts of other nodes are applied like the node's own.
//
// Facts travel between nodes in frames. With Config.Outbox each commit puts its shared facts into a frame, which stays
// in the outbox until Acknowledge. Apply takes the frames of an authority, and Accept those of a node that it judges.
// Both apply each frame once, and the frames of a node in their order. They keep frames that come early, and whatever
// cannot be applied here. How far they have come is written in the same transaction as the facts.
//
// In a fleet one node is the hub, and the others are edges: see Found and Enter. The outbox of the hub is the log that
// all edges follow: what goes down, also what it accepted from one of them. The outbox of an edge has what goes up. An
// edge writes nothing itself that only goes down: ErrHub.
//
// Cut-offs (rules R3 to R5 of docs/rationale.md). A family or session is dead if it began at or before the cut-off of
// the node, of its customer's id, or of its customer's e-mail address. A cut-off belongs to the id or the address,
// not to the customer: it outlives a customer who is removed, and counts for the next one. A cut-off never goes down.
// A new one is the latest of now (in a fleet, somewhat ahead: Config.Staleness), the latest start that was granted,
// and just after the old one. So a clock that was set back saves no family. No start is granted above the high-water
// mark, which is durable, and a new process assumes that every start up to the mark was granted.
//
// Keys are facts too, without their private parts. These the caller encrypts: they stay on this node, in no frame, no
// backup and no message. When a key is gone, Purge drops its private part, and a year later the rest.
//
// The store does not trust clocks. While the wall clock is not plausible (core.CheckClock), nothing begins (ErrClock),
// and cut-offs go by the latest time that the store knows. Records are purged by the store's own purge clock, which
// follows a monotonic clock while the store is open: see timekeeper.
//
// Most log-ins are never revoked. For them an index in memory, bounded by Config.MaxFamilyIndex, replaces the look-up.
// What Load reads of customers is remembered in MaxRecent bytes until a commit changes it: see marks.
//
// # Reading order
//
//	opening     db.go, open.go, make.go (a new file), header.go (before bbolt reads it), schema.go (buckets), lost.go
//	records     recordkeys.go, record.go, reader.go, register.go (fields and sets with stamps), then one file a kind:
//	            person.go (customers), grouprecord.go, family.go, cutoff.go, gap.go, removal.go, sessionrecord.go,
//	            loginrecord.go and client.go (of lists of log-ins), keyrecord.go
//	reading     tables.go, load.go, loadcache.go, loadrecord.go and marks.go (what Load has read and still counts),
//	            familyindex.go (which families have no record), read.go, durable.go (a commit under way),
//	            emailcase.go, stats.go, revoked.go (for trust bundles), ended.go (for lists of revoked tokens),
//	            listed.go (lists of log-ins) and listid.go (ids in them)
//	resolving   writer.go and entries.go (what it puts into an index), settle.go and foldfamilies.go (a decision),
//	            settlelogin.go and uses.go (of listed log-ins), session.go, customer.go and change.go, newcomers.go,
//	            set.go, replacepassword.go, rights.go and permission.go, group.go, lifetimes.go, key.go, rootkey.go
//	            and reseal.go, purge.go and keypurge.go, epoch.go
//	applying    apply.go, applycustomer.go, address.go, forget.go; the other kinds beside their records
//	importing   imports.go (what the last import said), import.go, importrow.go and importmerge.go (one row),
//	            importgroups.go, origin.go, export.go, hashes.go (what hashes cost)
//	committing  commit.go, batch.go, clock.go, window.go (how long an advance has been durable), compact.go, errors.go
//	frames      outbox.go, deliver.go, courier.go, heads.go, judge.go, quarantine.go, fleet.go, conflicts.go
//	fleet       membership.go (hub, edge or alone), roster.go, homes.go (who advances a family), invitation.go,
//	            lease.go, log.go, lastlogins.go, generations.go, offer.go, pending.go and replay.go (after a restore
//	            of the hub), page.go, edgecopy.go, adopt.go and transplant.go (an edge takes a copy of the hub's
//	            store)
//	copying     copy.go, backup.go, restore.go and restorekeys.go; package backup has the format
//	checking    check.go, pages.go (bbolt's format), checkmeta.go, checkrecords.go, then one file for each theme:
//	            checkcustomers.go, checkhashes.go, checkimports.go, checksessions.go, checklogins.go, checkended.go,
//	            checkkeys.go, checkfleet.go, checkold.go
//	upgrading   upgrade.go, upgraderevoked.go, oldrecords.go
//
// One write, from DB.Revoke to the disk: change.go resolves it, apply.go and cutoff.go apply it, commit.go commits it.
//
// # Layout
//
// The schema has version 10; Open upgrades a file of versions 1 to 9. Below, a number in parentheses is the version
// that brought a record. Version 2 brought the buckets after "expiry" too, and version 4 those after "session_expiry".
// Version 5 put starts into the keys of families: an older record, without one, is about every start. Version 6 brought
// "keys" and "sealed", version 7 "revoked", version 8 "hashes", "imports" and "origin", version 9 "members", "leases"
// and "invitations", version 10 the last two.
// Versions 2 and 3 kept the permissions and groups of customers in a bucket of their own, "rights".
//
// Integers in keys are big-endian, in values little-endian; a text in a value has its length before it (2 bytes). The
// first byte of each value is its version, and each kind of record counts its own versions. A record of a later version
// is an error: to overwrite it would lose what this program does not understand. A stamp is u32 epoch | i64 logical
// time, µs | u16 node. A record with several stamps begins with a table of them, u16 count | stamps. Its fields name a
// stamp by its place in the table, u16; ffff: no stamp.
//
// The buckets of a store with integer ids (those of a text id are its UTF-8 bytes), with one sample each:
//
//	meta        schema                           01 0a00000000000000
//	            identity                         01 | 16 random bytes | u8 kind of ids (1 integers, 2 texts)
//	            tally                            02 | i64 latest commit under a plausible clock, µs |
//	                                             u64 last version | i64 high-water mark, ms |
//	                                             i64 cut-off of the node, ms | i64 highest integer id |
//	                                             u64 customers |
//	                                             u64 families | u64 tombstones | i64 for how long the store
//	                                             had been open in all, µs (5)
//	            node                             01 0000 000040002d22ad03 01000000: u16 number |
//	                                             u64 incarnation | u32 epoch (4)
//	                                             02 …: … | i64 mark of homes, ms: of a node with families from
//	                                             before schema 5, whose bits name no home (5)
//	            fleet                            01 0100000000000000 5f00000000000000
//	                                             0100000000000000 5f00000000000000
//	                                             0100000000000000 2500000000000000
//	                                             0100000000000000 0100000000000000: count and bytes of the frames
//	                                             in outbox, of those in waiting, and of what is in quarantine;
//	                                             how many are in parked and in contested (4)
//	            followed                         01 a703: Delivery.Position of the last that had one (4)
//	            bundle_epoch                     01 6092db769b010000: ms; no trust bundle has a later epoch; absent
//	                                             before the first (7)
//	            membership                       58 01 3d000000 01 0100 66 07000000000000000000000000000000
//	                                             0100000000000000000000000000000000000000000000000000000000000000
//	                                             0100 0500 6875623a31: a fact, membership; absent before the node
//	                                             was in a fleet (9)
//	            trimmed                          01 01000000 2d22ad03 0200000000000000
//	                                             ff65e3f14ed0120bb24840c8f32a60e36e925098f26b72531c44854b4b2b6260:
//	                                             u64 incarnation | u64 sequence | SHA-256 of the last frame that was
//	                                             removed from outbox in a fleet (9)
//	            pending                          01 0100 0200: u16 count | numbers of the nodes whose offer a hub
//	                                             misses that was restored (9)
//	            root_chain                       01 0100 0500 612e622e63: statements by which roots of trust
//	                                             bundles name the next one (7)
//	            upgrade                          01 | u8 stage | the last key that is done: while an upgrade to
//	                                             schema 4, 7 or 8 goes on; until then, customers and tombstones
//	                                             have either form (4), revoked lacks entries (7), and so does
//	                                             hashes (8)
//	            issued                           01: log-ins have begun here; absent before the first (4)
//	            longest                          01 8051010000000000: longest life of an access token ever,
//	                                             s; absent before the first
//	            longest_refresh                  01 80f4030000000000: the same of a refresh token (2)
//	            longest_foreign                  01 008d270000000000:
//	                                             the longest that a token had left to live when it
//	                                             was shown here, s (3)
//	            gap                              01 00a8da769b010000 8092df769b010000: i64 after, ms |
//	                                             i64 until, ms: log-ins that began between them have ended, since
//	                                             the store was restored with its log-ins alive (5)
//	            purge_clock                      01 0040204648470600: µs; absent where no clock was plausible yet (3)
//	            sessions                         01 0200000000000000: how many there are (2)
//	            logins                           01 0100000000000000: how many are listed (10)
//	            folds                            01 0600 31352e302e30:
//	                                             version of Unicode whose case folding the bucket
//	                                             folded has (2)
//	customers   8000000000000007                 02 | u64 version | u8 flags (1 active, 2 staff, 4 superuser, 8 the
//	                                             hash was renewed here) | stamps | made | stamps of e-mail, first
//	                                             name, last name, active, staff, superuser, password, attributes,
//	                                             joined |
//	                                             i64 joined, µs | e-mail | first name | last name | u32 length,
//	                                             attributes in JSON | password hash | revoke claim |
//	                                             u16 count | its own permissions | u16 count | groups: each is name |
//	                                             u8 has | stamp | making of the group, which is its number: a later
//	                                             group of the name is another, and no membership
//	                                             02 0500000000000000 09 0300
//	                                             01000000 0040204648470600 0000 01000000 0440204648470600 0000
//	                                             01000000 0340204648470600 0000
//	                                             0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0040204648470600
//	                                             0f00 416461406578616d706c652e636f6d 0300 416461 0000 00000000
//	                                             3e00 70626b6466325f7368613235362431247324686c615a76782b66515542376e
//	                                             734f586374677076794a3469784d6d564f6453664e62532b366e4833776b3d
//	                                             2000 3930333345304533303546323437433043334338304430433738343843384233
//	                                             0100 0300 632e64 01 0100 ffff
//	                                             0100 0700 656469746f7273 01 0100 0200
//	emails      416461406578616d706c652e636f6d   01 8000000000000007: the key of the customer
//	last_login  8000000000000007                 02 01000000 0040204648470600 0000 0040204648470600:
//	                                             making of the customer | i64 at, µs. Apart,
//	                                             so that a log-in neither writes the customer nor conflicts
//	                                             01 0040204648470600: of a customer of schemas 1 to 3
//	cutoffs     8000000000000007                 01 00a8da769b010000: ms; kept while a customer holds the id
//	            8000000000000008                 02 00a8da769b010000 11c7556900000000: i64 at, ms | i64 until, s
//	            0065 c1ab2e558c55746cd739524ff4165e7012a9d55f8c3eeb60a81b8d1277d0a31c
//	            00, e, SHA-256 of the e-mail address: no id has such a key
//	                                             02 00a8da769b010000 11c7556900000000
//	families    0000 01 8000000000000007 0000000000000005 0000019b76daa800
//	            issuer, kind and id of the customer, bits, start in ms unless the record is about every start (5);
//	            texts have 2 bytes of length before them
//	                                             02 0300000000000000 01 64b9556900000000 00a8da769b010000
//	                                             u64 version | u8 dead | i64 until, s | i64 start, ms
//	                                             01 0300000000000000 01 64b9556900000000:
//	                                             the same where the start is not known; all were so before (3)
//	                                             04 0400000000000000 00 64b9556900000000 00a8da769b010000 02000000
//	                                             0040204648470600 100e000000000000 8051010000000000 0200 6b31
//	                                             a700000000000000 0100000000000000 0100000000000000 0300: where a
//	                                             refresh token was exchanged: … | u32 generation | i64 issued, µs |
//	                                             i64 life of the access token, s | of the refresh token, s | kid |
//	                                             u64 incarnation | u64 sequence of the commit (4) | i64 for how long
//	                                             the store had been open in all, µs | u16 home: number of the node
//	                                             that exchanged it; version 3 has neither (5)
//	tombstones  8000000000000008                 02 01000000 0240204648470600 0000 11c7556900000000: stamp of the
//	                                             latest removal | i64 until, s
//	            0067 283bb9deef02e6843abfb538efa1eca70801bd8a701c3f98191e123496339247
//	            00, g, SHA-256 of a group's name: the same of a group (4)
//	                                             02 01000000 0640204648470600 0000 003e386b00000000
//	expiry      800000006955b964 66 0000 01 8000000000000007 0000000000000005 0000019b76daa800
//	            until, s; f for a family, c for a cut-off, t for a tombstone; its key
//	                                             01
//	folded      616461406578616d706c652e636f6d 00 416461406578616d706c652e636f6d
//	            an e-mail address without regard to case, 00, the address, where the two differ
//	                                             01
//	groups      656469746f7273                   02 0100 01000000 0340204648470600 0000
//	                                             0000 0100 0300 612e62 01 0000 ffff:
//	                                             stamps | made | u16 count | permissions as in customers
//	sessions    0000000000000000000000000000000000000000000000000000000000000009
//	            SHA-256 of the secret of the cookie
//	                                             01 01a8da769b010000 00e4b31c49470600 8000000000000007: i64 started,
//	                                             ms | i64 expires, µs | key of the customer
//	            000000000000000000000000000000000000000000000000000000000000000a
//	                                             02 01a8da769b010000 00e4b31c49470600 00a8da769b010000
//	                                             0600 6375726c2f38 0c00 3139322e302e322e302f3234 8000000000000007:
//	                                             where log-ins are listed: i64 started, ms | i64 expires, µs |
//	                                             i64 used, ms | user agent | address | key of the customer (10)
//	customer_sessions
//	            0008 8000000000000007 8000019b76da
//	                                             a801 0000000000000000000000000000000000000000000000000000000000000009
//	            0008 8000000000000007 8000019b76da
//	                                             a801 000000000000000000000000000000000000000000000000000000000000000a
//	            length and key of the customer, started, id: a customer's lie together, the oldest first
//	                                             01
//	session_expiry
//	            800647491cb3e400 0000000000000000000000000000000000000000000000000000000000000009
//	            800647491cb3e400 000000000000000000000000000000000000000000000000000000000000000a: expires, id
//	                                             01
//	parked      0008 8000000000000007 01000000c00f8b46484706000300
//	            length and key of the id, making of a customer who does not hold it, or of whom only a part is known
//	                                             as in customers:
//	                                             02 0300000000000000 00 0100 01000000 c00f8b4648470600 0300
//	                                             0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0040204648470600
//	                                             0300 657665 0000 0000 00000000 0000 0000 0000 0000
//	contested   416461406578616d706c652e636f6d 00 8000000000000009
//	            an e-mail address, 00, the key of a customer who has it too: emails names another
//	                                             01
//	outbox      03ad222d00400000 0000000000000001: incarnation, sequence
//	                                             a frame: see fact.Frame
//	                                             01 0000 000040002d22ad03 0100000000000000
//	                                             0000000000000000000000000000000000000000000000000000000000000000
//	                                             0040204648470600 01000000
//	                                             09 01 18000000 8051010000000000 0000000000000000 0000000000000000
//	                                             0000
//	heads       0003 00000000000000a7: node, incarnation
//	                                             01 0100000000000000
//	                                             5eee9bc0d2adfd91972baeffaf54cb90cdb46ec6b0d9d019dfbf185cfdac604e:
//	                                             u64 sequence of the last frame that was applied | its hash
//	waiting     0003 00000000000000a7 0000000000000003
//	            af6d51c20ab651fb1972ed19e714f7f7595f02911f61427f8582dba16752b587
//	            node, incarnation, sequence, SHA-256 of the frame
//	                                             a frame that came before those that it follows:
//	                                             01 0300 a700000000000000 0300000000000000
//	                                             0000000000000000000000000000000000000000000000000000000000000000
//	                                             0040204648470600 01000000
//	                                             09 01 18000000 100e000000000000 0000000000000000 0000000000000000
//	                                             0000
//	quarantine  9b298f97317c383154272635ca640b7afac36ebc3afc311953fabbc2322a5742
//	            SHA-256 of what a newer program wrote
//	                                             a fact, quarantine:
//	                                             4d 01 1f000000 0300 a700000000000000 0100000000000000 00 00
//	                                             07000000 3f010100000005
//	keys        6b31                             i64 retired, s; 0: it was not | a fact, key, of all that is known
//	                                             of it (6)
//	                                             01 00b9556900000000
//	                                             0a 01 5b000000 0200 6b31 01000000 0740204648470600 0000
//	                                             01000000 0740204648470600 0000 0500 4553323536 02000000 3059
//	                                             0900 67656e657261746564 00b9556900000000 0000 01
//	                                             00b9556900000000 00b9556900000000 8051010000000000
//	sealed      6b31                             01 0102: the private part as the caller sealed it (6)
//	revoked     800000006955b900 66 0000 01 8000000000000007 0000000000000005 0000019b76daa800
//	            800000006955b900 63 8000000000000007
//	            800000006955b900 63 8000000000000008
//	            800000006955b900 63 0065 c1ab2e558c55746cd739524ff4165e7012a9d55f8c3eeb60a81b8d1277d0a31c
//	            when it was revoked, s; f for a family, c for a cut-off; its key (7)
//	                                             01
//	hashes      70626b6466325f736861323536243124
//	            30303030303030303030303030303030303030303030 24
//	            41414141414141414141414141414141414141414141
//	            4141414141414141414141414141414141414141413d
//	            a hash that no password has      01 0100000000000000: u64 how many customers have a hash that costs as
//	                                             much to check (8)
//	imports     8000000000000007                 01 0900000000000000 37 700e5f51e8 99a563ab2f e3b0c44298 b5bea41b6c
//	                                             fcbcf16590 fcbcf16590 218259db63 6d99048131 e3b0c44298 713ff6c49e
//	                                             1a24ab4f1b 7b7d:
//	                                             u64 import | u8 length, digests of what it said of the customer:
//	                                             5 bytes of the SHA-256 of each member, none where the customer was
//	                                             removed since | JSON that it left for exports (8)
//	            0067 1a24ab4f1b6700fe07df20e9834afda3965271b47caa3dfeef1acad1b40fac60
//	            00, g, SHA-256 of a group's name: the same of a group
//	                                             01 0900000000000000 05 2e7336dc8e
//	            00, e, SHA-256 of an e-mail address: key of the customer whom an import brought under it, once it has
//	            another address or is removed
//	origin      6f726967696e                     01 02000000 7b7d: JSON that SetOrigin left (8)
//	members     0002                             a fact, member, of all that is known of it: u16 number (9)
//	                                             0b 01 4f000000 0200 01000000 0140204648470600 0100 0400 6c796f6e
//	                                             0200000000000000000000000000000000000000000000000000000000000000
//	                                             0040204648470600 0000000000000000 0000000000000000 00
//	leases      0002                             01 a700000000000000: u64 the highest incarnation that registered (9)
//	invitations 0500000000000000000000000000000000000000000000000000000000000000
//	            SHA-256 of the secret
//	                                             a fact, invitation (9)
//	                                             5a 01 30000000
//	                                             0500000000000000000000000000000000000000000000000000000000000000
//	                                             0400 6c796f6e 00c7b34948470600 0000
//	logins      0008 8000000000000007 0000019b76daa802 0000000000000006
//	            length and key of the customer, start of the family in ms, its bits: a customer's lie together, the
//	            oldest first
//	                                             01 00a8da769b010000 800a576900000000
//	                                             0600 6375726c2f38 0c00 3139322e302e322e302f3234:
//	                                             i64 used, ms | i64 until, s | user agent | address (10)
//	login_expiry
//	            8000000069570a80 0008 8000000000000007 0000019b76daa802 0000000000000006: until, key in logins
//	                                             01
//
// An integer in a key has its sign bit flipped, so that keys sort as numbers. E-mail addresses are compared by their
// code points, unless a log-in asks to ignore case.
//
// # Facts
//
// A fact is u8 kind | u8 version | u32 length | payload, so that a program can keep and pass on facts that it cannot
// read. Most facts have a stamp, by which all nodes choose the same of two facts about one thing.
//
// The table names each fact, the lane by which it travels between the nodes of a fleet, and who may write it: each
// node for itself, the hub, the home of the family, or anyone. Then come the layout of the payload, how the fact
// joins what the store knows (it may come twice, late, or after a fact that says more), the calls that make it, and a
// sample. In a payload, an id is u8 1 | i64, or u8 2 | text. A family is issuer | id, or 0 for none | u64 bits. A
// text has its length before it in 2 bytes, a byte string in 4, and a list its count in 2.
//
//	customer         down, hub
//	                 id | made | stamp | u16 fields, a bit each in the order of the stamps in customers |
//	                 those fields | granted | withdrawn | groups entered, each with its number | groups left
//	                 join: of each field, permission and membership the latest stamp counts; of two that make
//	                   one id, the first
//	                 from: Add, AddAll, Import, Set, SetActive, SetPassword, ChangeRights
//	                 01 01 5d000000 01 0700000000000000 00000000 0040204648470600 0100 02000000
//	                 0140204648470600 0300 0900 0f00 616461406578616d706c652e636f6d 01 0100 0300 612e62 0000
//	                 0100 0700 656469746f7273 00000000 0100000000000000 0000 0000
//	remove_customer  down, hub
//	                 id | stamp | i64 until, s
//	                 join: the latest stamp counts, and ends all who were made before; the latest end
//	                 from: Remove
//	                 02 01 1f000000 01 0700000000000000 02000000 0140204648470600 0300 00b9556900000000
//	last_login       up, anyone
//	                 id | made | i64 at, µs
//	                 join: the latest of the customer who was made last
//	                 from: Settle, StartSession, Add, AddAll, Import
//	                 03 01 1f000000 01 0700000000000000 00000000 0040204648470600 0100 0040204648470600
//	cut_off          down, hub
//	                 id, or 00 | SHA-256 of an e-mail address; i64 at, ms | i64 until, s; 0: while it is held
//	                 join: the latest of each
//	                 from: Settle, Set, SetActive, SetPassword, Import, Revoke, Remove; Add, for an address
//	                   that has one
//	                 04 01 19000000 01 0700000000000000 00a8da769b010000 0000000000000000
//	revoke_family    up and down, anyone
//	                 family | i64 start, ms | i64 until, s; version 2: the start is part of the name
//	                 join: dead for good; the latest end; the latest start, or none if that of one is not known
//	                 from: Settle
//	                 05 02 23000000 0000 01 0700000000000000 0500000000000000 00a8da769b010000
//	                 00b9556900000000
//	advance_family   up, home
//	                 family | i64 start, ms | i64 until, s | u32 generation | i64 issued at, µs | i64 life of
//	                 the access token, s | i64 life of the refresh token, s | kid | u64 incarnation | u64
//	                 sequence; version 2: … | u8 the start is part of the name | u16 home
//	                 join: the highest generation, and of that the latest commit; start and end as above
//	                 from: Settle
//	                 06 02 56000000 0000 01 0700000000000000 0500000000000000 00a8da769b010000
//	                 00b9556900000000 02000000 0040204648470600 100e000000000000 8051010000000000 0200 6b31
//	                 a700000000000000 0c00000000000000 01 0300
//	group            down, hub
//	                 name | made | stamp | granted | withdrawn
//	                 join: of two that make one name, the last; of each permission the latest stamp
//	                 from: AddGroup, PutGroup, ChangeGroup, Add, AddAll, ImportGroups
//	                 07 01 33000000 0700 656469746f7273 00000000 0040204648470600 0100 00000000
//	                 0040204648470600 0100 0200 0300 612e62 0300 612e63 0000
//	remove_group     down, hub
//	                 name | stamp | i64 until, s
//	                 join: as remove_customer
//	                 from: RemoveGroup
//	                 08 01 1f000000 0700 656469746f7273 02000000 0140204648470600 0300 00b9556900000000
//	lifetimes        up, anyone
//	                 i64 access, s | i64 refresh, s | i64 foreign, s
//	                 join: the longest of each
//	                 from: RaiseLifetimes, RaiseForToken
//	                 09 01 18000000 100e000000000000 8051010000000000 0000000000000000
//	key              down, hub
//	                 kid | made | stamp | alg | u32 length, public key (DER; none: symmetric) | origin |
//	                 i64 added, s | u16 node | u8 flags (1 checks tokens without a kid, 2 refresh tokens
//	                 alone, 4 ended for good, whatever a clock says) | i64 signs from, s |
//	                 i64 ends, s | i64 longest life of its tokens, s
//	                 join: of two that make one kid, the last; then the latest stamp, the longest life, and the
//	                   earliest end that had come by its stamp: such a retirement is for good, as is flag 4
//	                 from: UpdateKeys
//	                 0a 01 5b000000 0200 6b31 00000000 0040204648470600 0100 02000000 0140204648470600 0300
//	                 0500 4553323536 02000000 3059 0900 67656e657261746564 00b9556900000000 0100 01
//	                 00b9556900000000 00b9556900000000 8051010000000000
//	member           down, hub
//	                 u16 number | stamp | name | 32 bytes link key | i64 joined, µs | i64 withdrawn, µs; 0: it
//	                 was not | i64 cut-off of its families, ms | u8 its families are at home at the hub
//	                 join: the latest stamp; withdrawn and at the hub for good; the latest cut-off
//	                 from: Found, Redeem, UpdateMembers, Leave
//	                 0b 01 4f000000 0300 02000000 0140204648470600 0300 0400 6c796f6e
//	                 09000000000000000000000000000000000000000000000000000000000000ee
//	                 0040204648470600 0040204648470600 00a8da769b010000 01
//	login            up, anyone
//	                 id | u64 bits | i64 start, ms | i64 until, s | i64 used, ms | user agent | address
//	                 join: the latest use and the latest end, unless the log-in is known to have ended, or the
//	                   customer is not known; beyond the bounds others are listed no longer
//	                 from: SettleLogin, FlushUses
//	                 0c 01 3f000000 01 0700000000000000 0500000000000000 00a8da769b010000 00b9556900000000
//	                 01a8da769b010000 0600 6375726c2f38 0c00 3139322e302e322e302f3234
//	rehash           local, self
//	                 id | made | stamp of the password | hash
//	                 join: the last, while the password is the one that was hashed
//	                 from: Rehash
//	                 40 01 28000000 01 0700000000000000 00000000 0040204648470600 0100 00000000
//	                 0040204648470600 0100 0100 21
//	session          local, self
//	                 32 bytes id | id of the customer | i64 started, ms | i64 expires, µs; version 2: … |
//	                 i64 used, ms | user agent | address
//	                 join: one that replaces another of its id began later; of one the latest use
//	                 from: StartSession, FlushUses
//	                 41 02 57000000 09000000000000000000000000000000000000000000000000000000000000ee 01
//	                 0700000000000000 00a8da769b010000 0040204648470600
//	                 01a8da769b010000 0600 6375726c2f38 0c00 3139322e302e322e302f3234
//	end_session      local, self
//	                 32 bytes id | i64 started, ms
//	                 join: ends the session that began then or before
//	                 from: StartSession, EndSession, Purge
//	                 42 01 28000000 09000000000000000000000000000000000000000000000000000000000000ee
//	                 00a8da769b010000
//	reserve_start    local, self
//	                 i64 at, ms
//	                 join: the highest
//	                 from: Settle, StartSession
//	                 43 01 08000000 00a8da769b010000
//	node_cut_off     local, self
//	                 i64 at, ms
//	                 join: the latest
//	                 from: RevokeAll, Settle, Restore
//	                 44 01 08000000 00a8da769b010000
//	keep_cut_off     local, self
//	                 subject as in cut_off | i64 until, s
//	                 join: the latest end, if there is such a cut-off
//	                 from: KeepCutOff, Purge
//	                 45 01 29000000 00 b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72
//	                 00b9556900000000
//	forget           local, self
//	                 u8 f, c or t as in expiry, r for an entry of revoked, l for a listed log-in | u32 length,
//	                 key | i64 until, s
//	                 join: only if the record still ends then
//	                 from: Purge; Settle, for families that a cut-off covers
//	                 46 01 15000000 63 08000000 8000000000000007 00b9556900000000
//	clock            local, self
//	                 i64 at, µs
//	                 join: the last
//	                 from: AcceptClock
//	                 47 01 08000000 0040204648470600
//	node             local, self
//	                 u16 number | u64 incarnation | u32 epoch; version 2: … | i64 mark of homes, ms
//	                 join: the last
//	                 from: the first commit after Open; Found, Enter, Leave, Restore
//	                 48 01 0e000000 0100 a700000000000000 00000000
//	purge_clock      local, self
//	                 i64 at, µs
//	                 join: every commit keeps the clock; this is one for an idle node
//	                 from: Purge
//	                 49 01 08000000 0040204648470600
//	trim             local, self
//	                 u64 incarnation | u64 sequence | u32 frames
//	                 join: removes the frames up to there
//	                 from: Acknowledge
//	                 4a 01 14000000 a700000000000000 0c00000000000000 03000000
//	head             local, self
//	                 u16 node | u64 incarnation | u64 sequence | 32 bytes hash
//	                 join: the latest frame of an incarnation
//	                 from: Apply, Accept
//	                 4b 01 32000000 0100 a700000000000000 0c00000000000000
//	                 09000000000000000000000000000000000000000000000000000000000000ee
//	wait             local, self
//	                 u32 length, frame
//	                 join: the first of a position
//	                 from: Apply, Accept
//	                 4c 01 06000000 02000000 0102
//	quarantine       local, self
//	                 u16 node | u64 incarnation | u64 sequence | u8 judge | u8 is a frame |
//	                 u32 length, what cannot be applied
//	                 join: kept under its SHA-256
//	                 from: Apply, Accept
//	                 4d 01 1a000000 0300 0700000000000000 0200000000000000 01 00 02000000 0102
//	release          local, self
//	                 32 bytes SHA-256
//	                 join: removes what was kept under it
//	                 from: Open
//	                 4e 01 20000000 09000000000000000000000000000000000000000000000000000000000000ee
//	followed         local, self
//	                 u32 length, position
//	                 join: the last
//	                 from: Apply, Accept
//	                 4f 01 06000000 02000000 a70c
//	gap              local, self
//	                 i64 after, ms | i64 until, ms
//	                 join: the last
//	                 from: Restore
//	                 50 01 10000000 00a8da769b010000 01a8da769b010000
//	seal_key         local, self
//	                 kid | u32 length, private part as the caller sealed it
//	                 join: the last, while the key is known
//	                 from: UpdateKeys, Reseal, Restore
//	                 51 01 0a000000 0200 6b31 02000000 0102
//	unseal_key       local, self
//	                 kid
//	                 join: drops the private part
//	                 from: UpdateKeys, Purge
//	                 52 01 04000000 0200 6b31
//	forget_key       local, self
//	                 kid | made
//	                 join: only the key that was made then, with its private part
//	                 from: Purge
//	                 53 01 12000000 0200 6b31 00000000 0040204648470600 0100
//	reserve_epoch    local, self
//	                 i64 at, ms
//	                 join: the highest
//	                 from: ReserveEpochs, Restore
//	                 54 01 08000000 00a8da769b010000
//	root_chain       local, self
//	                 u16 count | texts
//	                 join: the last
//	                 from: UpdateRoots
//	                 55 01 09000000 0100 0500 612e622e63
//	imported         local, self
//	                 u32 length, key | u32 length, digests | u64 import | u32 length, JSON
//	                 join: the last
//	                 from: Import, ImportGroups
//	                 56 01 26000000 02000000 8007 02000000 0102 0900000000000000 0e000000
//	                 7b2267726f757073223a5b375d7d
//	origin           local, self
//	                 u32 length, JSON
//	                 join: the last
//	                 from: SetOrigin
//	                 57 01 06000000 02000000 7b7d
//	membership       local, self
//	                 u8 role (0 alone, 1 hub, 2 edge) | fleet | 16 bytes id of the fleet | 32 bytes link key of
//	                 the hub | u16 count | addresses of the hub
//	                 join: the last
//	                 from: Found, Enter, Leave
//	                 58 01 43000000 02 0400 73686f70 090000000000000000000000000000ee
//	                 09000000000000000000000000000000000000000000000000000000000000ee
//	                 0100 0800 6875623a37343231
//	lease            local, self
//	                 u16 number | u64 incarnation
//	                 join: the highest
//	                 from: Register
//	                 59 01 0a000000 0300 a700000000000000
//	invitation       local, self
//	                 32 bytes SHA-256 of its secret | name | i64 until, µs | u16 member that has used it
//	                 join: the first that was used
//	                 from: Invite, Redeem
//	                 5a 01 30000000 09000000000000000000000000000000000000000000000000000000000000ee
//	                 0400 6c796f6e 0040204648470600 0300
//	forget_invitation local, self
//	                 32 bytes SHA-256 of its secret
//	                 join: removes it
//	                 from: Invite, Restore
//	                 5b 01 20000000 09000000000000000000000000000000000000000000000000000000000000ee
//	pending          local, self
//	                 list of u16 numbers
//	                 join: replaces the list of nodes whose offer is missing
//	                 from: Restore, Offered
//	                 5c 01 06000000 0200 0200 0300
//
// Limits: ids, e-mail addresses, names and password hashes have at most 1024 bytes, attributes 64 KiB, what a
// customer or a group may do 64 KiB, a customer 64 sessions and 1,000 listed log-ins; there are at most 10,000 groups.
// At most 512 requests queue; others block until there is room. The file is mapped into memory, so the system keeps or
// drops its pages. Only one process at a time has the file open. Copying it is safe only while none has; Backup is safe
// at any time.
package store
