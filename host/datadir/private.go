package datadir

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/edgetoken/edgetoken/host/keyring"
)

// privateKeys are the keys that a backup had sealed.
type privateKeys struct {
	set []keyring.Key
	old *keyring.Ring // one JWK, as releases sealed it whose key was in signing.key; it moves into the store at a start
}

// readPrivate reads what SealKeys sealed.
func readPrivate(text []byte) (keys privateKeys, err error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return keys, errors.New("what is sealed in the backup is no JWK Set") // the error could quote a key
	}
	if set.Keys == nil {
		keys.old, err = keyring.Parse(text)
		return keys, err
	}
	for i, text := range set.Keys {
		k, err := readPrivateKey(text)
		if err != nil {
			return keys, fmt.Errorf("key %d in the backup: %w", i+1, err)
		}
		keys.set = append(keys.set, k)
	}
	return keys, nil
}

// readPrivateKey reads one key of the set.
func readPrivateKey(text []byte) (keyring.Key, error) {
	var k struct {
		Type      string `json:"kty"`
		ID        string `json:"kid"`
		Algorithm string `json:"alg"`
		Secret    string `json:"k"`
	}
	if err := json.Unmarshal(text, &k); err != nil {
		return keyring.Key{}, errors.New("it is no JWK")
	}
	if k.Type != "oct" {
		found, err := keyring.Read(text, k.Algorithm)
		if err != nil {
			return keyring.Key{}, err
		}
		return found.Keys[0].Key, nil
	}
	// keyring.Read refuses weak secrets, which may be in a store (allow_weak_signing_key).
	secret, err := base64.RawURLEncoding.DecodeString(k.Secret)
	if err != nil {
		return keyring.Key{}, errors.New("its secret is not in base64url")
	}
	return keyring.ParsePrivate(k.Algorithm, k.ID, secret)
}
