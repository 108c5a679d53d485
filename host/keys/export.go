package keys

import (
	"context"
	"fmt"

	"github.com/edgetoken/edgetoken/host/keyring"
)

// Export is a key in a format of keyring.Key.Export, its private part included if private is set, and its kid, of which
// id may be the beginning.
func (m *Manager) Export(ctx context.Context, id, format string, private bool) (kid string, text []byte, err error) {
	have, err := m.stored(ctx)
	if err != nil {
		return "", nil, err
	}
	i, err := have.find(id)
	if err != nil {
		return "", nil, err
	}
	k := &have.list[i]
	switch {
	case k.Public == nil && !private:
		return "", nil, fmt.Errorf("%w: key %s is a secret, which has no public part", ErrRefused, k.ID)
	case private && !k.Sealed:
		return "", nil, fmt.Errorf("%w: the private part of key %s is not here", ErrRefused, k.ID)
	}
	var key keyring.Key
	if private {
		key, err = m.openSealed(ctx, k)
	} else {
		key, err = keyring.ParsePublic(k.Algorithm, k.ID, k.Public)
	}
	if err != nil {
		return "", nil, err
	}
	text, err = key.Export(format, private)
	return k.ID, text, err
}

// Published is the JWK Set of the public keys in force, those that will sign included.
func (m *Manager) Published(ctx context.Context) ([]byte, error) {
	ring, err := m.Ring(ctx)
	if err != nil {
		return nil, err
	}
	return JWKS(ring), nil
}

// JWKS is the JWK Set of the public keys of a ring (RFC 7517 §5). Secrets are never in it.
func JWKS(ring *keyring.Ring) []byte {
	var list []keyring.Key
	for _, member := range ring.Members() {
		list = append(list, member.Key)
	}
	return keyring.JWKS(list)
}

// Private are the private parts that are here, as they are sealed for a backup, by kid. The root of trust bundles is
// among them.
func (m *Manager) Private(ctx context.Context) (map[string]keyring.Key, error) {
	list, err := m.cfg.Store.SealedKeys(ctx)
	if err != nil {
		return nil, err
	}
	keys := map[string]keyring.Key{}
	for i, k := range list {
		if keys[k.ID], err = m.openSealed(ctx, &list[i]); err != nil {
			return nil, fmt.Errorf("key %s: %w", k.ID, err)
		}
	}
	return keys, nil
}
