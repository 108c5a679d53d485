package keys

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// rotates reports when the next key is made by itself (keys.rotate_every), in Unix seconds; is is false if none is. The
// key that signs gives way after RotateEvery, or so early that what it signs expires before its own end.
func (m *Manager) rotates(have *records, life lives, now time.Time) (at int64, is bool) {
	over, is := m.takeOver(have, life, now)
	return over - int64(m.publishBefore(have)/time.Second), is
}

// publishBefore is how long a key is published before it takes over by itself.
func (m *Manager) publishBefore(have *records) time.Duration {
	if have.number == 0 {
		return m.cfg.PublishBefore
	}
	return max(m.cfg.PublishBefore, m.knownWithin())
}

// takeOver is when another key is to take over by itself, in Unix seconds.
func (m *Manager) takeOver(have *records, life lives, now time.Time) (at int64, is bool) {
	signer := life.SigningAt(now)
	if m.cfg.RotateEvery == 0 || m.managed() != nil || signer < 0 {
		return 0, false
	}
	for _, s := range life.Signing() {
		if s.From > now.Unix() {
			return 0, false // one takes over as it is
		}
	}
	k := have.list[signer]
	if k.Origin == store.KeyFromSigner {
		return 0, false // a new key would be here, and the operator wants it elsewhere
	}
	at = k.SignsFrom + int64(m.cfg.RotateEvery/time.Second)
	if k.Ends != 0 {
		at = min(at, k.Ends-k.Longest)
	}
	return at, true
}

// Tick does what the time has brought: it makes and publishes the next key where one is due, has the keys in force
// follow the store, and warns of an end. At an edge it has the hub publish a key if none signs. It is to be called
// about once a second; mostly there is nothing to do. Where no key can be made it tries again after a minute, or where
// the hub is away after seconds, and does the rest.
func (m *Manager) Tick(ctx context.Context) error {
	version, now := m.cfg.Store.KeysVersion(), m.cfg.Now() // before the keys, which may be newer then
	if m.quiet(version, now) {
		return nil
	}
	if err := m.sealWaiting(ctx); err != nil {
		return err
	}
	have, err := m.stored(ctx)
	if err != nil {
		return err
	}
	life := have.life()
	due, rotates := m.rotates(have, life, now)
	var failed error
	if rotates && due <= now.Unix() && m.clockGood() {
		if failed = m.rotate(ctx); failed == nil {
			return nil // the next call looks at what is there now
		}
	}
	if text, soon := m.ending(have, life, now); soon && m.dueToWarn(now) {
		m.cfg.Log.Warn(text)
	}
	if err := m.inForce(); err != nil {
		return errors.Join(failed, err)
	}
	next := now.Add(warnEvery).Unix()
	if have.number > fact.HubNumber {
		waits, err := m.tickEdge(ctx)
		if failed = errors.Join(failed, err); waits {
			next = now.Add(time.Second).Unix()
		}
	}
	if at := life.NextChange(now); at != 0 {
		next = min(next, at)
	}
	switch {
	case failed != nil:
		next = min(next, now.Add(time.Minute).Unix())
	case rotates:
		next = min(next, max(due, now.Unix()+1)) // due already where the clock is not good
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.version, m.looked, m.due = version, now, next
	return failed
}

// quiet reports whether nothing has changed since the last look, and nothing is due.
func (m *Manager) quiet(version uint64, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return version == m.version && !now.Before(m.looked) && now.Unix() < m.due
}

func (m *Manager) clockGood() bool { return m.cfg.ClockGood == nil || m.cfg.ClockGood() }

// rotate makes and publishes the next key.
func (m *Manager) rotate(ctx context.Context) error {
	algorithm, err := m.usual(ctx)
	if err != nil {
		return err
	}
	key, err := newKey(algorithm)
	if err != nil {
		return err
	}
	k, sealed, err := m.record(ctx, key, store.Key{Origin: store.KeyGenerated})
	if err != nil {
		return err
	}
	made := false
	err = m.update(ctx, func(have *records) (store.KeyUpdate, error) {
		life, now := have.life(), m.cfg.Now()
		over, is := m.takeOver(have, life, now)
		published := now.Unix() + int64(m.publishBefore(have)/time.Second)
		if made = is && over <= published; !made {
			return store.KeyUpdate{}, nil // another call made it
		}
		k.Node, k.SignsFrom = have.number, max(over, published)
		if err := have.room(now, k); err != nil {
			return store.KeyUpdate{}, err
		}
		return store.KeyUpdate{Put: []store.Key{k}, Seal: map[string][]byte{k.ID: sealed}}, nil
	})
	if made && err == nil {
		m.cfg.Log.Info("made and published the next signing key (keys.rotate_every)", "kid", k.ID, "algorithm",
			k.Algorithm, "signs_from", moment(k.SignsFrom).Format(time.RFC3339))
	}
	return err
}

// Bounds of the time before the end of the key that signs from which the log warns, where none takes over.
const (
	warnEvery  = 24 * time.Hour
	warnBefore = 30 * 24 * time.Hour
)

func (m *Manager) dueToWarn(now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if since := now.Sub(m.warned); !m.warned.IsZero() && since >= 0 && since < warnEvery {
		return false
	}
	m.warned = now
	return true
}

// ending is a warning where the key that signs ends and none takes over before, "" where that is not so, and whether
// that is so soon that the log has to say it.
func (m *Manager) ending(have *records, life lives, now time.Time) (text string, soon bool) {
	signer := life.SigningAt(now)
	if m.cfg.Configured != nil || signer < 0 {
		return "", false
	}
	k := have.list[signer]
	for _, s := range life.Signing() {
		if s.From > now.Unix() && (k.Ends == 0 || s.From < k.Ends) {
			return "", false
		}
	}
	if _, is := m.rotates(have, life, now); is || k.Ends == 0 {
		return "", false
	}
	left := time.Unix(k.Ends, 0).Sub(now)
	if life.State(signer, now) == core.KeyGone {
		return fmt.Sprintf("key %s has signed, and ended at %s: no token is issued until another signs: edgetoken "+
			"keys generate --activate", k.ID, moment(k.Ends).Format(time.RFC3339)), true
	}
	before := min(warnBefore, time.Duration(k.Ends-k.Added)*time.Second/3)
	return fmt.Sprintf("key %s signs and ends at %s: from then on all that it signed is refused, and nobody can log "+
		"in until another signs: edgetoken keys generate --at a time before that, or set keys.rotate_every", k.ID,
		moment(k.Ends).Format(time.RFC3339)), left <= max(before, time.Duration(m.longest())*time.Second)
}
