package jwk

import (
	"cmp"
	"encoding/base64"
	"errors"
	"strconv"

	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// Key is a key that checks signatures.
type Key struct {
	ID        string // kid; "" where it has none
	Algorithm string // alg (RFC 7518 §3.1)
	NotAfter  int64  // exp: its end in Unix seconds, rounded down; 0: none
	Material  []byte // as jws.ReadKey reads it
	*jws.Key
}

// Symmetric reports whether the key is a secret.
func (k Key) Symmetric() bool { return k.Algorithm[0] == 'H' }

// Bounds of what is read.
const (
	maxKeys = 1000
	maxID   = 255
)

// errSkipped says that a set may have the key, but that it is for something else (RFC 7517 §5).
var errSkipped = errors.New("it is no key for signatures that are known here")

// Read reads one JWK, an object. An error names the member and never quotes a key.
func Read(text []byte) (Key, error) {
	m, err := members(text)
	if err != nil {
		return Key{}, err
	}
	return m.key()
}

// ReadSet reads a JWK Set (RFC 7517 §5), or one JWK as a set of one. It leaves out keys for encryption and of kinds
// that are not known here; that there is no other is an error, as is a key that is damaged.
func ReadSet(text []byte) ([]Key, error) {
	m, err := members(text)
	if err != nil {
		return nil, err
	}
	list, set := m["keys"]
	if !set {
		k, err := m.key()
		if err != nil {
			return nil, err
		}
		return []Key{k}, nil
	}
	var keys []Key
	at := 0
	err = strictjson.Elements(list, func(element []byte) error {
		m, err := members(element)
		var k Key
		if err == nil {
			k, err = m.key()
		}
		switch {
		case at == maxKeys:
			err = errors.New("there are more than " + strconv.Itoa(maxKeys))
		case err == errSkipped:
			err = nil
		case err == nil:
			keys = append(keys, k)
		}
		if err != nil {
			err = errors.New("keys[" + strconv.Itoa(at) + "]: " + err.Error())
		}
		at++
		return err
	})
	switch {
	case err == strictjson.ErrNotArray:
		return nil, errors.New("keys: it must be a list")
	case err == nil && len(keys) == 0:
		return nil, errors.New("keys: there is none for signatures that are known here")
	}
	return keys, err
}

// object is a JWK: its members by name, as they are written.
type object map[string][]byte

func members(text []byte) (object, error) {
	m := object{}
	if !strictjson.Members(text, func(name string, value []byte) { m[name] = value }) {
		return nil, errors.New("it is no strict JSON object (RFC 8259), or has a name twice")
	}
	return m, nil
}

func (m object) key() (k Key, err error) {
	kty, err := m.text("kty")
	if err != nil {
		return Key{}, err
	}
	if use, err := m.text("use"); err != nil {
		return Key{}, err
	} else if use != "" && use != "sig" {
		return Key{}, errSkipped
	}
	if verifies, err := m.verifies(); err != nil || !verifies {
		return Key{}, cmp.Or(err, errSkipped)
	}
	if k.ID, err = m.text("kid"); err != nil {
		return Key{}, err
	}
	if len(k.ID) > maxID {
		return Key{}, errors.New("kid: it has more than " + strconv.Itoa(maxID) + " bytes")
	}
	if k.Algorithm, err = m.text("alg"); err != nil {
		return Key{}, err
	}
	for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth"} {
		if m[private] != nil && kty != "oct" {
			return Key{}, errors.New(private + ": this is a private key; give a verifier the public one")
		}
	}
	if k.NotAfter, err = m.end(); err != nil {
		return Key{}, err
	}
	if err := m.numbers(kty, &k); err != nil {
		return Key{}, err
	}
	if k.Key, err = jws.ReadKey(k.Algorithm, k.Material); err == jws.ErrUnknownAlgorithm {
		return Key{}, errSkipped
	} else if err != nil {
		return Key{}, errors.New("it is no good key for " + k.Algorithm + ": " + err.Error())
	}
	return k, nil
}

// verifies reports whether key_ops, if it is there, has verify (RFC 7517 §4.3).
func (m object) verifies() (bool, error) {
	value := m["key_ops"]
	if value == nil {
		return true, nil
	}
	found := false
	err := strictjson.Elements(value, func(element []byte) error {
		operation, ok := strictjson.TextOf(element)
		if found = found || operation == "verify"; !ok {
			return strictjson.ErrNotArray
		}
		return nil
	})
	if err != nil {
		return false, errors.New("key_ops: it must be a list of texts")
	}
	return found, nil
}

// numbers reads what the key consists of, and its algorithm where its kind implies one.
func (m object) numbers(kty string, k *Key) error {
	kind, ok := kinds[kty]
	if !ok {
		return errSkipped
	}
	curve := ""
	if kind.curves != nil {
		var err error
		if curve, err = m.text("crv"); err != nil {
			return err
		}
		implied, known := kind.curves[curve]
		if !known {
			return errSkipped
		}
		if k.Algorithm == "" {
			k.Algorithm = implied
		}
	}
	if k.Algorithm == "" {
		return errors.New("alg: it must name the algorithm, since a key of this kind can be for several")
	}
	numbers := make([][]byte, len(kind.members))
	for i, name := range kind.members {
		var err error
		if numbers[i], err = m.bytes(name); err != nil {
			return err
		}
	}
	switch kty {
	case "oct":
		size, known := secretBytes[k.Algorithm]
		if !known { // else the bytes might be taken for a private key
			return errSkipped
		}
		if len(numbers[0]) < size {
			return errors.New("k: the secret has " + strconv.Itoa(len(numbers[0])) + " bytes and " + k.Algorithm +
				" needs at least " + strconv.Itoa(size) + " (RFC 7518 §3.2)")
		}
	case "EC":
		if len(numbers[0]) != len(numbers[1]) {
			return errors.New("x and y: they must be of one length (RFC 7518 §6.2.1.2)")
		}
		numbers = [][]byte{append(append([]byte{4}, numbers[0]...), numbers[1]...)}
	}
	k.Material = jws.Material(kty == "oct", numbers...)
	return nil
}

// kinds are the kinds of keys, with the members that they consist of, and curves with the algorithm that each implies.
var kinds = map[string]struct {
	members []string
	curves  map[string]string
}{
	"oct": {members: []string{"k"}},
	"RSA": {members: []string{"n", "e"}},
	"EC": {members: []string{"x", "y"}, curves: map[string]string{
		"P-256": "ES256", "P-384": "ES384", "P-521": "ES512",
	}},
	"OKP": {members: []string{"x"}, curves: map[string]string{"Ed25519": "EdDSA"}},
}

// secretBytes are the least bytes of a secret (RFC 7518 §3.2).
var secretBytes = map[string]int{"HS256": 32, "HS384": 48, "HS512": 64}

// text is a member that is a text; "" where there is none.
func (m object) text(name string) (string, error) {
	value := m[name]
	if value == nil {
		return "", nil
	}
	text, ok := strictjson.TextOf(value)
	if !ok {
		return "", errors.New(name + ": it must be a text")
	}
	return text, nil
}

// bytes is a member in base64url, which must be there.
func (m object) bytes(name string) ([]byte, error) {
	text, err := m.text(name)
	if err != nil {
		return nil, err
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) == 0 || len(b) > 1<<16-1 {
		return nil, errors.New(name + ": it must be base64url without padding (RFC 7515 §2), and not empty")
	}
	return b, nil
}

// end is exp, a NumericDate (OpenID Federation 1.0 §8.7.2).
func (m object) end() (int64, error) {
	value := m["exp"]
	if value == nil {
		return 0, nil
	}
	at, ok := strictjson.WholeOf(value)
	if !ok || at < 1 || at > 253402300799 {
		return 0, errors.New("exp: it must be a time in whole Unix seconds, like 1790000000, up to the year 9999")
	}
	return at, nil
}
