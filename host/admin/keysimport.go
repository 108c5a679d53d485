package admin

import (
	"context"
	"time"

	"github.com/edgetoken/edgetoken/host/keys"
)

// MaxKeysText bounds the text of KeysImport, in bytes.
const MaxKeysText = maxBody / 2

// KeysImport has keys that come from elsewhere.
type KeysImport struct {
	Text       []byte     `json:"text,omitempty"`        // in any format that keyring.Read knows, here in base64
	Algorithm  string     `json:"algorithm,omitempty"`   // of keys that do not say theirs
	ID         string     `json:"id,omitempty"`          // of the only key
	Until      *time.Time `json:"until,omitempty"`       // the end of all of them
	Activate   bool       `json:"activate,omitempty"`    // the only key signs at once
	SecretKey  bool       `json:"secret_key,omitempty"`  // the text is Django's SECRET_KEY, for refresh tokens
	SigningKey bool       `json:"signing_key,omitempty"` // there is no text: the configured SIGNING_KEY is imported
}

// KeysImported answers ImportKeys.
type KeysImported struct {
	Keys     []Key          `json:"keys"`
	Skipped  []SkippedKey   `json:"skipped"`
	Warnings []string       `json:"warnings"`
	Next     *NextKeyChange `json:"next"`
}

// SkippedKey is a key of a text that cannot be used here.
type SkippedKey struct {
	Index  int    `json:"index"` // its place in the text, from 0
	ID     string `json:"id"`    // empty: it has none
	Reason string `json:"reason"`
}

// importKeys stores keys: all that can be used, or after an error none.
func (s *server) importKeys(ctx context.Context, _ None, r KeysImport) (KeysImported, error) {
	answer := KeysImported{Keys: []Key{}, Skipped: []SkippedKey{}}
	done, err := s.cfg.Keys.Import(ctx, keys.Import{Text: r.Text, Algorithm: r.Algorithm, ID: r.ID,
		Until: given(r.Until), Activate: r.Activate, SecretKey: r.SecretKey, SigningKey: r.SigningKey})
	if err != nil {
		return answer, err
	}
	list, err := s.cfg.Keys.List(ctx)
	if err != nil {
		return answer, err
	}
	for _, k := range done.Keys {
		v := keyView(k)
		answer.Keys = append(answer.Keys, v)
		s.keyDid("key imported", v)
	}
	for _, k := range done.Skipped {
		answer.Skipped = append(answer.Skipped, SkippedKey{k.Index, k.ID, k.Reason})
	}
	answer.Warnings, answer.Next = s.keyWarnings(done.Warnings), nextView(list)
	return answer, nil
}
