package engine

import (
	"errors"
	"fmt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
)

// With makes an engine with other settings and keys on the same instances. No engine ever changes. So if keys change
// while you serve requests, keep each request to one engine: then one configuration judges it from beginning to end.
//
// An instance that goes from one engine to another is configured anew, so keep no more than two engines busy for long.
// Close closes the instances of all of them; an engine from With needs no Close of its own.
func (e *Engine) With(s core.Settings, keys core.Keys) (*Engine, error) {
	if keys == nil {
		return nil, errors.New("engine: With needs keys")
	}
	c, err := newConfig(s, keys, e.selfContained)
	if err != nil {
		return nil, err
	}
	return &Engine{e.sandbox, c}, nil
}

// config is what instances are configured with. It never changes; With makes a new one.
type config struct {
	settings core.Settings
	keys     core.Keys
	set      core.KeySet
	ends     []int64 // by key
	headers  *headers
	message  []byte // the abi.Config for instances
}

// newConfig encodes the configuration for instances, or names the mistakes in it.
func newConfig(s core.Settings, keys core.Keys, selfContained bool) (*config, error) {
	if errs := s.Validate(); errs != nil {
		return nil, fmt.Errorf("engine: settings: %w", errors.Join(errs...))
	}
	c := &config{settings: s, keys: keys, set: keys.Set()}
	if err := c.set.Validate(); err != nil {
		return nil, fmt.Errorf("engine: keys: %w", err)
	}
	for i := range c.set.Keys {
		c.ends = append(c.ends, c.set.Ends(i))
	}
	c.headers = newHeaders(len(c.set.Keys))
	m := abi.Config{Settings: s, Set: c.set}
	if selfContained {
		material, ok := keys.(core.KeyMaterial)
		if !ok {
			return nil, errors.New("engine: a self-contained module needs keys that implement core.KeyMaterial")
		}
		for i := range c.set.Keys {
			b, err := material.Material(i)
			if err != nil {
				return nil, fmt.Errorf("engine: key %d: %w", i, err)
			}
			m.Material = append(m.Material, b)
		}
	}
	c.message = m.Append(nil)
	if len(c.message) > abi.InputBytes {
		return nil, fmt.Errorf("engine: settings and keys take %d bytes and the module has room for %d; use fewer keys",
			len(c.message), abi.InputBytes)
	}
	return c, nil
}
