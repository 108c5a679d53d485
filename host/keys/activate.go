package keys

import (
	"context"
	"fmt"
	"slices"
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
		k, err := have.find(id)
		if err != nil {
			return store.KeyUpdate{}, err
		}
		put, warnings, err := m.schedule(have, k, schedule{now: at.IsZero(), at: at})
		c.Key.ID, c.Warnings = k.ID, warnings
		return store.KeyUpdate{Put: put}, err
	})
	if err != nil {
		return Changed{}, err
	}
	c.Key, err = m.show(ctx, c.Key.ID)
	return c, err
}

// schedule has the key of a record sign. It gives the records that change, and warnings.
func (m *Manager) schedule(have *records, k *store.Key, when schedule) (put []store.Key, warnings []string,
	err error) {
	life, now := have.life(), m.cfg.Now()
	i := slices.IndexFunc(have.list, func(other store.Key) bool { return other.ID == k.ID })
	from := now.Unix()
	if !when.now {
		from = when.at.Unix()
	}
	switch state := life.State(i, now); {
	case state == core.KeyGone:
		return nil, nil, fmt.Errorf("%w: key %s is gone: generate another", ErrRefused, k.ID)
	case k.RefreshOnly:
		return nil, nil, fmt.Errorf("%w: key %s only checks refresh tokens, since others hold it too", ErrRefused, k.ID)
	case !m.here(k):
		return nil, nil, fmt.Errorf("%w: the private part of key %s is not here", ErrRefused, k.ID)
	case state == core.KeySigning && when.now:
		return nil, nil, fmt.Errorf("%w: key %s signs already", ErrRefused, k.ID)
	case state == core.KeySigning:
		return nil, nil, fmt.Errorf("%w: key %s signs now: have another one sign first", ErrRefused, k.ID)
	case !when.now && from <= now.Unix():
		return nil, nil, fmt.Errorf("%w: %s is past: leave the time out to have the key sign at once", ErrRefused,
			when.at.UTC().Format(time.RFC3339))
	case k.Ends != 0 && k.Ends <= from+m.longest():
		warnings = append(warnings, fmt.Sprintf("key %s ends at %s, before what it signs expires: those tokens are "+
			"refused from then on", k.ID, moment(k.Ends).Format(time.RFC3339)))
	}
	if k.SignsFrom != 0 && k.SignsFrom > now.Unix() && !when.now {
		warnings = append(warnings, fmt.Sprintf("key %s was to sign from %s on", k.ID,
			moment(k.SignsFrom).Format(time.RFC3339)))
	}
	k.SignsFrom, k.Longest = from, max(k.Longest, m.longest())
	if early := k.Added + int64(m.cfg.PublishBefore/time.Second) - from; early > 0 && k.Public != nil &&
		life.SigningAt(now) >= 0 {
		warnings = append(warnings, fmt.Sprintf("key %s will have been published for %v when it signs, less than "+
			"keys.publish_before (%v): whoever verifies tokens with keys that were fetched earlier refuses them until "+
			"it fetches anew", k.ID, time.Duration(from-k.Added)*time.Second, m.cfg.PublishBefore))
	}
	// Of two keys that sign from one second on, the order of the store would decide. So the one before began a second
	// earlier.
	put = []store.Key{*k}
	for taken := from; ; taken-- {
		other := slices.IndexFunc(have.list, func(other store.Key) bool {
			return other.ID != k.ID && other.SignsFrom == taken && !slices.ContainsFunc(put, func(p store.Key) bool {
				return p.ID == other.ID
			})
		})
		if other < 0 {
			return put, warnings, nil
		}
		if !when.now {
			return nil, nil, fmt.Errorf("%w: key %s begins to sign at that time: take another", ErrRefused,
				have.list[other].ID)
		}
		have.list[other].SignsFrom--
		put = append(put, have.list[other])
	}
}
