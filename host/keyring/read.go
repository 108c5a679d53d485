package keyring

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/edgetoken/edgetoken/core"
)

// Bounds of a text that Read takes, and of a kid in bytes.
const (
	maxText = 1 << 20
	maxKeys = 1000
	maxID   = 255
)

var errTooMany = fmt.Errorf("has more than %d keys", maxKeys)

// Found is what Read found in a text.
type Found struct {
	Keys    []FoundKey
	Skipped []Skipped
}

// FoundKey is a key of a text.
type FoundKey struct {
	Key
	NotAfter int64 // its end in Unix seconds, where the text has one; 0: none
	Index    int   // its place in the text, from 0
}

// Skipped is a key that cannot be used here.
type Skipped struct {
	Index  int    // its place in the text, from 0
	ID     string // its kid, if it has one
	Reason string // "the JWK's use is not sig"
}

// entry is a key of a text, or why it cannot be used.
type entry struct {
	key FoundKey
	id  string
	err error
}

func unusable(err error) entry { return entry{err: err} }

// ErrNotKey says that a text is no key that can be used here.
var ErrNotKey = errors.New("no usable key")

// Read finds the keys in a text of at most 1 MiB: blocks of PEM, the DER of one, a JWK, or a JWK Set, of which
// at most 1,000. It skips keys that cannot be used here (RFC 7517 §5). A text in which none can is ErrNotKey with the
// reasons. Errors and reasons never quote a key.
//
// algorithm is for keys that name none: RSA keys have it if it is one of theirs, else RS256; Ed25519 keys too, else
// EdDSA; and secrets, which need one. A curve implies its algorithm (RFC 7518 §3.4).
//
// A private key and the public key of it, or its certificate, are one key. The id of a key that names none is its
// thumbprint, and a random one for a secret. A JWK's exp ends the key (OpenID Federation 1.0 §8.7.2); the dates of a
// certificate mean nothing, nor does who issued it.
func Read(text []byte, algorithm string) (Found, error) {
	if len(text) > maxText {
		return Found{}, fmt.Errorf("%w: it has more than %d bytes", ErrNotKey, maxText)
	}
	entries, err := readEntries(text, algorithm)
	if err != nil {
		return Found{}, fmt.Errorf("%w: it %w", ErrNotKey, err)
	}
	var found Found
	places := map[string]int{} // in found.Keys, by id
	for i, e := range entries {
		if e.key.Index = i; e.err == nil {
			if at, taken := places[e.key.ID()]; taken {
				e.err = found.Keys[at].join(e.key)
			} else {
				places[e.key.ID()] = len(found.Keys)
				found.Keys = append(found.Keys, e.key)
			}
		}
		if e.err != nil {
			found.Skipped = append(found.Skipped, Skipped{i, e.id, e.err.Error()})
		}
	}
	if len(found.Keys) == 0 {
		return Found{}, fmt.Errorf("%w: %s", ErrNotKey, reasons(found.Skipped))
	}
	return found, nil
}

// readEntries reads what can be a key, by the form of the text.
func readEntries(text []byte, algorithm string) ([]entry, error) {
	trimmed := bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))
	switch {
	case len(trimmed) == 0:
		return nil, errors.New("is empty")
	case trimmed[0] == '{':
		return readJSON(trimmed, algorithm)
	case bytes.Contains(text, begin):
		return readBlocks(text, algorithm)
	}
	if label := derLabel(text); label != "" {
		return []entry{readDER(label, text, algorithm)}, nil
	}
	if err := foreign(text); err != nil {
		return nil, err
	}
	return nil, errors.New("is neither PEM nor DER nor a JWK nor a JWK Set")
}

// Ring makes a ring of the keys. The first signs if they are private; a key that stands alone also checks tokens
// without kid. No public key may stand beside a private key or secret, since whoever may read the former would get
// the latter.
func (f Found) Ring() (*Ring, error) {
	var members []Member
	var signing []core.SigningKey
	for _, k := range f.Keys {
		if k.CanSign() != f.Keys[0].CanSign() {
			return nil, fmt.Errorf("%w: the set has secret keys beside public ones; keep them in sets of their own",
				ErrNotKey)
		}
		members = append(members, Member{k.Key, core.KeyInfo{ID: k.ID(), Algorithm: k.Algorithm(),
			Default: len(f.Keys) == 1, NotAfter: k.NotAfter}})
	}
	if len(f.Keys) > 0 && f.Keys[0].CanSign() {
		signing = []core.SigningKey{{Key: 0}}
	}
	return NewRing(members, signing)
}

// join takes the private part of the same key, where k has none.
func (k *FoundKey) join(other FoundKey) error {
	switch {
	case k.Symmetric() || !bytes.Equal(k.public, other.public) || k.Algorithm() != other.Algorithm():
		return errors.New("its kid is that of another key")
	case k.CanSign() == other.CanSign():
		return errors.New("it stands there twice")
	case other.CanSign():
		*k = other
	}
	return nil
}

// reasons lists why keys were skipped; the first ones, where they are many.
func reasons(skipped []Skipped) string {
	if len(skipped) == 1 {
		return skipped[0].Reason
	}
	const most = 10
	var b strings.Builder
	for i, s := range skipped[:min(len(skipped), most)] {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "key %d: %s", s.Index+1, s.Reason)
	}
	if len(skipped) > most {
		fmt.Fprintf(&b, "; and %d more", len(skipped)-most)
	}
	return b.String()
}

// named is a key with the id and the algorithm that the text gives it, "" for none.
func named(id, algorithm, wanted string, raw any) (Key, error) {
	if algorithm == "" {
		algorithm = implied(raw, wanted)
	}
	if algorithm == "" {
		return Key{}, errors.New("it has no alg, and can be for several: name one")
	}
	k, err := NewKeyOf(algorithm, raw)
	switch {
	case err != nil:
		return Key{}, err
	case id == "":
		return k, nil
	case !goodID(id):
		return Key{}, fmt.Errorf("its kid has more than %d bytes, or a character that cannot be printed", maxID)
	}
	return k.WithID(id), nil
}

// goodID reports whether a text gives a key an id that can be kept and shown.
func goodID(id string) bool {
	return id != "" && len(id) <= maxID &&
		!strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsPrint(r) })
}

// implied is the algorithm of a key that names none, where another was wanted; "" for a secret that could have several.
func implied(raw any, wanted string) string {
	if s, ok := raw.(crypto.Signer); ok {
		raw = s.Public()
	}
	switch k := raw.(type) {
	case *rsa.PublicKey:
		if strings.HasPrefix(wanted, "RS") || strings.HasPrefix(wanted, "PS") {
			return wanted
		}
		return "RS256"
	case *ecdsa.PublicKey:
		return map[string]string{"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}[k.Params().Name]
	case ed25519.PublicKey:
		if wanted == "Ed25519" {
			return wanted
		}
		return "EdDSA"
	case []byte:
		if strings.HasPrefix(wanted, "HS") {
			return wanted
		}
	}
	return ""
}
