package keys

import (
	"context"
	"fmt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// Retire ends a key now, with every token that it signed, and drops its private part. The key that signs is refused
// unless force is set: from then on no token is issued until another is activated.
func (m *Manager) Retire(ctx context.Context, id string, force bool) (Changed, error) {
	var c Changed
	err := m.update(ctx, func(have *records) (store.KeyUpdate, error) {
		k, err := have.find(id)
		if err != nil {
			return store.KeyUpdate{}, err
		}
		now, life := m.cfg.Now(), have.life()
		for i := range have.list {
			if &have.list[i] != k {
				continue
			}
			switch life.State(i, now) {
			case core.KeyGone:
				return store.KeyUpdate{}, fmt.Errorf("%w: key %s is gone since "+
					"%s", ErrRefused, k.ID, moment(life.Ends(i)))
			case core.KeySigning:
				switch {
				case m.cfg.Configured != nil:
				case !force:
					return store.KeyUpdate{}, fmt.Errorf("%w: key %s signs: activate another first, or give --force, "+
						"after which nobody can log in until another is activated", ErrRefused, k.ID)
				default:
					c.Warnings = []string{"no key signs now, and nobody can log in until another one is activated: " +
						"edgetoken keys generate --activate makes one"}
				}
			}
		}
		c.Key.ID = k.ID
		if k.SignsFrom > now.Unix() {
			k.SignsFrom = 0
		}
		k.Ends = now.Unix()
		return store.KeyUpdate{Put: []store.Key{*k}, Unseal: []string{k.ID}}, nil
	})
	if err != nil {
		return Changed{}, err
	}
	c.Key, err = m.show(ctx, c.Key.ID)
	return c, err
}
