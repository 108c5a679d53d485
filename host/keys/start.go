package keys

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// Started says what Start did.
type Started struct {
	Signs    Key  // the key that signs; zero: none does (VERIFYING_KEY alone)
	Made     bool // it is new
	Lost     bool // it is new although there were keys: the private part of the one that signed is not here
	Warnings []string
}

// Start makes the keys of a store ready for a node: it records keys that sign elsewhere, and has a key sign if none
// does, making one if there is none that can. Then it does what Check and Raise do. At an edge, where it asks nobody,
// the hub publishes such keys later: see Tick.
func (m *Manager) Start(ctx context.Context) (Started, error) {
	var s Started
	number := m.number()
	if number != 0 {
		if err := m.settingsOfFleet(); err != nil {
			return s, err
		}
	}
	if number > fact.HubNumber {
		return m.Check(ctx)
	}
	away, err := m.recordOutside(ctx, &s)
	if err != nil {
		return s, err
	}
	if m.cfg.Configured == nil {
		if err := m.haveSigner(ctx, &s, away); err != nil {
			return s, err
		}
	}
	checked, err := m.Check(ctx)
	s.Signs, s.Warnings = checked.Signs, append(s.Warnings, checked.Warnings...)
	if err != nil {
		return s, err
	}
	return s, m.Raise(ctx)
}

// Check says which key signs, and warns of its end. It refuses keys of which none signs, or one that has ended; an edge
// then issues nothing, and it warns. It changes nothing.
func (m *Manager) Check(ctx context.Context) (s Started, err error) {
	if m.cfg.Configured != nil {
		if len(m.cfg.Configured.Set().Signing) > 0 {
			s.Signs = m.configured()
		}
		return s, nil
	}
	have, err := m.stored(ctx)
	if err != nil {
		return s, err
	}
	life, now := have.life(), m.cfg.Now()
	signer := life.SigningAt(now)
	if have.number > fact.HubNumber && (signer < 0 || life.State(signer, now) == core.KeyGone) {
		s.Warnings = append(s.Warnings, "no key of this edge signs: it issues no token until the hub of the fleet has "+
			"published one")
		return s, nil
	}
	if signer < 0 {
		return s, errors.New("no key of the store signs: edgetoken keys generate --activate makes one; to go on " +
			"with a configured SIGNING_KEY, import it (edgetoken keys import --signing-key) before it leaves the " +
			"configuration")
	}
	if s.Signs = m.describe(have, life, signer, now); s.Signs.State == core.KeyGone {
		return s, fmt.Errorf("key %s has signed, and ended at %s: edgetoken keys generate --activate makes another; "+
			"what the old one signed stays refused", s.Signs.ID, s.Signs.Ends.Format(time.RFC3339))
	}
	if text, soon := m.ending(have, life, now); soon && m.dueToWarn(now) {
		s.Warnings = append(s.Warnings, text)
	}
	return s, nil
}

// Raise notes under which settings the keys sign from now on: how long tokens live, and in the exact wire that they
// have no kid. At an edge the hub notes it: see Tick.
func (m *Manager) Raise(ctx context.Context) error {
	number := m.number()
	if m.cfg.Configured != nil || number > fact.HubNumber {
		return nil
	}
	return m.cfg.Store.UpdateKeys(ctx, func(list []store.Key) (u store.KeyUpdate, err error) {
		u.Put = m.raises(&records{list, number})
		return u, nil
	})
}

// raises are the records of the keys that sign under longer lifetimes than was known. The hub notes its own of the keys
// of all nodes.
func (m *Manager) raises(have *records) (put []store.Key) {
	life, now := have.life(), m.cfg.Now()
	signer := life.SigningAt(now)
	for i, k := range have.list {
		signs := i == signer || k.SignsFrom > now.Unix() || life.State(i, now) == core.KeySigning
		unnamed := m.cfg.Settings.Wire == core.Exact && i == signer
		concerns := m.here(have, &k) || have.number == fact.HubNumber && !have.mine(&k)
		if !signs || !concerns || k.Longest >= m.longest() && (k.NoKID || !unnamed) {
			continue
		}
		k.Longest, k.NoKID = max(k.Longest, m.longest()), k.NoKID || unnamed
		put = append(put, k)
	}
	return put
}

// haveSigner has a key of the store sign if none does that can. Nobody else changes keys at the start. Whoever has keys
// elsewhere wants no private key here, so none is made beside them; away says why they could not be listed.
func (m *Manager) haveSigner(ctx context.Context, s *Started, away error) error {
	have, err := m.stored(ctx)
	if err != nil {
		return err
	}
	life, now := have.life(), m.cfg.Now()
	if m.hasSigner(have, life, now) {
		return nil
	}
	k, sealed, err := m.newSigner(ctx, have, away)
	if err != nil {
		return err
	}
	k.SignsFrom = now.Unix()
	u := store.KeyUpdate{Put: []store.Key{k}}
	if sealed != nil {
		u.Seal = map[string][]byte{k.ID: sealed}
		s.Made, s.Lost = true, life.SigningAt(now) >= 0
	}
	return m.cfg.Store.UpdateKeys(ctx, func([]store.Key) (store.KeyUpdate, error) { return u, nil })
}

// hasSigner reports whether a key signs at this node for which no other is wanted. One that was ended keeps its place:
// whoever ended it wanted that nothing is signed.
func (m *Manager) hasSigner(have *records, life lives, now time.Time) bool {
	signer := life.SigningAt(now)
	return signer >= 0 && (m.here(have, &have.list[signer]) || life.State(signer, now) == core.KeyGone)
}

// newSigner is the key that signs next where none can: one that is here and not scheduled, or a new one, whose private
// part is sealed; nil: it is in the store.
func (m *Manager) newSigner(ctx context.Context, have *records, away error) (k store.Key, sealed []byte, err error) {
	now := m.now()
	next := slices.IndexFunc(have.list, func(k store.Key) bool {
		return m.here(have, &k) && k.SignsFrom == 0 && !k.Retired && (k.Ends == 0 || k.Ends > now)
	})
	switch {
	case next >= 0:
		return have.list[next], nil, nil
	case m.cfg.Outside != nil:
		return k, nil, fmt.Errorf("no key can sign: %w: start the signer first, or make a key here by edgetoken keys "+
			"generate --activate", cmp.Or(away, errors.New("the signer has none that can be used")))
	}
	key, err := newKey(cmp.Or(m.cfg.Algorithm, "ES256"))
	if err != nil {
		return k, nil, err
	}
	return m.record(ctx, key, store.Key{Origin: store.KeyGenerated, Node: have.number})
}

// recordOutside records the keys that sign elsewhere and are not known yet. If they cannot be asked for, those that are
// known go on; away says why.
func (m *Manager) recordOutside(ctx context.Context, s *Started) (away, err error) {
	if m.cfg.Outside == nil {
		return nil, nil
	}
	outside, err := m.cfg.Outside.Keys(ctx)
	if err != nil {
		s.Warnings = append(s.Warnings, fmt.Sprintf("the keys of the signer cannot be listed, so that only those that "+
			"are known sign: %v", err))
		return err, nil
	}
	var full error
	err = m.write(ctx, func(have *records) (u store.KeyUpdate, err error) {
		now := m.cfg.Now()
		for _, key := range outside {
			if have.index(key.ID()) >= 0 {
				continue
			}
			k := m.described(key, store.Key{Origin: store.KeyFromSigner, Node: have.number,
				Longest: m.longest()})
			if full = have.room(now, append(u.Put, k)...); full != nil {
				break
			}
			u.Put = append(u.Put, k)
		}
		return u, nil
	})
	if full != nil {
		s.Warnings = append(s.Warnings, fmt.Sprintf("not all keys of the signer are taken in: %v", full))
	}
	return nil, err
}

// MoveIn takes over the key of a file, with which earlier releases signed: ends is its end in Unix seconds, 0 for none.
// It reports whether the store has the key now, so that the file can go; false: the store has other keys.
func (m *Manager) MoveIn(ctx context.Context, key keyring.Key, ends int64) (moved bool, err error) {
	list, err := m.cfg.Store.Keys(ctx)
	if err != nil {
		return false, err
	}
	if len(list) > 0 {
		return m.has(ctx, list, key)
	}
	kept, err := m.cfg.Store.Lifetimes(ctx)
	if err != nil {
		return false, err
	}
	k, sealed, err := m.record(ctx, key, store.Key{Origin: store.KeyFromFile, NoKID: true, SignsFrom: m.now(),
		Ends: ends, Longest: max(kept.Access, kept.Refresh)})
	if err != nil {
		return false, err
	}
	err = m.cfg.Store.UpdateKeys(ctx, func([]store.Key) (store.KeyUpdate, error) {
		return store.KeyUpdate{Put: []store.Key{k}, Seal: map[string][]byte{k.ID: sealed}}, nil
	})
	return err == nil, err
}

// has reports whether a key is among those of the store, with its private part.
func (m *Manager) has(ctx context.Context, list []store.Key, key keyring.Key) (bool, error) {
	for i, k := range list {
		if k.ID != key.ID() || !k.Sealed {
			continue
		}
		held, err := m.openSealed(ctx, &list[i])
		return err == nil && held.Equal(key), err
	}
	return false, nil
}
