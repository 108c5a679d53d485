package keys

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/store"
)

// Import is what is asked of keys that come from elsewhere.
type Import struct {
	Text []byte // keys in any format that keyring.Read knows; or a SECRET_KEY; not for SigningKey
	// Algorithm is for keys that do not say theirs: RSA in PEM, a secret. "": ALGORITHM.
	Algorithm string
	ID        string    // kid of the only key; "": its own, or as Generate has it
	Until     time.Time // the end of the keys; zero: their own, if they have one
	Activate  bool      // the only key signs at once
	// SecretKey: Text is Django's SECRET_KEY, which from now on checks refresh tokens alone. Until is by default after
	// REFRESH_TOKEN_LIFETIME, when all that Django issued have expired.
	SecretKey bool
	// SigningKey: the configured SIGNING_KEY is imported, so that it can leave the configuration and go on.
	SigningKey bool
}

// Imported says what Import did.
type Imported struct {
	Keys     []Key
	Skipped  []keyring.Skipped // keys of the text that cannot be used, with the reasons
	Warnings []string
}

// incoming is a key that is imported, and what its record says beside it.
type incoming struct {
	key    keyring.Key
	index  int // its place in the text, from 0
	record store.Key
	sealed []byte
}

// Import stores keys that come from elsewhere: all that can be used, or after an error none.
func (m *Manager) Import(ctx context.Context, i Import) (Imported, error) {
	if i.Activate {
		if err := m.managed(); err != nil {
			return Imported{}, err
		}
	}
	if err := m.onlyHub("imports keys"); err != nil {
		return Imported{}, err
	}
	list, skipped, err := m.read(ctx, i)
	if err != nil {
		return Imported{}, err
	}
	done := Imported{Skipped: skipped}
	if len(list) > 1 && (i.ID != "" || i.Activate) {
		return done, fmt.Errorf("%w: the text has %d keys, and --id and --activate are for one", ErrRefused, len(list))
	}
	for n := range list {
		if err := m.prepare(ctx, &list[n], i); err != nil {
			return done, err
		}
	}
	var there []keyring.Skipped
	err = m.update(ctx, func(have *records) (u store.KeyUpdate, err error) {
		u, there, err = have.takeAll(list, m.cfg.Now())
		if err == nil && i.Activate {
			if len(there) > 0 {
				return u, fmt.Errorf("%w: key %s is in the store already: edgetoken keys activate has it sign",
					ErrRefused, there[0].ID)
			}
			have.list = slices.DeleteFunc(have.list, func(k store.Key) bool { return k.ID == u.Put[0].ID })
			have.list = append(have.list, u.Put[0])
			u.Put, done.Warnings, err = m.schedule(have, len(have.list)-1, schedule{now: true})
		}
		return u, err
	})
	if err != nil {
		return Imported{}, err
	}
	done.Skipped = append(done.Skipped, there...)
	for _, in := range list {
		if slices.ContainsFunc(there, func(s keyring.Skipped) bool { return s.Index == in.index }) {
			continue
		}
		k, err := m.show(ctx, in.key.ID())
		if err != nil {
			return done, err
		}
		done.Keys = append(done.Keys, k)
	}
	return done, nil
}

// prepare makes the record of a key that comes in, and seals its private part.
func (m *Manager) prepare(ctx context.Context, in *incoming, i Import) (err error) {
	if i.ID != "" {
		in.key = in.key.WithID(i.ID)
	}
	if !i.Until.IsZero() {
		in.record.Ends = i.Until.Unix()
	}
	if end := in.record.Ends; end != 0 && end <= m.now() {
		return fmt.Errorf("%w: key %s ended at %s, which is past", ErrRefused, in.key.ID(),
			moment(end).Format(time.RFC3339))
	}
	in.record, in.sealed, err = m.record(ctx, in.key, in.record)
	return err
}

// read reads the keys to import.
func (m *Manager) read(ctx context.Context, i Import) ([]incoming, []keyring.Skipped, error) {
	switch {
	case i.SecretKey && i.SigningKey:
		return nil, nil, errors.New("one text is either a SECRET_KEY or the configured SIGNING_KEY")
	case i.SecretKey:
		in, err := m.secretKey(i)
		return []incoming{in}, nil, err
	case i.SigningKey:
		in, err := m.signingKey(ctx)
		return []incoming{in}, nil, err
	}
	algorithm := i.Algorithm
	if algorithm == "" {
		algorithm = m.cfg.Algorithm
	}
	found, err := keyring.Read(i.Text, algorithm)
	if err != nil {
		return nil, nil, err
	}
	// A key that ended is skipped beside others, as in the key set of an issuer that changes keys.
	over := func(f keyring.FoundKey) bool { return f.NotAfter != 0 && f.NotAfter <= m.now() && i.Until.IsZero() }
	all := !slices.ContainsFunc(found.Keys, func(f keyring.FoundKey) bool { return !over(f) })
	var list []incoming
	for _, f := range found.Keys {
		if over(f) && !all {
			in := keyring.Skipped{Index: f.Index, ID: f.ID(), Reason: "its exp is past"}
			found.Skipped = append(found.Skipped, in)
			continue
		}
		record := store.Key{Origin: store.KeyImported, Ends: f.NotAfter}
		list = append(list, incoming{key: f.Key, index: f.Index, record: record})
	}
	slices.SortFunc(found.Skipped, func(a, b keyring.Skipped) int { return a.Index - b.Index })
	return list, found.Skipped, nil
}

// secretKey reads Django's SECRET_KEY.
func (m *Manager) secretKey(i Import) (incoming, error) {
	algorithm := i.Algorithm
	if algorithm == "" {
		if algorithm = "HS256"; strings.HasPrefix(m.cfg.Algorithm, "HS") {
			algorithm = m.cfg.Algorithm
		}
	}
	switch {
	case i.Activate:
		return incoming{}, fmt.Errorf("%w: a SECRET_KEY only verifies refresh tokens: whoever else holds it could "+
			"sign too", ErrRefused)
	case !strings.HasPrefix(algorithm, "HS"):
		return incoming{}, fmt.Errorf("%w: a SECRET_KEY is a secret, and %s has none: simplejwt signs with it by "+
			"HS256, HS384 or HS512", ErrRefused, algorithm)
	case keyring.IsKeyPair(i.Text):
		return incoming{}, fmt.Errorf("%w: it is a key pair's and no SECRET_KEY (PyJWT refuses it too): leave "+
			"--django-secret-key out", ErrRefused)
	case m.cfg.Settings.TokenTypeClaim == "":
		return incoming{}, fmt.Errorf("%w: TOKEN_TYPE_CLAIM is None, so that no token says whether it is a refresh "+
			"token", ErrRefused)
	case m.cfg.Configured == nil && m.cfg.Settings.Wire == core.Exact:
		return incoming{}, fmt.Errorf("%w: in wire: exact no token has a kid, and those that this node issues have "+
			"none either: configure the secret as SIGNING_KEY instead", ErrRefused)
	}
	ring, err := keyring.FromSettings(algorithm, bytes.TrimRight(i.Text, "\r\n"), nil, m.cfg.AllowWeak)
	if err != nil {
		return incoming{}, fmt.Errorf("SECRET_KEY: %w", err)
	}
	return incoming{
		key: ring.Members()[0].Key,
		record: store.Key{Origin: store.KeyFromDjango, NoKID: true, RefreshOnly: true,
			Ends: m.now() + int64(m.cfg.Settings.RefreshTokenLifetime/time.Second)},
	}, nil
}

// signingKey is the configured SIGNING_KEY. It signs from now on by its dates, so that it goes on when the setting
// goes.
func (m *Manager) signingKey(ctx context.Context) (incoming, error) {
	if m.cfg.Configured == nil || len(m.cfg.Configured.Set().Signing) == 0 {
		return incoming{}, fmt.Errorf("%w: no SIGNING_KEY is configured", ErrRefused)
	}
	kept, err := m.cfg.Store.Lifetimes(ctx)
	if err != nil {
		return incoming{}, err
	}
	return incoming{
		key: m.cfg.Configured.Members()[0].Key,
		record: store.Key{Origin: store.KeyFromSetting, NoKID: true, SignsFrom: m.now(),
			Longest: max(kept.Access, kept.Refresh, m.longest())},
	}, nil
}

// takeAll is the update that stores keys that come in. Those that the store has already are skipped, so that a set that
// its issuer keeps up to date can be imported again.
func (r *records) takeAll(list []incoming, now time.Time) (u store.KeyUpdate, there []keyring.Skipped, err error) {
	u.Seal = map[string][]byte{}
	life := r.life()
	for n := range list {
		in := &list[n]
		k, has, err := r.take(in, life, now)
		if err != nil {
			return u, nil, err
		}
		if has {
			there = append(there, keyring.Skipped{Index: in.index, ID: k.ID, Reason: "the store has it already"})
			continue
		}
		u.Put = append(u.Put, k)
		if in.sealed != nil {
			u.Seal[k.ID] = in.sealed
		}
	}
	return u, there, r.room(now, u.Put...)
}

// take is the record of a key that comes in: a new one, or that of a public key whose private part was missing. has
// says that the store lacks nothing of it.
func (r *records) take(in *incoming, life lives, now time.Time) (k store.Key, has bool, err error) {
	k = in.record
	k.Node = r.number
	if r.number != 0 && k.Public == nil {
		return k, false, fmt.Errorf("%w: key %s is a secret, which the nodes of a fleet do not share", ErrRefused, k.ID)
	}
	if i := r.index(k.ID); i >= 0 {
		old := r.list[i]
		if k.Public == nil || old.Algorithm != k.Algorithm || !bytes.Equal(old.Public, k.Public) ||
			life.State(i, now) == core.KeyGone {
			return k, false, fmt.Errorf("%w: there is a key with the kid %s already", ErrRefused, k.ID)
		}
		old.Longest = max(old.Longest, k.Longest)
		return old, old.Sealed || in.sealed == nil, nil
	}
	if other := r.marked(life, now); k.NoKID && other >= 0 {
		return k, false, fmt.Errorf("%w: key %s verifies the tokens that name no key, and only one can: retire that "+
			"first", ErrRefused, r.list[other].ID)
	}
	return k, false, nil
}
