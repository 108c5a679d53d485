package admin

import (
	"context"
	"net/url"
	"time"

	"github.com/edgetoken/edgetoken/core"
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
	// Node is the number in the fleet of the node that signs with it; 0: this node or the hub, from before the fleet.
	Node uint16 `json:"node,omitempty"`

	VerifiesWithoutKid bool `json:"verifies_without_kid"` // it verifies the tokens that name no key
	RefreshOnly        bool `json:"refresh_only"`         // it verifies nothing but refresh tokens
	Symmetric          bool `json:"symmetric"`            // it is a secret, which is never published
}

// NextKeyChange is the next change of the keys that comes by itself.
type NextKeyChange struct {
	What string    `json:"what"` // "key 3f2a… begins to sign"
	At   time.Time `json:"at"`
}

// KeysQuery asks for keys.
type KeysQuery struct {
	All bool // those too that are gone
}

func (q KeysQuery) values() url.Values {
	if q.All {
		return url.Values{"all": {"true"}}
	}
	return nil
}

func keysQueryOf(v url.Values) KeysQuery { return KeysQuery{All: v.Get("all") == "true"} }

// Keys answers ListKeys.
type Keys struct {
	Keys []Key          `json:"keys"`
	Next *NextKeyChange `json:"next"` // null: nothing changes by itself
}

func (s *server) listKeys(ctx context.Context, q KeysQuery, _ None) (Keys, error) {
	answer := Keys{Keys: []Key{}}
	list, err := s.cfg.Keys.List(ctx)
	if err != nil {
		return answer, err
	}
	for _, k := range list.Keys {
		if q.All || k.State != core.KeyGone {
			answer.Keys = append(answer.Keys, keyView(k))
		}
	}
	answer.Next = nextView(list)
	return answer, nil
}

// KeyRequest asks for a new key. Empty members are left to the node.
type KeyRequest struct {
	Algorithm string     `json:"algorithm,omitempty"`
	ID        string     `json:"id,omitempty"`
	Activate  bool       `json:"activate,omitempty"`   // it signs at once
	SignsFrom *time.Time `json:"signs_from,omitempty"` // it signs from then on
}

// KeyChanged answers what changes a key: the key as it is now, and what comes next.
type KeyChanged struct {
	Key      Key            `json:"key"`
	Warnings []string       `json:"warnings"`
	Next     *NextKeyChange `json:"next"`
}

func (s *server) generateKey(ctx context.Context, _ None, r KeyRequest) (KeyChanged, error) {
	done, err := s.cfg.Keys.Generate(ctx, keys.Generate{Algorithm: r.Algorithm, ID: r.ID, Activate: r.Activate,
		SignsFrom: given(r.SignsFrom)})
	return s.keyChanged(ctx, "key generated", done, err)
}

// KeyActivation has a key sign.
type KeyActivation struct {
	ID string     `json:"id"`           // kid, or how no other begins
	At *time.Time `json:"at,omitempty"` // from then on; null: at once
}

func (s *server) activateKey(ctx context.Context, _ None, r KeyActivation) (KeyChanged, error) {
	done, err := s.cfg.Keys.Activate(ctx, r.ID, given(r.At))
	return s.keyChanged(ctx, "key activated", done, err)
}

// KeyRetirement ends a key.
type KeyRetirement struct {
	ID    string `json:"id"`              // kid, or how no other begins
	Force bool   `json:"force,omitempty"` // also the key that signs
}

func (s *server) retireKey(ctx context.Context, _ None, r KeyRetirement) (KeyChanged, error) {
	done, err := s.cfg.Keys.Retire(ctx, r.ID, r.Force)
	return s.keyChanged(ctx, "key retired", done, err)
}

// keyChanged answers what changed a key, or failed to, and logs it.
func (s *server) keyChanged(ctx context.Context, what string, done keys.Changed, err error) (KeyChanged, error) {
	if err != nil {
		return KeyChanged{}, err
	}
	list, err := s.cfg.Keys.List(ctx)
	if err != nil {
		return KeyChanged{}, err
	}
	answer := KeyChanged{Key: keyView(done.Key), Warnings: s.keyWarnings(done.Warnings), Next: nextView(list)}
	s.keyDid(what, answer.Key)
	return answer, nil
}

// keyDid logs a change of a key.
func (s *server) keyDid(what string, k Key) {
	about := []any{"kid", k.ID, "algorithm", k.Algorithm, "state", k.State}
	if k.SignsFrom != nil {
		about = append(about, "signs_from", k.SignsFrom.Format(time.RFC3339))
	}
	if k.Ends != nil {
		about = append(about, "ends", k.Ends.Format(time.RFC3339))
	}
	s.cfg.Log.Info("admin: "+what, about...)
}

// keyWarnings logs the warnings of a change, and gives them for the answer.
func (s *server) keyWarnings(warnings []string) []string {
	for _, w := range warnings {
		s.cfg.Log.Warn("admin: " + w)
	}
	return list(warnings)
}

// given is a time of a request; zero for none.
func given(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func keyView(k keys.Key) Key {
	return Key{
		ID: k.ID, Algorithm: k.Algorithm, State: k.State.String(), Published: known(k.Added),
		SignsFrom: known(k.SignsFrom), Ends: known(k.Ends), Origin: string(k.Origin), Here: k.Here,
		Node: k.Node, VerifiesWithoutKid: k.Unnamed, RefreshOnly: k.RefreshOnly, Symmetric: k.Symmetric,
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
