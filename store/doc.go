// Package store keeps what a node must remember: customers, groups, sessions, revoked families, cut-offs. It is one
// bbolt file.
//
// Its types: DB, opened by Open; Customer; Query for Load, which reads all that one request needs in one transaction;
// and core.Effects, which Settle makes durable. Load, decide, Settle is one request; ErrConflict means to begin
// again. Sessions are log-ins in browsers, which StartSession, LoadSession and EndSession look after. The other
// methods are those of administration. Check says what is wrong with a file that nobody has open.
//
// The one rule: what is acknowledged is on the disk, and so is what an answer rests on. Whoever reads a commit that is
// being synced waits for it.
//
// All writes go through one goroutine. Writes that wait while it commits share the next commit; if a precondition of
// one fails, the others go on. Before it commits again, it waits for the clients that it has just answered, for half as
// long as that commit took and 5 ms at most, since clients who come back at once would otherwise take turns. A lone
// client waits for nobody.
//
// After a failed commit nobody knows what the disk has. The DB then answers ErrUnavailable, takes the commit back,
// opens its file anew by itself, and answers again. A caller who got ErrUnavailable repeats the request.
//
// Every write is a fact: see package fact. A request is resolved into facts within the transaction of a commit: it
// reads, checks what it needs, and may fail. Then the facts are applied, by the only code that changes the file. That
// has no preconditions, so the facts of other nodes are applied as this node's own are.
//
// Cut-offs (R3-R5). A family or session is dead if it began at or before the cut-off of the node, of its customer's id,
// or of its customer's e-mail address. Cut-offs of ids and addresses belong to these, whoever holds them: they outlive
// a customer who is removed, and count for the next one. A cut-off never goes down: it is set to the latest of now, the
// latest start that Settle granted, and just after its old value. So a clock that was set back saves no family. Settle
// grants no start above the high-water mark, which is durable. A new process assumes that all starts up to the mark
// were granted.
//
// The store does not trust clocks. While the wall clock is not plausible (core.CheckClock), nothing begins (ErrClock),
// and cut-offs are set by the latest time that the store knows. Records go by the store's own purge clock, which moves
// on with a monotonic clock while the store is open: see timekeeper.
//
// # Layout
//
// The schema has version 4; Open upgrades a file of versions 1 to 3. Version 1 had neither the buckets below "expiry"
// nor the records that are marked (2), version 2 no record marked (3), version 3 none marked (4).
//
// Integers in keys are big-endian, in values little-endian; a text in a value has its length before it (2 bytes). The
// first byte of each value is its version. Each kind of record has versions of its own; what a later one wrote is an
// error and never lost. A stamp is u32 epoch | i64 logical time, µs | u16 node. A record with several stamps begins
// with a table of them, u16 count | stamps, and then names them by their places in it, u16; ffff: no stamp.
//
// The buckets of a store with integer ids (those of a text id are its UTF-8 bytes), with one sample each:
//
//	meta        schema                           01 0400000000000000
//	            identity                         01 | 16 random bytes | u8 kind of ids (1 integers, 2 texts)
//	            tally                            01 | i64 latest commit under a plausible clock, µs |
//	                                             u64 last version | i64 high-water mark, ms |
//	                                             i64 cut-off of the node, ms | i64 highest integer id |
//	                                             u64 customers |
//	                                             u64 families | u64 tombstones
//	            node                             01 | u16 number | u64 incarnation | u32 epoch (4)
//	            issued                           01: log-ins have begun here; absent before the first (4)
//	            longest                          01 8051010000000000: longest life of an access token ever,
//	                                             s; absent before the first
//	            longest_refresh                  01 80f4030000000000: the same of a refresh token (2)
//	            longest_foreign                  01 008d270000000000:
//	                                             the longest that a token had left to live when it
//	                                             was shown here, s (3)
//	            purge_clock                      01 0040204648470600: µs; absent where no clock was plausible yet (3)
//	            sessions                         01 0100000000000000: how many there are (2)
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
//	                                             02 0400000000000000 01 0300
//	                                             01000000 0040204648470600 0000 01000000 0440204648470600 0000
//	                                             01000000 0340204648470600 0000
//	                                             0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0040204648470600
//	                                             0f00 416461406578616d706c652e636f6d 0300 416461 0000 00000000 0100 21
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
//	families    0000 01 8000000000000007 0000000000000005
//	            issuer, kind and id of the customer, bits; texts have 2 bytes of length before them
//	                                             02 0300000000000000 01 64b9556900000000 00a8da769b010000
//	                                             u64 version | u8 dead | i64 until, s | i64 start, ms
//	                                             01 0300000000000000 01 64b9556900000000:
//	                                             the same where the start is not known; all were so before (3)
//	tombstones  8000000000000008                 02 01000000 0240204648470600 0000 11c7556900000000: stamp of the
//	                                             latest removal | i64 until, s
//	            0067 283bb9deef02e6843abfb538efa1eca70801bd8a701c3f98191e123496339247
//	            00, g, SHA-256 of a group's name: the same of a group (4)
//	                                             02 01000000 0640204648470600 0000 003e386b00000000
//	expiry      800000006955b964 66 0000 01 8000000000000007 0000000000000005
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
//	customer_sessions
//	            0008 8000000000000007 8000019b76da
//	                                             a801 0000000000000000000000000000000000000000000000000000000000000009
//	            length and key of the customer, started, id: a customer's lie together, the oldest first
//	                                             01
//	session_expiry
//	            800647491cb3e400 0000000000000000000000000000000000000000000000000000000000000009: expires, id
//	                                             01
//
// An integer in a key has its sign bit flipped, so that keys sort as numbers. E-mail addresses are compared by their
// code points, unless a log-in asks to ignore case.
//
// Limits: ids, e-mail addresses, names and password hashes have at most 1024 bytes, attributes 64 KiB, what a
// customer or a group may do 64 KiB, a customer 64 sessions; there are at most 10,000 groups. At most 512 requests
// queue; others block until there is room. The file is mapped into memory, so the system keeps or drops its pages. Only
// one process at a time has the file open. Copying it is safe only while none has.
package store
