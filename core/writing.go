package core

import (
	"errors"
	"strings"

	"github.com/edgetoken/edgetoken/core/strictjson"
)

// Prepared is an Outcome whose tokens still lack their signatures: Outcome.Tokens have no Value yet.
type Prepared struct {
	Outcome
	// Key is the index of the key that must sign: KeySet.SigningAt the time of the request, or the key that signed
	// before what is written again.
	Key    int
	Inputs [][]byte // the signing input of each token (RFC 7515 §5.1)

	token []byte // room for one
}

// Finish gives the outcome with the signatures that sign makes. It shares nothing with p.
func (p *Prepared) Finish(sign func(input []byte) ([]byte, error)) (Outcome, error) {
	o := p.Outcome
	o.Tokens = append([]Token(nil), o.Tokens...)
	o.Effects.List = append([]Effect(nil), o.Effects.List...)
	for i, input := range p.Inputs {
		signature, err := sign(input)
		if err != nil {
			return Outcome{}, err
		}
		p.token = appendBase64(append(append(p.token[:0], input...), '.'), signature)
		o.Tokens[i].Value = string(p.token)
	}
	return o, nil
}

// Writer writes tokens under one configuration: all but their signatures, so that whoever holds the keys may stand on
// the other side of a wall. What is the same in every token it has written before.
//
// A Writer reuses its buffers, so it serves one goroutine at a time.
type Writer struct {
	settings *Settings
	keys     KeySet
	fixed    fixed
	decision decision
	draft    Draft
	prepared Prepared
	inputs   []byte // those of prepared, one after the other

	begun     [4]begun           // of refresh, access and sliding tokens, and of access tokens that copy their iat
	claims    []byte             // of the token that is being written, but for what is begun
	shared    []byte             // the end of them, where it is the same in both tokens
	set       *claimSet          // of the token that is being written
	own       []ownClaim         // those of set
	used      uint64             // a bit for each of them that stands in the token already
	anewOwn   []ownClaim         // room for them, where a token is written anew
	more      []ownClaim         // those that are configured for the customer
	fresh     []byte             // the members of exp, id and iat, where a token is written anew
	extra     []byte             // their members, where they are configured for customers
	extraScan strictjson.Scanner // holds their names
	scan      strictjson.Scanner
	room      strictjson.Buffer // for claims that are copied
}

// NewWriter is a writer for settings and keys in which Validate finds no mistake, and which must not change while it
// is used.
func NewWriter(s *Settings, keys KeySet) *Writer {
	return &Writer{settings: s, keys: keys, fixed: fix(s, keys)}
}

// Prepare is Prepare and Write in one: it decides a request and writes the signing inputs of the tokens to issue. What
// it gives is valid until the next call, and refers to req. The error is that of CheckWriting.
func (w *Writer) Prepare(req *Request) (*Prepared, error) {
	key := w.keys.SigningAt(req.Now)
	if err := checkWriting(key, req); err != nil {
		return nil, err
	}
	if !w.keepAll(req.Extra) {
		return nil, ErrExtra
	}
	w.decision = newDecision(w.settings, req)
	p := &w.prepared
	if err := w.decision.prepare(w.keys, key, p, &w.draft); err != nil {
		return nil, err
	}
	w.inputs, p.Inputs = w.write(w.inputs[:0], &w.draft, p.Inputs)
	return p, nil
}

// What a request that writes tokens can lack. ErrKeyEnded and ErrClock come only where the request would have been
// granted. These are mistakes of whoever makes the request, not of a client.
var (
	ErrEntropy      = errors.New("the request has too little entropy")
	ErrNoSigningKey = errors.New("no key of the key set can sign")
	ErrKeyEnded     = errors.New("the end of the key that signs has come; put another key in its place")
	// ErrSigner passes by itself, and then no token was written.
	ErrSigner = errors.New("the signer outside did not sign")
	ErrUserID = errors.New("the customer has no UserID, so that its tokens would name nobody")
	ErrExtra  = errors.New("the configured claims are no strict JSON object of at most 32 KiB, or name a claim " +
		"that the service sets itself")
	ErrTooLong = errors.New("a token became longer than is read: the claims are too many")
)

// maxExtra bounds the configured claims of a customer, in bytes.
const maxExtra = 32 << 10

// CheckWriting reports what a request that writes tokens lacks.
func CheckWriting(s *Settings, keys KeySet, req *Request) error {
	key := keys.SigningAt(req.Now)
	err := checkExtra(s, key, req)
	if err == nil && keys.ended(key, req.Now) {
		err = ErrKeyEnded
	}
	if err == nil && !req.issues() {
		err = ErrClock
	}
	return err
}

// checkExtra is CheckWriting without the end of the key and the clock; key is the one that would sign, -1 for none.
func checkExtra(s *Settings, key int, req *Request) error {
	if err := checkWriting(key, req); err != nil || len(req.Extra) == 0 {
		return err
	}
	keep := func(m *strictjson.Member) bool { return !s.Reserved(string(m.Name)) }
	if !eachExtra(new(strictjson.Scanner), req.Extra, keep) {
		return ErrExtra
	}
	return nil
}

// checkWriting is checkExtra without what the configured claims are.
func checkWriting(key int, req *Request) error {
	switch {
	case !HasEntropy(req.Entropy):
		return ErrEntropy
	case key < 0:
		return ErrNoSigningKey
	case req.Op.LogsIn() && !req.State.Customer.ID.IsZero() && req.State.Customer.UserID.IsZero():
		return ErrUserID
	}
	return nil
}

// eachExtra has keep vet each configured claim. It reports whether all may be configured, and are strict JSON.
func eachExtra(scan *strictjson.Scanner, extra []byte, keep func(*strictjson.Member) bool) bool {
	if len(extra) > maxExtra {
		return false
	}
	for more := scan.Begin(extra, strictjson.MaxNames); more; more = scan.Next() {
		if !keep(&scan.Member) {
			return false
		}
	}
	return scan.Whole
}

// Reserved reports whether a claim of this name, in any case, is not to be configured: the registered ones (RFC 7519
// §4.1), and those that the settings name.
func (s *Settings) Reserved(name string) bool {
	for _, taken := range s.reserved() {
		if taken != "" && strings.EqualFold(name, taken) {
			return true
		}
	}
	return false
}

func (s *Settings) reserved() [12]string {
	return [...]string{
		"exp", "iat", "nbf", "iss", "aud", "sub", "jti", s.TokenTypeClaim, s.IDClaim, s.UserIDClaim, s.RevokeTokenClaim,
		s.SlidingTokenRefreshExpClaim,
	}
}
