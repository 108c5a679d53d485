package fact

import (
	"crypto/sha256"

	"github.com/edgetoken/edgetoken/core"
)

// Fact is a value of one of the types below, or an Unread.
type Fact interface {
	Kind() Kind
	appendTo([]byte) []byte // the payload
	describe(*object)       // its members in JSON
}

// Kind names a type of facts. The numbers are those of the encoding and never change.
type Kind uint8

const (
	CustomerKind       Kind = 1
	RemoveCustomerKind Kind = 2
	LastLoginKind      Kind = 3
	CutOffKind         Kind = 4
	RevokeFamilyKind   Kind = 5
	AdvanceFamilyKind  Kind = 6
	GroupKind          Kind = 7
	RemoveGroupKind    Kind = 8
	LifetimesKind      Kind = 9
	KeyKind            Kind = 10
	MemberKind         Kind = 11
	LoginKind          Kind = 12

	// Kinds from 64 on never leave the node.
	RehashKind       Kind = 64
	SessionKind      Kind = 65
	EndSessionKind   Kind = 66
	ReserveStartKind Kind = 67
	NodeCutOffKind   Kind = 68
	KeepCutOffKind   Kind = 69
	ForgetKind       Kind = 70
	ClockKind        Kind = 71
	NodeKind         Kind = 72
	PurgeClockKind   Kind = 73
	TrimKind         Kind = 74
	HeadKind         Kind = 75
	WaitKind         Kind = 76
	QuarantineKind   Kind = 77
	ReleaseKind      Kind = 78
	FollowedKind     Kind = 79
	GapKind          Kind = 80
	SealKeyKind      Kind = 81
	UnsealKeyKind    Kind = 82
	ForgetKeyKind    Kind = 83
	ReserveEpochKind Kind = 84
	RootChainKind    Kind = 85
	ImportedKind     Kind = 86
	OriginKind       Kind = 87

	MembershipKind       Kind = 88
	LeaseKind            Kind = 89
	InvitationKind       Kind = 90
	ForgetInvitationKind Kind = 91
	PendingKind          Kind = 92
)

// Fields says which fields a Customer sets.
type Fields uint16

const (
	Email Fields = 1 << iota
	FirstName
	LastName
	Active
	Staff
	Superuser
	Password // PasswordHash and RevokeClaim
	Attributes
	Joined
	AllFields Fields = 1<<iota - 1
)

// Customer makes or changes a customer: it sets fields, and gives and takes permissions and memberships. The fact that
// makes a customer sets all fields, and its Stamp is Made.
type Customer struct {
	ID    core.CustomerID
	Made  Stamp // of the fact that made the customer, since an id may be used again after a removal
	Stamp Stamp
	Set   Fields

	Email, FirstName, LastName string
	Active, Staff, Superuser   bool
	PasswordHash, RevokeClaim  string
	Attributes                 []byte // a JSON object, or nil
	Joined                     int64  // Unix microseconds

	Granted, Withdrawn []string // permissions, sorted
	Entered            []Entry
	Left               []string // names of groups, sorted
}

// Entry is a group that a customer enters: its name, and its number, which is the stamp of its making.
type Entry struct {
	Group  string
	Number Stamp
}

// RemoveCustomer removes all customers who were made under this id before Stamp.
type RemoveCustomer struct {
	ID    core.CustomerID
	Stamp Stamp
	Until int64 // Unix seconds: how long a store remembers it
}

// LastLogin says when a customer logged in.
type LastLogin struct {
	ID   core.CustomerID
	Made Stamp
	At   int64 // Unix microseconds
}

// Subject is what a cut-off belongs to: the id of a customer, or an e-mail address, whether a customer has it or not;
// zero: everybody.
type Subject struct {
	ID      core.CustomerID // zero: Address
	Address Digest
}

// Everybody reports whether a cut-off of the subject ends all log-ins.
func (s Subject) Everybody() bool { return s == Subject{} }

// Digest is the SHA-256 of an e-mail address, so that no fact keeps the address of a customer who was removed.
type Digest [sha256.Size]byte

// ByID is the subject with a customer's id.
func ByID(id core.CustomerID) Subject { return Subject{ID: id} }

// ByAddress is the subject with an e-mail address.
func ByAddress(email string) Subject { return Subject{Address: sha256.Sum256([]byte(email))} }

// CutOff ends all log-ins of a subject that began at or before At. A store never raises At when it applies the fact.
type CutOff struct {
	Subject Subject
	At      int64 // Unix milliseconds
	// Until is how long a store remembers it once nobody holds the id, in Unix seconds; 0: no end is known yet, since
	// somebody does.
	Until int64
}

// RevokeFamily makes a family dead for good. Until is how long a store remembers it.
type RevokeFamily struct {
	Family core.FamilyKey
	Start  int64 // Unix milliseconds; 0 where it is not known. A name that has a start has this one.
	Until  int64 // Unix seconds
}

// AdvanceFamily says that a refresh token of a family was exchanged for one of the next generation, and has all that is
// needed to write the new tokens again.
type AdvanceFamily struct {
	Family     core.FamilyKey
	Start      int64 // as in RevokeFamily
	Until      int64 // Unix seconds
	Generation uint32
	IssuedAt   int64  // of the new tokens, Unix microseconds
	Access     int64  // life of the new access token, seconds
	Refresh    int64  // life of the new refresh token, seconds
	Key        string // kid of the key that signed them
	// Incarnation and Sequence are the position of the frame in which the home of the family made it. Of two advances
	// to one generation the later one counts.
	Incarnation, Sequence uint64
	Home                  uint16 // number of the node that made it; 0: it never joined a fleet
}

// Group makes a group, or gives it permissions and takes others from it. The fact that makes it has Made as its Stamp.
type Group struct {
	Name               string
	Made               Stamp // the group's number
	Stamp              Stamp
	Granted, Withdrawn []string // sorted
}

// RemoveGroup removes every group of this name that was made before Stamp.
type RemoveGroup struct {
	Name  string
	Stamp Stamp
	Until int64 // Unix seconds: how long a store remembers it
}

// Lifetimes are the longest lives that tokens have had at a node, in seconds: see core.Lifetimes.
type Lifetimes struct{ Access, Refresh, Foreign int64 }

// Rehash replaces the hash of a password by another hash of the same password. It stays on its node, since a stolen
// node must not be able to set passwords.
type Rehash struct {
	ID       core.CustomerID
	Made     Stamp
	Password Stamp // of the password that was hashed again
	Hash     string
}

// Login says that a log-in by tokens got tokens at Used, and who asked for them then. It is for the customer's list of
// log-ins: no decision rests on it.
type Login struct {
	Family         core.FamilyKey // of ours, with its customer and start
	Used           int64          // Unix milliseconds
	Until          int64          // Unix seconds: when the latest of the tokens ends
	Agent, Address string         // at most MaxAgent and MaxAddress bytes
}

// MaxAgent and MaxAddress bound what a list of log-ins has of whoever asked, in bytes.
const (
	MaxAgent   = 256
	MaxAddress = 64
)

// Session is a log-in in a browser.
type Session struct {
	ID       [sha256.Size]byte
	Customer core.CustomerID
	Started  int64 // Unix milliseconds
	Expires  int64 // Unix microseconds
	// Used is when it was used last, in Unix milliseconds, and by whom, as in Login; 0: it is not listed so.
	Used           int64
	Agent, Address string
}

// EndSession ends the session that began at Started or before.
type EndSession struct {
	ID      [sha256.Size]byte
	Started int64 // Unix milliseconds
}

// ReserveStart raises the high-water mark of logical time.
type ReserveStart struct{ At int64 } // Unix milliseconds

// ReserveEpoch raises the high-water mark of the epochs of trust bundles.
type ReserveEpoch struct{ At int64 } // Unix milliseconds

// NodeCutOff ends all log-ins at this node that began at or before At.
type NodeCutOff struct{ At int64 } // Unix milliseconds

// Gap ends all log-ins at this node that began after After and at or before Until.
type Gap struct{ After, Until int64 } // Unix milliseconds

// KeepCutOff has a store remember a cut-off for longer, if it knows one.
type KeepCutOff struct {
	Subject Subject
	Until   int64 // Unix seconds
}

// Record names a kind of record that ends.
type Record uint8

const (
	FamilyRecord  Record = 'f'
	CutOffRecord  Record = 'c'
	RemovalRecord Record = 't' // of a customer or a group
	RevokedRecord Record = 'r' // an entry of the bucket revoked, which has no end
	LoginRecord   Record = 'l' // of a list of log-ins
)

// Forget removes a record that has ended, if it still ends at Until.
type Forget struct {
	Record Record
	Key    []byte // in the bucket of the record
	Until  int64  // Unix seconds
}

// Clock says that the wall clock was right at At: an operator has looked.
type Clock struct{ At int64 } // Unix microseconds

// MaxNumber is the highest number of a node: it has 14 bits.
const MaxNumber = 1<<14 - 1

// Node says who this node is.
type Node struct {
	Number      uint16 // 0: it never joined a fleet
	Incarnation uint64
	Epoch       uint32
	// Homes is the high-water mark of starts at the upgrade to the schema that put the number of a node into the bits
	// of a family, in Unix milliseconds: the bits of families that began no later are all random. 0: there were none.
	Homes int64
}

// PurgeClock has an idle node write its purge clock. Any other commit writes it too.
type PurgeClock struct{ At int64 } // Unix microseconds

// Trim removes frames from the outbox that are kept elsewhere.
type Trim struct {
	UpTo   Position // the last of them
	Frames uint32   // how many
}

// Head is the last frame of an incarnation of another node that this node has applied.
type Head struct {
	Node     uint16
	Position Position
	Hash     [sha256.Size]byte // of the frame
}

// Wait keeps a frame that came before the one that it follows.
type Wait struct{ Frame []byte }

// Quarantine keeps a fact or a whole frame that this program cannot read, or a fact that meets a damaged record.
type Quarantine struct {
	Node     uint16   // whose frame it came in
	Position Position // of that frame; zero where that could not be read
	// Judge says that it must be judged, since it does not come from the authority.
	Judge   bool
	IsFrame bool
	Raw     []byte
}

// Release takes a fact or frame out of the quarantine.
type Release struct{ Digest [sha256.Size]byte } // of Raw

// Followed says how far this node has followed another, in a form that only the one who brings the frames understands.
type Followed struct{ Position []byte }

func (Customer) Kind() Kind       { return CustomerKind }
func (RemoveCustomer) Kind() Kind { return RemoveCustomerKind }
func (LastLogin) Kind() Kind      { return LastLoginKind }
func (CutOff) Kind() Kind         { return CutOffKind }
func (RevokeFamily) Kind() Kind   { return RevokeFamilyKind }
func (AdvanceFamily) Kind() Kind  { return AdvanceFamilyKind }
func (Group) Kind() Kind          { return GroupKind }
func (RemoveGroup) Kind() Kind    { return RemoveGroupKind }
func (Lifetimes) Kind() Kind      { return LifetimesKind }
func (Login) Kind() Kind          { return LoginKind }
func (Rehash) Kind() Kind         { return RehashKind }
func (Session) Kind() Kind        { return SessionKind }
func (EndSession) Kind() Kind     { return EndSessionKind }
func (ReserveStart) Kind() Kind   { return ReserveStartKind }
func (ReserveEpoch) Kind() Kind   { return ReserveEpochKind }
func (NodeCutOff) Kind() Kind     { return NodeCutOffKind }
func (Gap) Kind() Kind            { return GapKind }
func (KeepCutOff) Kind() Kind     { return KeepCutOffKind }
func (Forget) Kind() Kind         { return ForgetKind }
func (Clock) Kind() Kind          { return ClockKind }
func (Node) Kind() Kind           { return NodeKind }
func (PurgeClock) Kind() Kind     { return PurgeClockKind }
func (Trim) Kind() Kind           { return TrimKind }
func (Head) Kind() Kind           { return HeadKind }
func (Wait) Kind() Kind           { return WaitKind }
func (Quarantine) Kind() Kind     { return QuarantineKind }
func (Release) Kind() Kind        { return ReleaseKind }
func (Followed) Kind() Kind       { return FollowedKind }
