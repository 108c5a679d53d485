package keys

import (
	"context"
	"fmt"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// Retire ends a key now, with every token that it signed, and drops its private part. The key that signs is refused
// unless force is set: from then on no token is issued until another is activated.
func (m *Manager) Retire(ctx context.Context, id string, force bool) (Changed, error) {
	var c Changed
	err := m.update(ctx, func(have *records) (store.KeyUpdate, error) {
		i, err := have.find(id)
		if err != nil {
			return store.KeyUpdate{}, err
		}
		k, now, life := &have.list[i], m.cfg.Now(), have.life()
		switch state := life.State(i, now); {
		case state == core.KeyGone:
			return store.KeyUpdate{}, fmt.Errorf("%w: key %s is gone since %s", ErrRefused, k.ID,
				m.describe(have, life, i, now).Ends.Format(time.RFC3339))
		case !have.mine(k) && have.number > fact.HubNumber:
			return store.KeyUpdate{}, fmt.Errorf("%w: key %s is of node %d: only that node retires it, or the "+
				"hub of the fleet", ErrRefused, k.ID, k.Node)
		case state != core.KeySigning, m.cfg.Configured != nil, m.withdrawn(have, k):
		case !have.mine(k) && !force:
			return store.KeyUpdate{}, fmt.Errorf("%w: key %s signs at node %d, where nobody can log in once it has "+
				"ended: withdraw that node, or give --force", ErrRefused, k.ID, k.Node)
		case !have.mine(k):
			c.Warnings = []string{fmt.Sprintf("no key signs at node %d now, and nobody can log in there", k.Node)}
		case !force:
			return store.KeyUpdate{}, fmt.Errorf("%w: key %s signs: activate another first, or give --force, after "+
				"which nobody can log in until another is activated", ErrRefused, k.ID)
		default:
			c.Warnings = []string{"no key signs now, and nobody can log in until another one is activated: " +
				"edgetoken keys generate --activate makes one"}
		}
		c.Key.ID = k.ID
		if k.SignsFrom > now.Unix() {
			k.SignsFrom = 0
		}
		k.Ends, k.Retired = now.Unix(), true
		return store.KeyUpdate{Put: []store.Key{*k}, Unseal: []string{k.ID}}, nil
	})
	if err != nil {
		return Changed{}, err
	}
	c.Key, err = m.show(ctx, c.Key.ID)
	return c, err
}
