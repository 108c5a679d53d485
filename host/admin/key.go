package admin

import (
	"time"

	"github.com/edgetoken/edgetoken/host/keys"
)

// Key is a key without its private part.
type Key struct {
	ID        string     `json:"id"` // kid; empty: the configured SIGNING_KEY or VERIFYING_KEY
	Algorithm string     `json:"algorithm"`
	State     string     `json:"state"`      // published, signing, verifying or gone
	Published *time.Time `json:"published"`  // since when; null: unknown
	SignsFrom *time.Time `json:"signs_from"` // null: nobody had it sign
	Ends      *time.Time `json:"ends"`       // null: nothing ends it yet
	Origin    string     `json:"origin"`     // generated, imported, signing.key, SIGNING_KEY, SECRET_KEY or signer
	Here      bool       `json:"here"`       // this node can sign with it

	VerifiesWithoutKid bool `json:"verifies_without_kid"` // it verifies the tokens that name no key
	RefreshOnly        bool `json:"refresh_only"`         // it verifies nothing but refresh tokens
	Symmetric          bool `json:"symmetric"`            // it is a secret, which is never published
}

// NextKeyChange is the next change of the keys that comes by itself.
type NextKeyChange struct {
	What string    `json:"what"` // "key 3f2a… begins to sign"
	At   time.Time `json:"at"`
}

func keyView(k keys.Key) Key {
	return Key{
		ID: k.ID, Algorithm: k.Algorithm, State: k.State.String(), Published: known(k.Added),
		SignsFrom: known(k.SignsFrom), Ends: known(k.Ends), Origin: string(k.Origin), Here: k.Here,
		VerifiesWithoutKid: k.Unnamed, RefreshOnly: k.RefreshOnly, Symmetric: k.Symmetric,
	}
}

func nextView(l keys.List) *NextKeyChange {
	if l.At.IsZero() {
		return nil
	}
	return &NextKeyChange{What: l.Next, At: l.At}
}

// known is a time on the wire: null where there is none.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
