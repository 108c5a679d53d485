package core

import (
	"errors"

	"github.com/edgetoken/edgetoken/core/codec"
)

// EffectKind names what an Effect does.
type EffectKind uint8

const (
	// RecordLogin sets the customer's last_login to At (UPDATE_LAST_LOGIN). It changes no version.
	RecordLogin EffectKind = 1
	// RevokeFamily makes Family dead until Until, when nothing of it can be valid any more.
	RevokeFamily EffectKind = 2
	// ReserveStart raises the high-water mark of family starts to At (never lowers it).
	ReserveStart EffectKind = 3
	// FoldFamilies replaces the oldest of a customer's revoked families, all but At, by one cut-off of the customer:
	// nobody can fill a store by logging in and out. Families whose start is not known stay.
	FoldFamilies EffectKind = 4
	// EndLogins ends every log-in of Customer that began until now, browser sessions included. A store turns now into
	// a cut-off when it applies the effect.
	EndLogins EffectKind = 5
	// EndAddress does the same to tokens that name their customer by an e-mail address, which Customer holds as a text
	// (USER_ID_FIELD: email).
	EndAddress EffectKind = 6
	// EndAll does the same to the log-ins of all customers of the node.
	EndAll EffectKind = 7
	// AdvanceFamily says that a refresh token of Generation was issued in Family, so that those before it are spent.
	AdvanceFamily EffectKind = 8
)

// MaxRevoked is how many revoked families of one customer are remembered one by one on the secure wire. On the exact
// wire all are: a cut-off ends older log-ins that were not revoked.
const MaxRevoked = 4096

// Effect is one change that must be durable before the answer that came with it may leave the node.
type Effect struct {
	Kind     EffectKind
	Customer CustomerID // RecordLogin, FoldFamilies, EndLogins, EndAddress
	Family   FamilyKey  // RevokeFamily, AdvanceFamily
	// At is of RecordLogin in Unix microseconds, of ReserveStart in Unix milliseconds, of RevokeFamily and
	// AdvanceFamily the start of the family in Unix milliseconds, 0 where that is not known, and of FoldFamilies a
	// number of families.
	At    int64
	Until int64 // RevokeFamily, AdvanceFamily: Unix seconds
	// These are of AdvanceFamily: with them the tokens that were issued can be written again.
	Generation      uint32
	Issued          int64  // when, Unix microseconds
	Access, Refresh int64  // for how long after Issued they are valid, seconds
	KeyID           string // kid of the key that signed them
}

// Reads is what a decision rests on: the versions of all that core was shown. A store applies the effects of the
// decision, or lets its answer go where there are none, only while all of this still holds.
type Reads struct {
	Customer        CustomerID // zero: none was read
	CustomerVersion uint64     // 0: nobody holds the id
	Family          FamilyKey
	HasFamily       bool   // whether Family was read
	FamilyVersion   uint64 // 0: no record
	CutOff          int64  // Unix milliseconds, 0 where there is none: State.CutOff
	Start           int64  // start of the family that the decision begins, Unix milliseconds; 0 where it begins none
}

// Effects is all that one decision changes, with its precondition. A store resolves them into facts.
type Effects struct {
	Node  string // the node that made them
	Reads Reads
	List  []Effect // empty: only the precondition is to be checked again
}

// effectsVersion is the first byte of the encoding.
const effectsVersion = 3

// errEffects says that bytes are no encoding of Effects that this version knows.
var errEffects = errors.New("effects: malformed or of an unknown version")

// AppendBinary appends the encoding of e to b. All integers are little-endian, texts have their length before them (2
// bytes):
//
//	version 3 | node | customer | u64 version | u8 has family | family | u64 version | i64 cut-off | i64 start |
//	u16 count | count × (u8 kind | customer | family | i64 at | i64 until |
//	and for AdvanceFamily u32 generation | i64 issued | i64 access | i64 refresh | text kid)
//
// A customer is u8 kind (0 none, 1 integer, 2 text), then i64 or text. A family is issuer | customer | u64 bits | i64
// start.
//
// The start of a message of node "a" that read version 3 of customer 7 and no family:
//
//	03 | 0100 61 | 01 0700000000000000 | 0300000000000000 | 00 |
//	0000 00 0000000000000000 0000000000000000 | 0000000000000000 | …
func (e *Effects) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, effectsVersion)
	b = codec.Text(b, e.Node)
	b = appendCustomer(b, &e.Reads.Customer)
	b = codec.U64(b, e.Reads.CustomerVersion)
	b = codec.Bool(b, e.Reads.HasFamily)
	b = appendFamily(b, &e.Reads.Family)
	b = codec.U64(b, e.Reads.FamilyVersion)
	b = codec.I64(b, e.Reads.CutOff)
	b = codec.I64(b, e.Reads.Start)
	b = codec.U16(b, uint16(len(e.List)))
	for i := range e.List {
		x := &e.List[i]
		b = append(b, byte(x.Kind))
		b = appendCustomer(b, &x.Customer)
		b = appendFamily(b, &x.Family)
		b = codec.I64(b, x.At)
		b = codec.I64(b, x.Until)
		if x.Kind == AdvanceFamily {
			b = codec.I64(codec.I64(codec.I64(codec.U32(b, x.Generation), x.Issued), x.Access), x.Refresh)
			b = codec.Text(b, x.KeyID)
		}
	}
	return b, nil
}

// UnmarshalBinary reads the encoding; errEffects for anything else, trailing bytes included. It uses the room of
// e.List again.
func (e *Effects) UnmarshalBinary(b []byte) error {
	r := codec.Reader{Rest: b}
	if r.U8() != effectsVersion {
		return errEffects
	}
	*e = Effects{Node: r.Text(), List: e.List[:0]}
	e.Reads.Customer = readCustomer(&r)
	e.Reads.CustomerVersion = r.U64()
	e.Reads.HasFamily = r.Bool()
	e.Reads.Family = readFamily(&r)
	e.Reads.FamilyVersion = r.U64()
	e.Reads.CutOff = r.I64()
	e.Reads.Start = r.I64()
	for n := r.U16(); n > 0 && !r.Bad; n-- {
		x := Effect{Kind: EffectKind(r.U8()), Customer: readCustomer(&r), Family: readFamily(&r), At: r.I64(),
			Until: r.I64()}
		if x.Kind < RecordLogin || x.Kind > AdvanceFamily {
			return errEffects
		}
		if x.Kind == AdvanceFamily {
			x.Generation, x.Issued, x.Access, x.Refresh, x.KeyID = r.U32(), r.I64(), r.I64(), r.I64(), r.Text()
		}
		e.List = append(e.List, x)
	}
	if !r.Done() {
		return errEffects
	}
	return nil
}

func appendCustomer(b []byte, id *CustomerID) []byte {
	b = append(b, byte(id.Kind))
	switch id.Kind {
	case IntegerID:
		b = codec.I64(b, id.Int)
	case TextID:
		b = codec.Text(b, id.Text)
	}
	return b
}

// readCustomer reads what appendCustomer wrote; an unknown kind makes r bad.
func readCustomer(r *codec.Reader) CustomerID {
	switch IDKind(r.U8()) {
	case NoCustomer:
	case IntegerID:
		return Integer(r.I64())
	case TextID:
		return Text(r.Text())
	default:
		r.Bad = true
	}
	return CustomerID{}
}

func appendFamily(b []byte, k *FamilyKey) []byte {
	b = codec.Text(b, k.Issuer)
	b = appendCustomer(b, &k.Customer)
	return codec.I64(codec.U64(b, k.Bits), k.Start)
}

func readFamily(r *codec.Reader) FamilyKey {
	return FamilyKey{Issuer: r.Text(), Customer: readCustomer(r), Bits: r.U64(), Start: r.I64()}
}
