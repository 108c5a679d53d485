package join

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/host/fleet/linkkey"
)

// Paths of the hub's fleet listener.
const (
	JoinPath = "/fleet/join"
	CopyPath = "/fleet/copy"
)

// Request asks the hub to let a node in. Byte strings are base64 in JSON (RFC 4648 §4).
type Request struct {
	Secret   []byte   `json:"secret"` // of the invitation
	Name     string   `json:"name"`   // of the node; empty: the one that the invitation names
	Key      []byte   `json:"key"`    // public link key of the node
	Proof    []byte   `json:"proof"`  // see proven
	IDs      string   `json:"ids"`    // the kind of ids of customers in its store: integer or text
	Settings Settings `json:"settings"`
}

// String masks the secret.
func (r Request) String() string             { return "request(" + r.Name + ", ********)" }
func (r Request) GoString() string           { return r.String() }
func (r Request) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }
func (r Request) LogValue() slog.Value       { return slog.StringValue(r.String()) }

// IDs names a kind of ids of customers.
func IDs(kind core.IDKind) string {
	if kind == core.TextID {
		return "text"
	}
	return "integer"
}

// Answer lets a node in.
type Answer struct {
	Number    uint16   `json:"number"`    // of the node, for good
	Name      string   `json:"name"`      // of the node
	Homes     int64    `json:"homes"`     // fact.Node.Homes of the hub
	Addresses []string `json:"addresses"` // of the hub, as store.Membership has them
	Lane      string   `json:"lane"`      // how the hub's lane works: nats or http
	Warnings  []string `json:"warnings"`  // where settings differ
}

// check refuses an answer that no hub gives.
func (a Answer) check() error {
	if a.Number < 2 || len(a.Addresses) == 0 {
		return errors.New("the hub answers, but gives no number: use the same version of edgetoken on both nodes")
	}
	return nil
}

// proofDomain begins what proves the possession of a link key, so that the signature is good for nothing else.
const proofDomain = "edgetoken fleet join v1\x00"

// proven is what a node signs with its link key:
//
//	proofDomain | 16 bytes fleet | 32 bytes hub key | 32 bytes SHA-256 of the secret | name, a text
//
// It binds the key to this invitation and to the hub that TLS has shown, so that nobody can pass it on to another hub,
// or bring in a key that is another's.
func proven(fleet [16]byte, hub, digest [32]byte, name string) []byte {
	b := append([]byte(proofDomain), fleet[:]...)
	b = append(b, hub[:]...)
	b = append(b, digest[:]...)
	return codec.Text(b, name)
}

// NewRequest makes the request of a node with this link key.
func NewRequest(t Token, key ed25519.PrivateKey, name, ids string, settings Settings) Request {
	public := linkkey.Public(key)
	return Request{
		Secret: t.Secret[:], Name: name, Key: public[:], IDs: ids, Settings: settings,
		Proof: ed25519.Sign(key, proven(t.Fleet, t.HubKey, Digest(t.Secret), name)),
	}
}

// check refuses a request that no node makes, or whose proof is wrong for this hub.
func (r Request) check(fleet [16]byte, hub [32]byte) error {
	switch {
	case len(r.Secret) != 32 || len(r.Key) != ed25519.PublicKeySize || len(r.Settings) > maxSettings:
		return errors.New("this is no request to join a fleet: use the same version of edgetoken on both nodes")
	case r.Name != "" && CheckName(r.Name) != nil:
		return CheckName(r.Name)
	case !ed25519.Verify(r.Key, proven(fleet, hub, r.digest(), r.Name), r.Proof):
		return errors.New("the node does not prove that the key is its own")
	}
	return nil
}

// digest is the digest of the secret of a request that has one.
func (r Request) digest() [32]byte { return Digest([32]byte(r.Secret)) }

// NewToken makes an invitation into a fleet, with a new secret.
func NewToken(fleet [16]byte, name string, hubKey [32]byte, addresses []string, until time.Time) (Token, error) {
	t := Token{Fleet: fleet, HubKey: hubKey, Until: until.Truncate(time.Second).UTC(), Name: name,
		Addresses: slices.Clone(addresses)}
	if err := errors.Join(CheckName(name), checkAddresses(addresses)); err != nil {
		return Token{}, err
	}
	if _, err := rand.Read(t.Secret[:]); err != nil {
		return Token{}, fmt.Errorf("make an invitation: %w", err)
	}
	return t, nil
}
