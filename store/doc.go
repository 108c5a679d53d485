// Package store keeps what a node must remember: customers, revoked families, cut-offs. It is one bbolt file.
//
// Its types: DB, opened by Open; Customer; Query for Load, which reads all that one request needs in one transaction; and
// core.Effects, which Settle makes durable. Load, decide, Settle is one request; ErrConflict means to begin again. The other
// methods are those of administration. Check says what is wrong with a file that nobody has open.
//
// The one rule: what is acknowledged is on the disk. All writes go through one goroutine; those that wait while it commits share
// the next commit, and a precondition that fails is the answer to one of them and no matter of the others. Before it commits
// again it waits for those whom it has just answered, for half as long as that commit took and 5 ms at most, since clients who
// come back at once would take turns otherwise; a client alone waits for nobody. After a commit that failed nobody knows what
// the disk has: the DB answers ErrUnavailable, takes the commit back, opens its file anew by itself, and then answers again. A
// caller who got ErrUnavailable repeats the request.
//
// Cut-offs (R3-R5). A family is dead if it began at or before the cut-off of the node, of its customer, or of the tombstone of a
// customer who was removed, be it the id's or the e-mail address's. A cut-off is never lowered; it is set to the latest of its
// old value, now, and the latest start that Settle granted, so that a clock that was set back saves no family. No start is granted
// above the high-water mark, which is durable: a new process takes all up to it for granted.
//
// # Layout
//
// The schema has version 1. Integers in keys are big-endian, in values little-endian; a text in a value has its length before it
// (2 bytes). The first byte of each value is its version, 1; what a later version wrote is an error and never lost. The buckets
// of a store with integer ids (those of a text id are its UTF-8 bytes), with one sample each:
//
//	meta        schema                           01 0100000000000000
//	            identity                         01 | 16 random bytes | u8 kind of ids (1 integers, 2 texts)
//	            tally                            01 | i64 last commit, µs | u64 last version | i64 high-water mark, ms |
//	                                             i64 cut-off of the node, ms | i64 highest integer id | u64 customers | u64 families | u64 tombstones
//	            longest                          01 8051010000000000: longest life of an access token ever, s; absent before the first
//	customers   8000000000000007                 01 | u64 version | u8 flags (1 active, 2 staff, 4 superuser) | i64 joined, µs |
//	                                             e-mail | first name | last name | u32 length, attributes in JSON | password hash | revoke claim
//	                                             01 0100000000000000 01 0040204648470600
//	                                             0f00 616461406578616d706c652e636f6d 0300 416461 0000 00000000 0100 21
//	                                             2000 3930333345304533303546323437433043334338304430433738343843384233
//	emails      616461406578616d706c652e636f6d   01 8000000000000007: the key of the customer
//	last_login  8000000000000007                 01 0040204648470600: µs. Apart, so that a log-in neither writes the customer nor conflicts
//	cutoffs     8000000000000007                 01 00a8da769b010000: ms
//	families    0000 01 8000000000000007 0000000000000005
//	            issuer, kind and id of the customer, bits; texts have 2 bytes of length before them
//	                                             01 0300000000000000 01 64b9556900000000: u64 version | u8 dead | i64 until, s
//	tombstones  8000000000000008                 01 00a8da769b010000 11c7556900000000: cut-off, ms | until, s
//	            0065 c1ab2e558c55746cd739524ff4165e7012a9d55f8c3eeb60a81b8d1277d0a31c
//	            00, e, SHA-256 of the e-mail address: no id has such a key
//	                                             01 00a8da769b010000 11c7556900000000
//	expiry      800000006955b964 66 0000 01 8000000000000007 0000000000000005
//	            until, s; f for a family or t for a tombstone; its key
//	                                             01
//
// An integer in a key has its sign bit turned over, so that keys sort as numbers. E-mail addresses are compared as the code
// points they are.
//
// Limits: ids, e-mail addresses, names and password hashes have at most 1024 bytes, attributes 64 KiB; 512 requests wait at
// most, others wait to be taken. The file is mapped into memory, so its pages are the system's to keep or drop. A file is one
// process's at a time, and copying it is safe only while none has it open.
package store
