package fact

import "strconv"

// Lane says which way facts of a kind travel between the nodes of a fleet.
type Lane uint8

const (
	Local  Lane = 0         // they stay on their node
	Up     Lane = 1         // from a node to the hub
	Down   Lane = 2         // from the hub to the nodes
	UpDown Lane = Up | Down // from a node to the hub, and from there to all others
)

// Authority says who may write facts of a kind.
type Authority uint8

const (
	Self   Authority = iota // each node for itself
	Hub                     // only the hub
	Home                    // only the home of the family that the fact is about
	Anyone                  // any node
)

// local is the first of the kinds that never leave their node, now and in later versions.
const local Kind = 64

// layout is the row of one kind: what it is called, the latest version of its payload, and how to read that.
type layout struct {
	name      string
	version   byte
	lane      Lane
	authority Authority
	read      func(*reader) Fact
}

// layouts has all kinds that this program knows.
var layouts = [...]layout{
	CustomerKind:       {"customer", 1, Down, Hub, readCustomer},
	RemoveCustomerKind: {"remove_customer", 1, Down, Hub, readRemoveCustomer},
	LastLoginKind:      {"last_login", 1, Up, Anyone, readLastLogin},
	CutOffKind:         {"cut_off", 1, Down, Hub, readCutOff},
	RevokeFamilyKind:   {"revoke_family", 2, UpDown, Anyone, readRevokeFamily},
	AdvanceFamilyKind:  {"advance_family", 2, Up, Home, readAdvanceFamily},
	GroupKind:          {"group", 1, Down, Hub, readGroup},
	RemoveGroupKind:    {"remove_group", 1, Down, Hub, readRemoveGroup},
	LifetimesKind:      {"lifetimes", 1, Up, Anyone, readLifetimes},
	KeyKind:            {"key", 1, Down, Hub, readKey},
	MemberKind:         {"member", 1, Down, Hub, readMember},
	LoginKind:          {"login", 1, Up, Anyone, readLogin},

	RehashKind:       {"rehash", 1, Local, Self, readRehash},
	SessionKind:      {"session", 2, Local, Self, readSession},
	EndSessionKind:   {"end_session", 1, Local, Self, readEndSession},
	ReserveStartKind: {"reserve_start", 1, Local, Self, readReserveStart},
	NodeCutOffKind:   {"node_cut_off", 1, Local, Self, readNodeCutOff},
	GapKind:          {"gap", 1, Local, Self, readGap},
	KeepCutOffKind:   {"keep_cut_off", 1, Local, Self, readKeepCutOff},
	ForgetKind:       {"forget", 1, Local, Self, readForget},
	ClockKind:        {"clock", 1, Local, Self, readClock},
	NodeKind:         {"node", 2, Local, Self, readNode},
	PurgeClockKind:   {"purge_clock", 1, Local, Self, readPurgeClock},
	TrimKind:         {"trim", 1, Local, Self, readTrim},
	HeadKind:         {"head", 1, Local, Self, readHead},
	WaitKind:         {"wait", 1, Local, Self, readWait},
	QuarantineKind:   {"quarantine", 1, Local, Self, readQuarantine},
	ReleaseKind:      {"release", 1, Local, Self, readRelease},
	FollowedKind:     {"followed", 1, Local, Self, readFollowed},
	SealKeyKind:      {"seal_key", 1, Local, Self, readSealKey},
	UnsealKeyKind:    {"unseal_key", 1, Local, Self, readUnsealKey},
	ForgetKeyKind:    {"forget_key", 1, Local, Self, readForgetKey},
	ReserveEpochKind: {"reserve_epoch", 1, Local, Self, readReserveEpoch},
	RootChainKind:    {"root_chain", 1, Local, Self, readRootChain},
	ImportedKind:     {"imported", 1, Local, Self, readImported},
	OriginKind:       {"origin", 1, Local, Self, readOrigin},

	MembershipKind:       {"membership", 1, Local, Self, readMembership},
	LeaseKind:            {"lease", 1, Local, Self, readLease},
	InvitationKind:       {"invitation", 1, Local, Self, readInvitation},
	ForgetInvitationKind: {"forget_invitation", 1, Local, Self, readForgetInvitation},
	PendingKind:          {"pending", 1, Local, Self, readPending},
}

// layout is the row of k; that of an unknown kind is zero.
func (k Kind) layout() layout {
	if int(k) < len(layouts) {
		return layouts[k]
	}
	return layout{}
}

// Known reports whether this program can read facts of the kind.
func (k Kind) Known() bool { return k.layout().read != nil }

// Lane says which way facts of the kind travel. It is Local for an unknown kind.
func (k Kind) Lane() Lane { return k.layout().lane }

// Authority says who may write facts of the kind. It is Self for an unknown kind: nobody accepts those from another.
func (k Kind) Authority() Authority { return k.layout().authority }

// IsLocal reports whether facts of the kind, known or not, never leave their node. No frame has any of them.
func (k Kind) IsLocal() bool { return k >= local }

// String is the name of the kind, as JSON has it; the number of an unknown one.
func (k Kind) String() string {
	if name := k.layout().name; name != "" {
		return name
	}
	return strconv.Itoa(int(k))
}
