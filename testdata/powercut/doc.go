// Package powercut holds tests of what is left when the power of a node's machine fails at any moment, and when a
// sync fails: nothing that the node acknowledged is lost (R9).
//
// Clients work with a node while all that bbolt writes and syncs is recorded, and keep a ledger of what they were
// answered. Then the record is cut at random places. Of a cut, the file is rebuilt as a disk may have it: what was
// synced is there; of what was not, each sector of 512 bytes may be there or not, in any combination, and now and
// then one is torn in itself. A store that is opened on it must be sound and have all that the ledger had at that
// moment. So must the outbox be, and the position up to which the store follows another node: one client applies that
// node's frames. Another one adds keys and seals all private parts anew: they are all the old ones or all the new
// ones. Refresh tokens are spent by several requests at once, in families of ours and in Django's: no generation is
// advanced twice (R1), and what a token was spent for stays so. A log-in is in its customer's list until its end.
//
// The node is that of host/node, in the process of the test, over a store whose bbolt package faultdisk records; a
// sync takes as long as on a disk, so that commits are shared and read while they are under way. In a second test
// syncs fail now and then: what was written before one may be on the disk or not, for ever, as Linux has it. The
// record is checked against the file, so that nothing is written past it. Not modelled: a disk that loses what it
// said it had synced, the directory's entry of the file, and a compaction.
//
// A run has 200 cuts. By hand there are 2,000:
//
//	POWERCUT_FULL=1 go test -count=1 -v ./testdata/powercut
package powercut
