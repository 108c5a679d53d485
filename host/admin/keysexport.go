package admin

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
)

// KeySet is a JWK Set (RFC 7517 §5).
type KeySet struct {
	Keys []json.RawMessage `json:"keys"`
}

// publicKeys is what the node publishes.
func (s *server) publicKeys(ctx context.Context, _, _ None) (set KeySet, err error) {
	text, err := s.cfg.Keys.Published(ctx)
	if err != nil {
		return set, err
	}
	return set, json.Unmarshal(text, &set)
}

// privateKeys is a set of all private parts and secrets that are here.
func (s *server) privateKeys(ctx context.Context, _, _ None) (KeySet, error) {
	set := KeySet{Keys: []json.RawMessage{}}
	private, err := s.cfg.Keys.Private(ctx)
	if err != nil {
		return set, err
	}
	for _, id := range slices.Sorted(maps.Keys(private)) {
		text, err := private[id].Export("jwk", true)
		if err != nil {
			return KeySet{}, err
		}
		set.Keys = append(set.Keys, text)
	}
	s.cfg.Log.Info("admin: gave out the private keys", "keys", len(set.Keys))
	return set, nil
}

// KeyExport asks for a key in a format.
type KeyExport struct {
	ID      string `json:"id"`      // kid, or how no other begins
	Format  string `json:"format"`  // pem, der or jwk
	Private bool   `json:"private"` // with its private part
}

// ExportedKey answers ExportKey.
type ExportedKey struct {
	ID  string `json:"id"`
	Key []byte `json:"key"` // in base64
}

func (s *server) exportKey(ctx context.Context, _ None, r KeyExport) (ExportedKey, error) {
	kid, text, err := s.cfg.Keys.Export(ctx, r.ID, r.Format, r.Private)
	if err != nil {
		return ExportedKey{}, err
	}
	if r.Private {
		s.cfg.Log.Warn("admin: gave out a private key", "kid", kid)
	}
	return ExportedKey{kid, text}, nil
}
