// Package contained is the guest that has its keys inside: package guest with the algorithms of package jws. It stands
// apart, so that the module that leaves signatures to its host links no cryptography.
package contained

import (
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/wasm/guest"
)

// Guest is a guest.Guest that checks and signs by itself. Its methods are those of guest.Guest with the same names.
type Guest struct {
	keys []*jws.Key // those of the key set, in its order
	guest.Guest
}

// Configure reads an abi.Config with the material of its keys. Weak secrets are the host's to refuse: it has a setting
// for them.
func (g *Guest) Configure(size uint32) abi.Status {
	return g.Guest.Configure(size, func(c *abi.Config) error {
		keys := make([]*jws.Key, len(c.Set.Keys))
		for i, k := range c.Set.Keys {
			var err error
			if keys[i], err = jws.ReadKey(k.Algorithm, c.Material[i]); err != nil {
				return err
			}
		}
		g.keys = keys
		return nil
	})
}

// Open reads a token and answers with an abi.Opened.
func (g *Guest) Open(size uint32) abi.Status {
	return g.Guest.Open(size, func(key int, input, signature []byte) (bool, error) {
		return g.keys[key].Check(input, signature), nil
	})
}

// Decide decides an abi.Request, signs what it writes, and answers with an abi.Outcome.
func (g *Guest) Decide(size uint32) abi.Status {
	return g.Guest.Decide(size, func(key int, input, entropy []byte) ([]byte, error) {
		return g.keys[key].Sign(input, entropy)
	})
}
