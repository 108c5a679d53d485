package core

import (
	"context"
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

// Opened is a token whose signature is good, or why it is not. Claims are unauthenticated before the signature is
// checked, so a refused token has none.
type Opened struct {
	Cause  cause.Cause // OK, or why the token was refused
	Key    int         // index of the key in the set that checked it
	Issuer string      // whose key that is; "" for our own, and where the token was refused
	// KeyEnds is that key's KeySet.Ends. Open knows no time, so whether the end has come is checked whenever the token
	// is used: a token that was opened and cached before the end is refused after it.
	KeyEnds int64
	Claims  []byte // the claims, a JSON object, as the token holds them
	Places

	family Family // if it is listed: what was read or set
}

// Places are where the claims stand that mean something. TokenID is JTI_CLAIM, JWTID the registered jti, Customer
// USER_ID_CLAIM, Type TOKEN_TYPE_CLAIM, Revoke REVOKE_TOKEN_CLAIM, RefreshExpiresAt SLIDING_TOKEN_REFRESH_EXP_CLAIM.
type Places struct {
	ExpiresAt, IssuedAt, NotBefore, RefreshExpiresAt strictjson.Value
	TokenIssuer, Audience, Subject, JWTID            strictjson.Value
	TokenID, Type, Customer, Revoke                  strictjson.Value
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
	// Revoke ends the log-in of a token of any type and issuer, or the family that Opened.SetFamily names without a
	// token, by Listed and Bits.
	Revoke
	SlidingLogin   // a sliding token for a customer
	SlidingRefresh // a sliding token for itself, with a later exp
)

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
	Entropy []byte    // EntropyBytes, for operations that write tokens; fresh for each, or else ErrEntropy
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
