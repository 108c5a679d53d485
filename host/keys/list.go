package keys

import (
	"context"
	"fmt"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// Key is what there is to say of a key. Times that are not known, or never come, are zero.
type Key struct {
	ID        string // "": the configured SIGNING_KEY or VERIFYING_KEY
	Node      uint16 // the number in the fleet of the node that signs with it; 0: it never joined one
	Algorithm string
	State     core.KeyState
	Origin    store.KeyOrigin
	Added     time.Time // published since then
	SignsFrom time.Time
	Ends      time.Time // by its dates, or since another took over
	// Here: this node can sign with it. Unnamed: it checks tokens without kid. RefreshOnly: it checks refresh tokens
	// alone. Symmetric: it is a secret, which is never published.
	Here, Unnamed, RefreshOnly, Symmetric bool
}

// List is all keys and what happens next.
type List struct {
	Keys []Key
	// Next says what happens next by itself; "" and zero where nothing does.
	Next string
	At   time.Time
	// Warning says when nobody will be able to log in, if the key that signs ends and none takes over before.
	Warning string
}

// List lists the keys: the configured one, and then those of the store in the order in which they were added.
func (m *Manager) List(ctx context.Context) (List, error) {
	have, err := m.stored(ctx)
	if err != nil {
		return List{}, err
	}
	life, now := have.life(), m.cfg.Now()
	var l List
	if m.cfg.Configured != nil {
		l.Keys = append(l.Keys, m.configured())
	}
	for i := range have.list {
		l.Keys = append(l.Keys, m.describe(have, life, i, now))
	}
	l.Next, l.At = m.next(have, life, now)
	l.Warning, _ = m.ending(have, life, now)
	return l, nil
}

// verifyingKey is the origin of a configured key that does not sign.
const verifyingKey store.KeyOrigin = "VERIFYING_KEY"

// configured describes the configured key.
func (m *Manager) configured() Key {
	set := m.cfg.Configured.Set()
	k := Key{Algorithm: set.Keys[0].Algorithm, State: core.KeyVerifying, Origin: verifyingKey, Unnamed: true,
		Symmetric: m.cfg.Configured.Members()[0].Key.Symmetric()}
	if len(set.Signing) > 0 {
		k.State, k.Here, k.Origin = core.KeySigning, true, store.KeyFromSetting
	}
	return k
}

// describe describes the key of a record at a time.
func (m *Manager) describe(have *records, life lives, i int, now time.Time) Key {
	k := &have.list[i]
	d := Key{
		ID: k.ID, Node: k.Node, Algorithm: k.Algorithm, State: life.State(i, now), Origin: k.Origin,
		Added:     moment(k.Added),
		SignsFrom: moment(k.SignsFrom), Ends: moment(life.Ends(i)), Here: m.here(have, k),
		Unnamed: i == m.unnamed(have, life, now), RefreshOnly: k.RefreshOnly, Symmetric: k.Public == nil,
	}
	if k.Retired {
		d.Ends = moment(k.Ends)
	}
	switch {
	case d.State == core.KeyPublished && (have.mine(k) && !d.Here || d.RefreshOnly || have.left(k)):
		d.State = core.KeyVerifying // it will never sign
	case d.State == core.KeySigning && (m.cfg.Configured != nil || m.withdrawn(have, k)):
		d.State = core.KeyVerifying // the configured one signs, or its node is cut off
	}
	return d
}

// withdrawn reports whether a key is of another node that was withdrawn from the fleet.
func (m *Manager) withdrawn(have *records, k *store.Key) bool {
	member, known := m.cfg.Store.Member(k.Node)
	return known && member.Withdrawn != 0 && !have.mine(k)
}

// here reports whether this node can sign with the key of a record: it is one of its own.
func (m *Manager) here(have *records, k *store.Key) bool { return have.mine(k) && m.holds(k) }

// holds reports whether the private part of a key that may sign is within reach.
func (m *Manager) holds(k *store.Key) bool {
	return !k.RefreshOnly && (k.Sealed || k.Origin == store.KeyFromSigner && m.cfg.Outside != nil)
}

// next says what happens next by itself.
func (m *Manager) next(have *records, life lives, now time.Time) (string, time.Time) {
	at := life.NextChange(now)
	if due, is := m.rotates(have, life, now); is && (at == 0 || due < at) {
		return "a new key is made and published", moment(max(due, now.Unix()))
	}
	if at == 0 {
		return "", time.Time{}
	}
	then := time.Unix(at, 0)
	for i, k := range have.list {
		switch was, is := life.State(i, now), life.State(i, then); {
		case was == is:
		case is == core.KeySigning && m.cfg.Configured == nil:
			return fmt.Sprintf("key %s begins to sign", k.ID), then.UTC()
		case is == core.KeyGone:
			return fmt.Sprintf("key %s is gone: what it signed has expired, or its end has come", k.ID), then.UTC()
		}
	}
	return "", time.Time{}
}

// moment is a time in Unix seconds; zero for 0.
func moment(at int64) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return time.Unix(at, 0).UTC()
}
