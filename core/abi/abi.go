// Package abi says how requests and answers cross the wall between a host and the guest, a WebAssembly module. It is
// the only place that knows: version, export names, layouts, limits, encoding and decoding. Both sides import it;
// neither retypes a name.
//
// The module is a WASI reactor: it exports _initialize, imports WASI preview 1 only, and has one thread. There are
// three builds:
//
//	edgetoken.wasm          the host checks and signs: Inspect, Accept, Read, Judge, Prepare, Write. No key enters it.
//	edgetoken-full.wasm     self-contained: Open, Decide, Permit
//	edgetoken-verify.wasm   self-contained, only reads: Open, Permit, Decide for operations that write no token
//
// Every call has the same shape. The host writes a message to the guest's input area, calls an export with the number
// of bytes, and gets a Status. If that is StatusOK, the answer is in the output area. The areas are static: Layout
// tells their addresses once. A host reads memory anew after each call, since memory may have grown.
//
// All integers are little-endian. Fixed structs have fixed offsets; messages consist of values one after the other,
// texts with their length before them in 2 bytes, byte strings in 4. Each type's doc shows a worked example. Both
// sides check every length, offset and index. Causes cross by numbers that never change their meaning.
//
// A host may inspect other tokens while it waits for the check of a signature: Accept takes the nonce of the token,
// and refuses it with StatusOutOfOrder if another token was inspected since. Then the host inspects the same bytes
// again, and accepts them in the same turn if the epoch and the key are those of the check. A nonce is good for its
// instance alone.
//
// What a header says depends only on its bytes and the key set. So a host that has seen a header in a token that was
// accepted knows its key, and where the parts of a token are: it checks the signature first, decodes the claims into
// their area, and has the guest read them, by Read. Nothing of a forged token is parsed then.
//
// A host that decides by itself, with package core, has the guest write what it has granted, by Write. Prepare decides
// and writes: for hosts in other languages.
//
// A panic is a bug, and never a verdict: the call traps or answers StatusPanicked, and the host drops the instance.
package abi

// Version is what the export VersionName returns. A host refuses a module of another version.
const Version = 14

// Names of exports. All but VersionName and LayoutName return a Status, as an i32.
const (
	InitializeName = "_initialize"           // () → (): WASI reactor start
	VersionName    = "edgetoken_abi_version" // () → Version
	LayoutName     = "edgetoken_layout"      // () → address of a Layout
	ConfigureName  = "edgetoken_configure"   // (bytes of a Config)
	InspectName    = "edgetoken_inspect"     // (bytes of a token) → Inspected
	// AcceptName: (bytes of a nonce) → Opened without a family, claims in the claims area; once, for the latest Inspect
	AcceptName = "edgetoken_accept"
	// ReadName: (key, bytes of claims) → Opened without a family; the host has put the claims, decoded, into their area
	ReadName    = "edgetoken_read"
	JudgeName   = "edgetoken_judge"        // (bytes of a Judging) → a cause; after Accept, until the next Inspect
	PrepareName = "edgetoken_prepare"      // (bytes of a Request) → Prepared
	WriteName   = "edgetoken_write"        // (bytes of a Draft) → signing inputs
	OpenName    = "edgetoken_open"         // (bytes of a token) → Opened, claims in the claims area
	DecideName  = "edgetoken_decide"       // (bytes of a Request) → Outcome
	PermitName  = "edgetoken_permit"       // (bytes of a Question) → a verdict
	WASI        = "wasi_snapshot_preview1" // the only module that is imported
)

// Split and SelfContained are the exports that take i32 alone, beside VersionName and LayoutName, of the two
// kinds of module.
var (
	Split = []Export{{ConfigureName, 1}, {InspectName, 1}, {AcceptName, 1}, {ReadName, 2}, {JudgeName, 1},
		{PrepareName, 1}, {WriteName, 1}}
	SelfContained = []Export{{ConfigureName, 1}, {OpenName, 1}, {DecideName, 1}, {PermitName, 1}}
)

// Export is an exported function: its name and its number of parameters, all i32, with one i32 as its result.
type Export struct {
	Name   string
	Params int
}

// Sizes of the static areas in bytes.
const (
	InputBytes  = 256 << 10
	OutputBytes = 256 << 10
	ClaimsBytes = 64 << 10
)

// maxKeys is how many keys a key set may have: their number crosses in 2 bytes.
const maxKeys = 1 << 16

// Status is what a call returns.
type Status uint32

const (
	StatusOK            Status = 0
	StatusBadMessage    Status = 1 // the input is no message of this kind, or longer than its area
	StatusNotConfigured Status = 2 // Configure comes first
	StatusOutOfOrder    Status = 3 // Accept or Judge without the nonce of the latest Inspect, or in another order
	StatusTooLong       Status = 4 // the answer does not fit into the output area
	StatusBadKey        Status = 5 // the material of a key cannot be read
	StatusNotHere       Status = 6 // this build cannot do the operation
	StatusFailed        Status = 7 // no signing key, or entropy that is none (core.ErrEntropy) or came before
	// StatusPanicked: do not use the instance again. In Inspect and Accept a panic ends the guest by proc_exit instead,
	// and the call itself fails.
	StatusPanicked Status = 8
)

var statusNames = [...]string{"ok", "bad message", "not configured", "accept without inspect", "answer too long",
	"bad key", "not in this build", "failed", "panicked"}

// String names the status.
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return "unknown status"
}

// Error makes a status an error: `the guest answers: bad message`.
func (s Status) Error() string { return "the guest answers: " + s.String() }
