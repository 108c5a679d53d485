package fact

import (
	"crypto/sha256"
	"fmt"

	"github.com/edgetoken/edgetoken/core/codec"
)

// Role says what a node is in a fleet.
type Role uint8

const (
	AloneRole Role = iota // a single node, in no fleet
	HubRole               // the hub, which orders what all write
	EdgeRole              // a node that follows the hub
)

// String is "alone", "hub" or "edge".
func (r Role) String() string {
	if r > EdgeRole {
		return fmt.Sprintf("role %d", uint8(r))
	}
	return [...]string{"alone", "hub", "edge"}[r]
}

// HubNumber is the number of the hub of a fleet. Edges have the numbers from 2 on.
const HubNumber = 1

// Membership says what this node is in which fleet. That of a single node is zero.
type Membership struct {
	Role   Role
	Fleet  string   // name of the fleet
	ID     [16]byte // of the fleet, random
	HubKey [32]byte // link key of the hub: an Ed25519 public key
	// Addresses are those of the hub, in the order in which they are tried: host:port of fleet.listen, and
	// nats://host:port of its NATS server.
	Addresses []string
}

// Member is a node of the fleet: the hub, which is number 1, or an edge.
type Member struct {
	Number uint16 // 1 to MaxNumber; it is given once
	Stamp  Stamp
	Name   string
	Key    [32]byte // link key: an Ed25519 public key
	Joined int64    // Unix microseconds
	// Withdrawn is when the node was withdrawn, for good, in Unix microseconds; 0: it was not.
	Withdrawn int64
	// CutOff ends the families that have the number in their bits and began at or before it, in Unix milliseconds; 0:
	// none. It never goes down.
	CutOff int64
	// AtHub says that the hub is the home of the node's families from now on, for good.
	AtHub bool
}

// Lease is the highest incarnation of a node that has registered with the hub: earlier ones advance no family.
type Lease struct {
	Number      uint16
	Incarnation uint64
}

// Invitation lets one node join the fleet. It is kept until it ends, so that the node that has used it gets the same
// answer again.
type Invitation struct {
	Digest [sha256.Size]byte // SHA-256 of its secret
	Name   string            // of the node that it is for; "": the node says
	Until  int64             // Unix microseconds
	Number uint16            // of the member that has used it; 0: none has
}

// ForgetInvitation removes an invitation.
type ForgetInvitation struct{ Digest [sha256.Size]byte }

func (Membership) Kind() Kind       { return MembershipKind }
func (Member) Kind() Kind           { return MemberKind }
func (Lease) Kind() Kind            { return LeaseKind }
func (Invitation) Kind() Kind       { return InvitationKind }
func (ForgetInvitation) Kind() Kind { return ForgetInvitationKind }

// MaxAddresses bounds Membership.Addresses.
const MaxAddresses = 16

// u8 role | fleet | 16 bytes id | 32 bytes hub key | u16 count | addresses
func (f Membership) appendTo(b []byte) []byte {
	b = append(codec.Text(append(b, byte(f.Role)), f.Fleet), f.ID[:]...)
	return codec.Texts(append(b, f.HubKey[:]...), f.Addresses)
}

func readMembership(r *reader) Fact {
	f := Membership{Role: Role(r.U8()), Fleet: r.text()}
	copy(f.ID[:], r.Take(len(f.ID)))
	f.HubKey = r.digest()
	for n := r.U16(); n > 0 && !r.Bad; n-- {
		f.Addresses = append(f.Addresses, r.name())
	}
	r.require(f.Role <= EdgeRole && len(f.Addresses) <= MaxAddresses)
	r.require((f.Role == AloneRole) == (f.Fleet == ""))
	r.require(f.Role != AloneRole || f.ID == [16]byte{} && f.HubKey == [32]byte{} && f.Addresses == nil)
	return f
}

// u16 number | stamp | name | 32 bytes key | i64 joined, µs | i64 withdrawn, µs | i64 cut-off, ms | u8 at the hub
func (f Member) appendTo(b []byte) []byte {
	b = codec.Text(f.Stamp.Append(codec.U16(b, f.Number)), f.Name)
	b = codec.I64(codec.I64(append(b, f.Key[:]...), f.Joined), f.Withdrawn)
	return codec.Bool(codec.I64(b, f.CutOff), f.AtHub)
}

func readMember(r *reader) Fact {
	f := Member{Number: r.number(), Stamp: r.stamp(), Name: r.name(), Key: r.digest(), Joined: r.moment(),
		Withdrawn: r.moment(), CutOff: r.start(), AtHub: r.Bool()}
	r.require(f.Withdrawn >= 0)
	return f
}

// u16 number | u64 incarnation
func (f Lease) appendTo(b []byte) []byte { return codec.U64(codec.U16(b, f.Number), f.Incarnation) }

func readLease(r *reader) Fact { return Lease{Number: r.number(), Incarnation: r.U64()} }

// 32 bytes digest | name | i64 until, µs | u16 number
func (f Invitation) appendTo(b []byte) []byte {
	return codec.U16(codec.I64(codec.Text(append(b, f.Digest[:]...), f.Name), f.Until), f.Number)
}

func readInvitation(r *reader) Fact {
	f := Invitation{Digest: r.digest(), Name: r.text(), Until: r.moment(), Number: r.U16()}
	r.require(f.Number <= MaxNumber)
	return f
}

// 32 bytes digest
func (f ForgetInvitation) appendTo(b []byte) []byte { return append(b, f.Digest[:]...) }

func readForgetInvitation(r *reader) Fact { return ForgetInvitation{Digest: r.digest()} }

// number takes the number of a node of a fleet.
func (r *reader) number() uint16 {
	n := r.U16()
	r.require(1 <= n && n <= MaxNumber)
	return n
}

func (f Membership) describe(o *object) {
	o.text("role", f.Role.String())
	if f.Role == AloneRole {
		return
	}
	o.text("fleet", f.Fleet)
	o.hex("id", f.ID[:])
	o.hex("hub_key", f.HubKey[:])
	o.texts("addresses", f.Addresses)
}

func (f Member) describe(o *object) {
	o.number("number", uint64(f.Number))
	o.stamp("stamp", f.Stamp)
	o.text("name", f.Name)
	o.hex("key", f.Key[:])
	o.microseconds("joined", f.Joined)
	if f.Withdrawn != 0 {
		o.microseconds("withdrawn", f.Withdrawn)
	}
	if f.CutOff != 0 {
		o.milliseconds("cut_off", f.CutOff)
	}
	o.bool("at_hub", f.AtHub)
}

func (f Lease) describe(o *object) {
	o.number("number", uint64(f.Number))
	o.incarnation(f.Incarnation)
}

func (f Invitation) describe(o *object) {
	o.secret("digest")
	o.text("name", f.Name)
	o.microseconds("until", f.Until)
	if f.Number != 0 {
		o.number("number", uint64(f.Number))
	}
}

func (f ForgetInvitation) describe(o *object) { o.secret("digest") }
