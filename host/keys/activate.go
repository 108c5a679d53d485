package keys

import (
	"context"
	"fmt"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// Activate has a key sign from a time on, or at once where at is zero. The one that signs until then goes on checking
// what it signed.
func (m *Manager) Activate(ctx context.Context, id string, at time.Time) (Changed, error) {
	if err := m.managed(); err != nil {
		return Changed{}, err
	}
	var c Changed
	err := m.update(ctx, func(have *records) (store.KeyUpdate, error) {
		i, err := have.find(id)
		if err != nil {
			return store.KeyUpdate{}, err
		}
		c.Key.ID = have.list[i].ID
		put, warnings, err := m.schedule(have, i, schedule{now: at.IsZero(), at: at})
		c.Warnings = warnings
		return store.KeyUpdate{Put: put}, err
	})
	if err != nil {
		return Changed{}, err
	}
	c.Key, err = m.show(ctx, c.Key.ID)
	return c, err
}

// schedule is when a key signs: now, at a time, or where both are zero, not by itself.
type schedule struct {
	now bool
	at  time.Time
}

// from is the time in Unix seconds.
func (s schedule) from(now time.Time) int64 {
	if s.now {
		return now.Unix()
	}
	return s.at.Unix()
}

// schedule has the key of a record sign. It gives the records that change, and warnings.
func (m *Manager) schedule(have *records, i int, when schedule) (put []store.Key, warnings []string, err error) {
	if err := m.maySign(have, i, when); err != nil {
		return nil, nil, err
	}
	k, now, life := &have.list[i], m.cfg.Now(), have.life()
	from, added := max(when.from(now), m.earliest(have, k)), time.Unix(k.Added, 0)
	if k.Ends != 0 && k.Ends <= from+m.longest() {
		warnings = append(warnings, fmt.Sprintf("key %s ends at %s, before what it signs expires: those tokens are "+
			"refused from then on", k.ID, moment(k.Ends).Format(time.RFC3339)))
	}
	if k.SignsFrom > now.Unix() && !when.now {
		warnings = append(warnings, fmt.Sprintf("key %s was to sign from %s on", k.ID,
			moment(k.SignsFrom).Format(time.RFC3339)))
	}
	known := time.Unix(from, 0).Sub(added)
	if known < m.cfg.PublishBefore.Truncate(time.Second) && k.Public != nil && life.SigningAt(now) >= 0 {
		warnings = append(warnings, fmt.Sprintf("key %s will have been published for %v when it signs, less than "+
			"keys.publish_before (%v): whoever verifies tokens with keys that were fetched earlier refuses them until "+
			"it fetches anew", k.ID, known, m.cfg.PublishBefore))
	}
	k.SignsFrom, k.Longest = from, max(k.Longest, m.longest())
	put, err = have.makeRoom(i, when.now)
	return have.keepGone(put, life, now), warnings, err
}

// earliest is from when on a key may sign, in Unix seconds: in a fleet once the other nodes know it.
func (m *Manager) earliest(have *records, k *store.Key) int64 {
	if have.number == 0 {
		return m.now()
	}
	return max(m.now(), k.Added+int64(m.knownWithin()/time.Second))
}

// maySign says why a key cannot be scheduled.
func (m *Manager) maySign(have *records, i int, when schedule) error {
	k, now := &have.list[i], m.cfg.Now()
	switch state := have.life().State(i, now); {
	case state == core.KeyGone:
		return fmt.Errorf("%w: key %s is gone: generate another", ErrRefused, k.ID)
	case have.number != 0 && k.Public == nil:
		return fmt.Errorf("%w: key %s is a secret, and in a fleet only key pairs sign", ErrRefused, k.ID)
	case k.RefreshOnly:
		return fmt.Errorf("%w: key %s only verifies refresh tokens, since others hold it too", ErrRefused, k.ID)
	case have.left(k):
		return fmt.Errorf("%w: key %s is of node %d of a fleet that this node has left", ErrRefused, k.ID, k.Node)
	case !have.mine(k):
		return fmt.Errorf("%w: node %d signs with key %s: activate it there", ErrRefused, k.Node, k.ID)
	case !m.here(have, k):
		return fmt.Errorf("%w: the private part of key %s is not here", ErrRefused, k.ID)
	case state == core.KeySigning && when.now:
		return fmt.Errorf("%w: key %s signs already", ErrRefused, k.ID)
	case state == core.KeySigning:
		return fmt.Errorf("%w: key %s signs now: have another one sign first", ErrRefused, k.ID)
	case !when.now && when.at.Unix() <= now.Unix():
		return fmt.Errorf("%w: %s is past: leave the time out to have the key sign at once", ErrRefused,
			when.at.UTC().Format(time.RFC3339))
	case k.Ends != 0 && k.Ends <= when.from(now):
		return fmt.Errorf("%w: key %s ends at %s, and no key would sign from %s on", ErrRefused, k.ID,
			moment(k.Ends).Format(time.RFC3339), moment(when.from(now)).Format(time.RFC3339))
	}
	return nil
}

// makeRoom gives the records that change where key i begins to sign. Of two keys that sign from one second on, the
// order of the store would decide. So where it signs from now on, the one before began a second earlier.
func (r *records) makeRoom(i int, now bool) ([]store.Key, error) {
	put, moved := []store.Key{r.list[i]}, map[int]bool{i: true}
	for taken := r.list[i].SignsFrom; ; taken-- {
		other := -1
		for n, k := range r.list {
			if k.SignsFrom == taken && !moved[n] && r.mine(&k) {
				other = n
				break
			}
		}
		if other < 0 {
			return put, nil
		}
		if !now {
			return nil, fmt.Errorf("%w: key %s begins to sign at that time: take another", ErrRefused, r.list[other].ID)
		}
		moved[other] = true
		r.list[other].SignsFrom--
		put = append(put, r.list[other])
	}
}

// keepGone ends keys for good that are gone by life: by the new schedule the one that took over may have done so later.
func (r *records) keepGone(put []store.Key, life lives, now time.Time) []store.Key {
	is := r.life()
	for i := range r.list {
		if life.State(i, now) == core.KeyGone && is.State(i, now) != core.KeyGone {
			r.list[i].Ends = life.Ends(i)
			put = append(put, r.list[i])
		}
	}
	return put
}
