package keys

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/store"
)

// Ring is the keys in force: those of the store that are not gone, whatever node signs with them, and the configured
// one. A key that can sign no more, since its private part is not here, checks what it signed.
func (m *Manager) Ring(ctx context.Context) (*keyring.Ring, error) {
	have, err := m.stored(ctx)
	if err != nil {
		return nil, err
	}
	life, now := have.life(), m.cfg.Now()
	var members []keyring.Member
	if m.cfg.Configured != nil {
		members = m.cfg.Configured.Members()
	}
	unnamed := m.unnamed(have, life, now)
	index := make([]int, len(have.list)) // in members, by that of the record; -1: it is gone
	for i := range have.list {
		k := &have.list[i]
		index[i] = -1
		if life.State(i, now) == core.KeyGone || k.Public == nil && !k.Sealed {
			m.forget(k.ID)
			continue // a secret that is not here checks nothing
		}
		key, err := m.key(ctx, k)
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", k.ID, err)
		}
		info := life.keys[i]
		info.Default, info.NotAfter = i == unnamed, life.Ends(i)
		index[i] = len(members)
		members = append(members, keyring.Member{Key: key, Info: info})
	}
	if m.cfg.Configured != nil {
		return keyring.NewRing(members, m.cfg.Configured.Set().Signing)
	}
	if len(members) == 1 {
		members[0].Info.Default = true
	}
	return keyring.NewRing(members, signing(life, now, func(i int) int {
		if index[i] < 0 || !members[index[i]].Key.CanSign() {
			return -1
		}
		return index[i]
	}))
}

// signing is the schedule of this node for other indexes; index gives -1 for a key that cannot sign. Where that is the
// one that would sign now, no earlier one signs in its place.
func signing(life lives, now time.Time, index func(int) int) (list []core.SigningKey) {
	for _, s := range life.Signing() {
		if at := index(s.Key); at >= 0 {
			list = append(list, core.SigningKey{Key: at, From: s.From})
		} else if s.From <= now.Unix() {
			list = nil
		}
	}
	return list
}

// unnamed is the record that checks tokens without kid, which SIGNING_KEY does where it is configured; -1: none. It is
// the one that is marked for it, or in the exact wire, which writes no kid, the one that signs.
func (m *Manager) unnamed(have *records, life lives, now time.Time) int {
	switch {
	case m.cfg.Configured != nil:
		return -1
	case m.cfg.Settings.Wire == core.Exact:
		return life.SigningAt(now)
	}
	return have.marked(life, now)
}

// marked is the record that is marked to check tokens without kid and is not gone; -1: none. The indexes of life are
// those of the records.
func (r *records) marked(life lives, now time.Time) int {
	for i, k := range r.list {
		if k.NoKID && life.State(i, now) != core.KeyGone {
			return i
		}
	}
	return -1
}

// key is the key of a record, with its private part where that is here or elsewhere.
func (m *Manager) key(ctx context.Context, k *store.Key) (keyring.Key, error) {
	m.mu.Lock()
	key, known := m.opened[k.ID]
	m.mu.Unlock()
	if known && m.holds(k) && bytes.Equal(key.Public(), k.Public) {
		return key, nil
	}
	key, err := m.open(ctx, k)
	if err == nil && key.CanSign() {
		m.mu.Lock()
		m.opened[k.ID] = key
		m.mu.Unlock()
	}
	return key, err
}

// forget keeps no private part in memory of a key that is gone.
func (m *Manager) forget(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.opened, id)
}

func (m *Manager) open(ctx context.Context, k *store.Key) (keyring.Key, error) {
	switch {
	case k.Sealed && (m.cfg.Configured == nil || k.Public == nil):
		return m.openSealed(ctx, k)
	case k.Origin == store.KeyFromSigner && m.cfg.Configured == nil && m.cfg.Outside != nil:
		return m.cfg.Outside.Key(k.Algorithm, k.ID, k.Public)
	}
	return keyring.ParsePublic(k.Algorithm, k.ID, k.Public)
}

// openSealed is the key of a record whose private part is here.
func (m *Manager) openSealed(ctx context.Context, k *store.Key) (keyring.Key, error) {
	sealed, err := m.cfg.Store.SealedKey(ctx, k.ID)
	if err != nil {
		return keyring.Key{}, err
	}
	sealer, err := m.cfg.Sealer(false)
	if err != nil {
		return keyring.Key{}, err
	}
	private, err := sealer.Open(k.ID, k.Algorithm, k.Public, sealed)
	if err != nil {
		return keyring.Key{}, err
	}
	return keyring.ParsePrivate(k.Algorithm, k.ID, private)
}

// seal is the private part of a key as the store keeps it.
func (m *Manager) seal(ctx context.Context, k keyring.Key) ([]byte, error) {
	private, err := k.MarshalPrivate()
	if err != nil {
		return nil, err
	}
	sealer, err := m.sealer(ctx)
	if err != nil {
		return nil, err
	}
	return sealer.Seal(k.ID(), k.Algorithm(), k.Public(), private)
}

// sealer is that of the node secret, which is made only if no key is sealed yet. It refuses another secret than that of
// the keys that are: one secret must open them all.
func (m *Manager) sealer(ctx context.Context) (*keyring.Sealer, error) {
	list, err := m.cfg.Store.SealedKeys(ctx)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return m.cfg.Sealer(true)
	}
	if _, err := m.openSealed(ctx, &list[0]); errors.Is(err, keyring.ErrNodeSecret) {
		return nil, err
	}
	return m.cfg.Sealer(false)
}
