package core

import (
	"context"
	"errors"
	"time"

	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// Engine reads and writes tokens. It has three implementations with one behaviour: native, the sandboxed module whose
// signatures the host computes, and the self-contained sandboxed module. coretest.Run holds each to the same suite.
//
// A refusal is a result. The error of a method says that the engine itself failed (or ctx ended); the same call may be
// made again. Engines are safe for concurrent use.
//
// An engine has one set of keys for good. Where keys change while requests are in flight, each request keeps to the
// engine that it began with.
type Engine interface {
	// KeySet describes the keys.
	KeySet() KeySet
	// Open reads a token into o: form, header, key, signature and strict claims, in this order. It knows neither time
	// nor state. Nothing of what o held stays but the room of its Claims, which is used again: with the same o for one
	// token after the other Open allocates nothing. After an error o means nothing.
	Open(ctx context.Context, token []byte, o *Opened) error
	// Decide checks what was opened, and writes the tokens to issue.
	Decide(ctx context.Context, req Request) (Outcome, error)
}

// KeyInfo describes a key; it holds no secret.
type KeyInfo struct {
	ID        string // kid; "" where tokens name none
	Algorithm string // alg (RFC 7518 §3.1) of the tokens that it signs; a token never chooses it
	Issuer    string // whose key it is; "" for our own
	// Default: the key checks tokens without kid, and AnyID those whose kid names no other key.
	Default, AnyID bool
	// NotAfter is the end of the key, in Unix seconds: from that second on it checks no token and signs none. LEEWAY
	// does not count. 0: it has none.
	NotAfter int64
}

// Takes reports whether a token of the key may have alg in its header. The key has one algorithm. For Ed25519 that has
// two names, which mean the same: EdDSA, since here it knows no other curve (RFC 8037 §3.1), and Ed25519 (RFC 9864
// §2.2). Either key takes both, and writes its own.
func (k *KeyInfo) Takes(alg []byte) bool {
	return string(alg) == k.Algorithm || isEd25519(k.Algorithm) && isEd25519(string(alg))
}

func isEd25519(name string) bool { return name == "EdDSA" || name == "Ed25519" }

// Ended reports whether the end of the key has come.
func (k KeyInfo) Ended(now time.Time) bool { return ended(k.NotAfter, now.UnixMicro()) }

// ended reports whether an end in Unix seconds, 0 for none, has come at a time in Unix microseconds.
func ended(end, now int64) bool { return end != 0 && seconds(now) >= end }

// KeySet describes a set of keys and when each of them signs; it holds no secret. It never changes: another set has
// another epoch.
type KeySet struct {
	Epoch uint64
	Keys  []KeyInfo
	// Signing is the order in which keys take over from one another; From ascends. Empty: none ever signs.
	Signing []SigningKey
}

// SigningKey is a key that signs from a time on, until the next one of KeySet.Signing takes over. Before and after that
// it only checks.
type SigningKey struct {
	Key  int   // index in KeySet.Keys
	From int64 // Unix seconds; 0: since ever
}

// Validate reports what is wrong with a description of keys.
func (s KeySet) Validate() error {
	for i, k := range s.Signing {
		switch {
		case k.Key < 0 || k.Key >= len(s.Keys):
			return errors.New("KeySet.Signing names a key that is no index of Keys")
		case k.From < 0 || k.From > maxTime || i > 0 && k.From <= s.Signing[i-1].From:
			return errors.New("KeySet.Signing is not in ascending order of From, in Unix seconds between 1970 and " +
				"the year 9999")
		}
	}
	for _, k := range s.Keys {
		if k.Algorithm == "" || len(k.ID) > 1024 || len(k.Issuer) > 1024 {
			return errors.New("a key has no algorithm, or its id or issuer has more than 1024 bytes")
		}
		if k.NotAfter < 0 || k.NotAfter > maxTime {
			return errors.New("the end of a key is before 1970 or beyond the year 9999; it is in Unix seconds, and 0 " +
				"for none")
		}
	}
	return nil
}

// SigningAt is the index in Keys of the key that signs at a time; -1 where none does.
func (s KeySet) SigningAt(now time.Time) int {
	at := seconds(now.UnixMicro())
	for i := len(s.Signing) - 1; i >= 0; i-- {
		if s.Signing[i].From <= at {
			return s.inKeys(s.Signing[i].Key)
		}
	}
	return -1
}

// MaySign reports whether a key signs for a request: the one that signs at its time, or the one that signed the current
// generation of its family, which may be written again.
func (s KeySet) MaySign(key int, req *Request) bool {
	return key == s.SigningAt(req.Now) || req.Op == Refresh && key == s.signed(&req.State.Family, req.Now)
}

// signed is the index of the key that signed the current generation of a family; -1 where it signs no more.
func (s KeySet) signed(f *FamilyState, now time.Time) int {
	for _, k := range s.Signing {
		if key := s.inKeys(k.Key); f.Issued != 0 && key >= 0 && s.Keys[key].ID == f.KeyID && !s.Keys[key].Ended(now) {
			return key
		}
	}
	return -1
}

// inKeys is an index of Keys, or -1 in place of any other number: who makes a Native need not have called Validate.
func (s KeySet) inKeys(key int) int {
	if key < 0 || key >= len(s.Keys) {
		return -1
	}
	return key
}

// SigningEnded reports whether the key that signs at a time has ended by then: no token is written until another one
// takes over.
func (s KeySet) SigningEnded(now time.Time) bool {
	key := s.SigningAt(now)
	return key >= 0 && s.Keys[key].Ended(now)
}

// Keys is a set of keys that can check and sign. Implementations are safe for concurrent use.
type Keys interface {
	Set() KeySet
	// Check reports whether signature is that of the key with the given index over input. An instance of the sandbox
	// waits for it: it must be quick, and must not call the engine.
	Check(ctx context.Context, key int, input, signature []byte) (bool, error)
	// Sign signs input with the key of the given index. entropy are EntropyBytes random bytes, for algorithms that
	// are not deterministic.
	Sign(ctx context.Context, key int, input, entropy []byte) ([]byte, error)
}

// KeyMaterial is implemented by Keys whose keys may enter a self-contained guest.
type KeyMaterial interface {
	// Material is the key as it enters the guest: what Key.Material of package jws gives.
	Material(key int) ([]byte, error)
}

// Opened is a token whose signature is good, or why it is not. Claims are unauthenticated before the signature is
// checked, so a refused token has none.
type Opened struct {
	Cause  cause.Cause // OK, or why the token was refused
	Key    int         // index of the key in the set that checked it
	Issuer string      // whose key that is; "" for our own, and where the token was refused
	// KeyEnds is that key's KeyInfo.NotAfter. Open knows no time, so whether the end has come is checked whenever the
	// token is used: a token that was opened and cached before the end is refused after it.
	KeyEnds int64
	Claims  []byte // the claims, a JSON object, as the token holds them

	// Where the claims stand that mean something. TokenID is JTI_CLAIM, JWTID the registered jti, Customer
	// USER_ID_CLAIM, Type TOKEN_TYPE_CLAIM, Revoke REVOKE_TOKEN_CLAIM, RefreshExpiresAt
	// SLIDING_TOKEN_REFRESH_EXP_CLAIM.
	ExpiresAt, IssuedAt, NotBefore, RefreshExpiresAt strictjson.Value
	TokenIssuer, Audience, Subject, JWTID            strictjson.Value
	TokenID, Type, Customer, Revoke                  strictjson.Value

	// Family is what the token's id says; its Start for an id that is not ours is the token's iat, not yet bounded by
	// the present.
	Family Family
}

// Op is what is asked of a token or of credentials.
type Op uint8

const (
	Authenticate Op = iota + 1 // an access or sliding token in a header
	Verify                     // any token: the verify endpoint
	Login                      // a pair for a customer
	Refresh                    // a refresh token for an access token
	Blacklist                  // a refresh token
	Logout                     // a token of any type: its own log-in ends
	// Revoke ends the log-in of a token of any type and issuer, or the family that Opened.Family names without a
	// token, by Listed and Bits.
	Revoke
	SlidingLogin   // a sliding token for a customer
	SlidingRefresh // a sliding token for itself, with a later exp
)

// EntropyBytes is how many random bytes a request needs that writes tokens.
const EntropyBytes = 32

// Request is all that Decide goes by.
type Request struct {
	Op     Op
	Opened Opened // not for a log-in
	State  State
	// Extra are the configured claims of the customer, a JSON object; empty where there are none. Fresh at each
	// log-in and refresh. It names none that is Reserved. One that is null is left out of the tokens, also where the
	// token that is refreshed has it.
	Extra   []byte
	Now     time.Time // to the microsecond
	Entropy []byte    // EntropyBytes, for operations that write tokens
}

// Token is a token that was written.
type Token struct {
	Type  TokenType
	Value string // compact serialisation (RFC 7515 §7.1)
}

// Outcome is what Decide answers. Where Refusals is not empty there are no Tokens, though there may be Effects.
type Outcome struct {
	// Refusals says why the request was refused: one refusal, or for Authenticate one for each class of
	// AUTH_TOKEN_CLASSES.
	Refusals []Refusal
	// Tokens in the order in which the answer shows them.
	Tokens []Token
	// Effects must be durable, or where there are none its Reads checked again, before the answer leaves.
	Effects Effects
}

// Refused reports whether there is a refusal.
func (o Outcome) Refused() bool { return len(o.Refusals) > 0 }

// Known reports whether op is one of the operations.
func (op Op) Known() bool { return Authenticate <= op && op <= SlidingRefresh }

// LogsIn reports whether an operation begins a log-in: it presents no token.
func (op Op) LogsIn() bool { return op == Login || op == SlidingLogin }
