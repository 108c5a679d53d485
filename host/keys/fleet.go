package keys

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// settingsOfFleet says what in the settings cannot be in a fleet, where each node signs with a key pair of its own, and
// checks by the kid of the token.
func (m *Manager) settingsOfFleet() error {
	switch {
	case m.cfg.Configured != nil && len(m.cfg.Configured.Set().Signing) == 0:
		return fmt.Errorf("%w: VERIFYING_KEY is configured, which the nodes of a fleet would not share: import it "+
			"(edgetoken keys import), and leave VERIFYING_KEY out of the configuration", ErrRefused)
	case m.cfg.Configured != nil:
		return fmt.Errorf("%w: SIGNING_KEY is configured, for %s, and each node of a fleet signs with a key pair of "+
			"its own: import it (edgetoken keys import --signing-key), then leave SIGNING_KEY out of the configuration",
			ErrRefused, m.cfg.Configured.Set().Keys[0].Algorithm)
	case m.cfg.Settings.Wire == core.Exact:
		return fmt.Errorf("%w: wire: exact writes no kid, by which the nodes of a fleet tell their keys apart: set "+
			"wire: secure", ErrRefused)
	case strings.HasPrefix(m.cfg.Algorithm, "HS"):
		return fmt.Errorf("%w: ALGORITHM is %s, which signs with a secret, and the nodes of a fleet share none: set "+
			"one with a public key, such as ES256", ErrRefused, m.cfg.Algorithm)
	}
	return nil
}

// CheckFleet says why this node cannot be in a fleet: settings, or a secret that signs, or still checks tokens, with
// the date of its end. The error is ErrRefused, or one of the store.
func (m *Manager) CheckFleet(ctx context.Context) error {
	if err := m.settingsOfFleet(); err != nil {
		return err
	}
	have, err := m.stored(ctx)
	if err != nil {
		return err
	}
	life, now := have.life(), m.cfg.Now()
	for i, k := range have.list {
		state, until := life.State(i, now), "until it is retired (edgetoken keys retire "+k.ID+")"
		if k.Public != nil || state == core.KeyGone {
			continue
		}
		if end := life.Ends(i); end != 0 {
			until = "until " + moment(end).Format(time.RFC3339) + ": wait for that, or retire it now (edgetoken " +
				"keys retire " + k.ID + "), which refuses those tokens"
		}
		if state == core.KeySigning {
			return fmt.Errorf("%w: key %s signs, for %s, which is a secret, and the nodes of a fleet share none: "+
				"edgetoken keys generate --activate --algorithm ES256 makes a key pair that signs, and the secret "+
				"goes on checking what it signed until that has expired", ErrRefused, k.ID, k.Algorithm)
		}
		return fmt.Errorf("%w: key %s, for %s, is a secret, which the nodes of a fleet do not share, and checks "+
			"tokens %s", ErrRefused, k.ID, k.Algorithm, until)
	}
	return nil
}

// Withdraw ends the keys of an edge that leaves the fleet, at the hub: stolen, at once with all that they signed; else
// once the last token that the edge may have issued by now has expired. It gives the keys that it has ended.
func (m *Manager) Withdraw(ctx context.Context, edge uint16, stolen bool) ([]Key, error) {
	if err := m.onlyHub("withdraws a node"); err != nil {
		return nil, err
	}
	var ended []store.Key
	err := m.update(ctx, func(have *records) (store.KeyUpdate, error) {
		ended = nil
		if have.number != fact.HubNumber || edge <= fact.HubNumber {
			return store.KeyUpdate{}, fmt.Errorf("%w: node %d is no edge of this hub", ErrRefused, edge)
		}
		life, now := have.life(), m.cfg.Now()
		for i, k := range have.list {
			if k.Node != edge || k.Retired || life.State(i, now) == core.KeyGone {
				continue
			}
			if stolen {
				k.Ends, k.Retired = now.Unix(), true
			}
			ended = append(ended, m.ends(k, now))
		}
		return store.KeyUpdate{Put: ended}, nil
	})
	if err != nil {
		return nil, err
	}
	have, err := m.stored(ctx)
	if err != nil {
		return nil, err
	}
	life, list := have.life(), []Key{}
	for _, k := range ended {
		if i := have.index(k.ID); i >= 0 {
			list = append(list, m.describe(have, life, i, m.cfg.Now()))
		}
	}
	return list, nil
}

// Leave ends the keys of the other nodes of a fleet once this node has left it: when the last token that they may have
// issued by now has expired. A key of this node that signs goes on.
func (m *Manager) Leave(ctx context.Context) error {
	return m.update(ctx, func(have *records) (u store.KeyUpdate, err error) {
		life, now := have.life(), m.cfg.Now()
		for i, k := range have.list {
			if have.left(&k) && life.State(i, now) != core.KeyGone {
				u.Put = append(u.Put, m.ends(k, now))
			}
		}
		return u, nil
	})
}

// Found ends the keys that this node has from a fleet that it left, once it has founded another one, where it is the
// hub: when the last token that they may have signed by now has expired. Its own of then are among them, since they are
// those of an edge.
func (m *Manager) Found(ctx context.Context) error {
	return m.update(ctx, func(have *records) (u store.KeyUpdate, err error) {
		life, now := have.life(), m.cfg.Now()
		for i, k := range have.list {
			if !have.mine(&k) && life.State(i, now) != core.KeyGone {
				u.Put = append(u.Put, m.ends(k, now))
			}
		}
		return u, nil
	})
}

// ends is a key of a node that leaves: it signs nothing more, and ends with the last token that it may have signed.
func (m *Manager) ends(k store.Key, now time.Time) store.Key {
	if end := m.lastOf(&k, now); k.Ends == 0 || end < k.Ends {
		k.Ends = end
	}
	if k.SignsFrom > now.Unix() {
		k.SignsFrom = 0
	}
	return k
}

// withdrawMargin is for requests under way, in seconds.
const withdrawMargin = 60

// lastOf is when the last token can expire that an edge signs with a key until it knows that it was withdrawn, in Unix
// seconds.
func (m *Manager) lastOf(k *store.Key, now time.Time) int64 {
	return now.Add(m.cfg.Behind).Unix() + max(k.Longest, m.longest()) + withdrawMargin
}
