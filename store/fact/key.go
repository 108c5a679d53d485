package fact

import "github.com/edgetoken/edgetoken/core/codec"

// Key is what all nodes know of a key of the fleet: everything but its private part.
type Key struct {
	ID    string // kid
	Made  Stamp  // of the fact that made the key
	Stamp Stamp  // of the fact that set what can change: SignsFrom, Ends, NoKID and RefreshOnly

	Algorithm string // alg
	Public    []byte // SubjectPublicKeyInfo, DER; nil: the key is symmetric
	Origin    string // see store.KeyOrigin
	Added     int64  // Unix seconds
	Node      uint16 // number of the node that signs with it; 0: it never joined a fleet

	NoKID       bool  // it verifies tokens that name no key
	RefreshOnly bool  // it verifies nothing but refresh tokens
	SignsFrom   int64 // Unix seconds; 0: it is not scheduled
	Ends        int64 // Unix seconds; 0: no end was set. One at or before Stamp is a retirement, which is for good.

	Longest int64 // longest life of the tokens that it may have signed, seconds
	ForGood bool  // it ended by a retirement, whatever a clock says
}

// Retired is when f retires its key, in Unix seconds; 0: it does not.
func (f Key) Retired() int64 {
	if f.Ends <= f.Stamp.Time/1_000_000 {
		return f.Ends
	}
	return 0
}

// SealKey keeps the private part of a key. It stays on its node, and nothing shows it.
type SealKey struct {
	ID     string
	Sealed []byte // encrypted; a store does not know how
}

// UnsealKey drops the private part of a key.
type UnsealKey struct{ ID string }

// ForgetKey removes what is known of a key that is gone, if it was made at Made.
type ForgetKey struct {
	ID   string
	Made Stamp
}

// RootChain has the statements by which the roots of trust bundles of this node name each other, the oldest first.
type RootChain struct{ Statements []string }

func (RootChain) Kind() Kind { return RootChainKind }
func (Key) Kind() Kind       { return KeyKind }
func (SealKey) Kind() Kind   { return SealKeyKind }
func (UnsealKey) Kind() Kind { return UnsealKeyKind }
func (ForgetKey) Kind() Kind { return ForgetKeyKind }

// Bounds of keys, in bytes.
const (
	MaxKeyID     = 255
	MaxPublicKey = 16 << 10
	MaxSealedKey = 64 << 10
)

// The flags of a key.
const (
	flagNoKID = 1 << iota
	flagRefreshOnly
	flagForGood
	allKeyFlags = 1<<iota - 1
)

// id | stamp made | stamp | algorithm | u32 public | origin | i64 added, s | u16 node | u8 flags (1 no kid, 2 refresh
// only, 4 for good) | i64 signs from, s | i64 ends, s | i64 longest, s
func (f Key) appendTo(b []byte) []byte {
	b = f.Stamp.Append(f.Made.Append(codec.Text(b, f.ID)))
	b = codec.Text(codec.Bytes(codec.Text(b, f.Algorithm), f.Public), f.Origin)
	flags := byte(0)
	if f.NoKID {
		flags |= flagNoKID
	}
	if f.RefreshOnly {
		flags |= flagRefreshOnly
	}
	if f.ForGood {
		flags |= flagForGood
	}
	b = append(codec.U16(codec.I64(b, f.Added), f.Node), flags)
	return codec.I64(codec.I64(codec.I64(b, f.SignsFrom), f.Ends), f.Longest)
}

func readKey(r *reader) Fact {
	f := Key{ID: r.keyID()}
	f.Made, f.Stamp = r.stamps()
	f.Algorithm = r.name()
	f.Public = append([]byte(nil), r.Bytes()...)
	r.require(len(f.Public) <= MaxPublicKey)
	f.Origin, f.Added, f.Node = r.name(), r.second(), r.U16()
	r.require(f.Node <= MaxNumber)
	flags := r.U8()
	r.require(flags <= allKeyFlags)
	f.NoKID, f.RefreshOnly = flags&flagNoKID != 0, flags&flagRefreshOnly != 0
	f.ForGood = flags&flagForGood != 0
	f.SignsFrom, f.Ends, f.Longest = r.second(), r.second(), r.lifetime()
	return f
}

// id | u32 sealed
func (f SealKey) appendTo(b []byte) []byte { return codec.Bytes(codec.Text(b, f.ID), f.Sealed) }

func readSealKey(r *reader) Fact { return SealKey{ID: r.keyID(), Sealed: r.raw(MaxSealedKey)} }

// id
func (f UnsealKey) appendTo(b []byte) []byte { return codec.Text(b, f.ID) }

func readUnsealKey(r *reader) Fact { return UnsealKey{ID: r.keyID()} }

// id | stamp made
func (f ForgetKey) appendTo(b []byte) []byte { return f.Made.Append(codec.Text(b, f.ID)) }

func readForgetKey(r *reader) Fact { return ForgetKey{ID: r.keyID(), Made: r.stamp()} }

// u16 count | texts
func (f RootChain) appendTo(b []byte) []byte { return codec.Texts(b, f.Statements) }

func readRootChain(r *reader) Fact { return RootChain{Statements: r.Texts()} }

// keyID takes a kid.
func (r *reader) keyID() string {
	id := r.name()
	r.require(len(id) <= MaxKeyID)
	return id
}

func (f Key) describe(o *object) {
	o.text("id", f.ID)
	o.stamp("made", f.Made)
	o.stamp("stamp", f.Stamp)
	o.text("algorithm", f.Algorithm)
	if len(f.Public) > 0 {
		o.hex("public", f.Public)
	}
	o.text("origin", f.Origin)
	o.seconds("added", f.Added)
	if f.Node != 0 {
		o.number("node", uint64(f.Node))
	}
	o.bool("no_kid", f.NoKID)
	o.bool("refresh_only", f.RefreshOnly)
	if f.SignsFrom != 0 {
		o.seconds("signs_from", f.SignsFrom)
	}
	if f.Ends != 0 {
		o.seconds("ends", f.Ends)
	}
	if f.ForGood {
		o.bool("for_good", true)
	}
	o.number("longest", uint64(f.Longest))
}

func (f SealKey) describe(o *object) {
	o.text("id", f.ID)
	o.secret("sealed")
}

func (f RootChain) describe(o *object) { o.texts("statements", f.Statements) }

func (f UnsealKey) describe(o *object) { o.text("id", f.ID) }

func (f ForgetKey) describe(o *object) {
	o.text("id", f.ID)
	o.stamp("made", f.Made)
}
