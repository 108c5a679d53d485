package keys

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// knownWithin is how long a key of a node of a fleet is published before it may sign, at least: by then each edge whose
// state is no older than core.FreshAge checks by it. One whose state is older does not say of an unknown kid that there
// is no such key (core.CheckRefusals). Records have whole seconds, and the keys of an edge follow its store within one.
func (m *Manager) knownWithin() time.Duration {
	return (core.FreshAge + max(m.cfg.Skew, 0) + time.Second - 1).Truncate(time.Second) + 2*time.Second
}

// Bounds of what an edge waits for: the answer of the hub, and until a record has come down.
const (
	answerWithin = 2 * time.Second
	recordWithin = 3 * time.Second
	lookEvery    = 5 * time.Millisecond
	tryEvery     = 5 * time.Second // Tick, where the hub is away
)

// waiting is the private part of a key whose record has not come down yet.
type waiting struct {
	sealed []byte
	since  time.Time
}

// Bounds of what waits: how many, and how long. A hub that was restored meanwhile may have forgotten the key.
const (
	mostWaiting = mostOfNode
	longWaiting = time.Minute
)

// onlyHub refuses at an edge what only the hub of the fleet does.
func (m *Manager) onlyHub(what string) error {
	if number := m.number(); number > fact.HubNumber {
		return fmt.Errorf("%w: this node is edge %d of a fleet, and only the hub %s", ErrRefused, number, what)
	}
	return nil
}

// throughHub has the hub write the records that a change puts, and keeps private parts here once the records are.
func (m *Manager) throughHub(ctx context.Context, change func(*records) (store.KeyUpdate, error)) error {
	written, err := m.submit(ctx, change)
	if err != nil || len(written) == 0 {
		return err
	}
	for end := time.Now().Add(recordWithin); ; time.Sleep(lookEvery) {
		list, err := m.cfg.Store.Keys(ctx)
		switch {
		case err != nil:
			return err
		case (&records{list: list}).all(written):
			return m.sealWaiting(ctx)
		case time.Now().After(end):
			return fmt.Errorf("the hub has written the change, which has not come down to this edge within %v: it "+
				"takes effect when it does", recordWithin)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// submit asks the hub to write the records that a change puts, and gives what it has written. Private parts wait for
// their records: see sealWaiting.
func (m *Manager) submit(ctx context.Context, change func(*records) (store.KeyUpdate, error)) ([]store.Key, error) {
	m.asking.Lock()
	defer m.asking.Unlock()
	have, err := m.stored(ctx)
	if err != nil {
		return nil, err
	}
	u, err := change(&records{slices.Clone(have.list), have.number})
	if err != nil || len(u.Put) == 0 {
		return nil, err
	}
	if m.waits()+len(u.Seal) > mostWaiting {
		return nil, fmt.Errorf("%w: %d keys that the hub has published have not come down yet", ErrRefused, m.waits())
	}
	for i := range u.Put {
		if k := &u.Put[i]; !have.mine(k) {
			return nil, fmt.Errorf("%w: key %s is not of this edge: only the hub of the fleet changes it",
				ErrRefused, k.ID)
		}
	}
	written, err := m.ask(ctx, u.Put)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	for id, sealed := range u.Seal {
		m.waiting[id] = waiting{sealed, m.cfg.Now()}
	}
	m.mu.Unlock()
	if len(u.Unseal) == 0 {
		return written, nil
	}
	return written, m.cfg.Store.UpdateKeys(ctx, func([]store.Key) (store.KeyUpdate, error) {
		return store.KeyUpdate{Unseal: u.Unseal}, nil
	})
}

// ask has the hub write records of keys.
func (m *Manager) ask(ctx context.Context, list []store.Key) ([]store.Key, error) {
	if m.cfg.AskHub == nil {
		return nil, fmt.Errorf("%w: the hub publishes the keys of an edge: start the node (edgetoken serve), and ask "+
			"it while it runs", ErrRefused)
	}
	ctx, stop := context.WithTimeout(ctx, answerWithin)
	defer stop()
	answer, err := m.cfg.AskHub(ctx, encodeRequest(list))
	if err != nil {
		return nil, fmt.Errorf("ask the hub to publish keys: %w", err)
	}
	written, reason, err := decodeAnswer(answer)
	switch {
	case err != nil:
		return nil, err
	case reason != "":
		return nil, fmt.Errorf("%w by the hub: %s", ErrRefused, reason)
	}
	return written, nil
}

// all reports whether the store has what the hub has written.
func (r *records) all(written []store.Key) bool {
	return !slices.ContainsFunc(written, func(k store.Key) bool {
		i := r.index(k.ID)
		return i < 0 || r.list[i].SignsFrom != k.SignsFrom || r.list[i].Ends != k.Ends ||
			r.list[i].Retired != k.Retired || r.list[i].Longest < k.Longest
	})
}

// sealWaiting keeps the private parts whose records have come down.
func (m *Manager) sealWaiting(ctx context.Context) error {
	m.mu.Lock()
	now := m.cfg.Now()
	maps.DeleteFunc(m.waiting, func(_ string, w waiting) bool {
		age := now.Sub(w.since)
		return age < 0 || age > longWaiting
	})
	parts := maps.Clone(m.waiting)
	m.mu.Unlock()
	if len(parts) == 0 {
		return nil
	}
	var u store.KeyUpdate
	err := m.cfg.Store.UpdateKeys(ctx, func(have []store.Key) (store.KeyUpdate, error) {
		u = store.KeyUpdate{Seal: map[string][]byte{}}
		for _, k := range have {
			if w, is := parts[k.ID]; is {
				u.Seal[k.ID] = w.sealed
			}
		}
		return u, nil
	})
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for id := range u.Seal {
		delete(m.waiting, id)
	}
	return nil
}

// waits is how many private parts wait for their records.
func (m *Manager) waits() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.waiting)
}

// tickEdge has the hub publish what this edge needs: a key that signs, and the life of the tokens of the one that does.
// Where the hub is away, or refuses, it tries again after a while; waits reports whether something is left to do.
func (m *Manager) tickEdge(ctx context.Context) (waits bool, err error) {
	if m.cfg.AskHub == nil {
		return false, nil
	}
	if !m.clockGood() {
		return true, nil
	}
	m.mu.Lock()
	since := m.cfg.Now().Sub(m.tried)
	waits = !m.tried.IsZero() && since >= 0 && since < tryEvery
	m.mu.Unlock()
	if waits {
		return true, nil
	}
	err = errors.Join(m.provide(ctx), m.raiseEdge(ctx))
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tried = (time.Time{}); err != nil {
		m.tried = m.cfg.Now()
	}
	return err != nil || len(m.waiting) > 0, err
}

// provide has a key sign at this edge, if none does and none will. It may be new; then the hub publishes it first.
func (m *Manager) provide(ctx context.Context) error {
	have, err := m.stored(ctx)
	if err != nil || !m.lacksSigner(have) {
		return err
	}
	var s Started
	away, err := m.recordOutside(ctx, &s)
	if err != nil {
		return err
	}
	if have, err = m.stored(ctx); err != nil { // with what was recorded
		return err
	}
	k, sealed, err := m.newSigner(ctx, have, away)
	if err != nil {
		return err
	}
	_, err = m.submit(ctx, func(have *records) (u store.KeyUpdate, err error) {
		if !m.lacksSigner(have) {
			return u, nil
		}
		if sealed != nil {
			u.Seal = map[string][]byte{k.ID: sealed}
		}
		k.SignsFrom = m.earliest(have, &k)
		u.Put = []store.Key{k}
		return u, nil
	})
	if err == nil {
		m.cfg.Log.Info("the hub publishes a key of this edge, which signs in some seconds: whoever verifies tokens by "+
			"keys that were fetched earlier refuses them until it fetches anew", "kid", k.ID, "algorithm", k.Algorithm)
	}
	return err
}

// lacksSigner reports whether no key of this edge signs, nor will.
func (m *Manager) lacksSigner(have *records) bool {
	now := m.cfg.Now()
	return !m.hasSigner(have, have.life(), now) && m.waits() == 0 &&
		!slices.ContainsFunc(have.list, func(k store.Key) bool {
			return m.here(have, &k) && k.SignsFrom > now.Unix() && !k.Retired
		})
}

// raiseEdge tells the hub how long what this edge signs lives, where the hub does not know.
func (m *Manager) raiseEdge(ctx context.Context) error {
	have, err := m.stored(ctx)
	if err != nil || len(m.raises(have)) == 0 {
		return err
	}
	_, err = m.submit(ctx, func(have *records) (store.KeyUpdate, error) {
		return store.KeyUpdate{Put: m.raises(have)}, nil
	})
	return err
}
