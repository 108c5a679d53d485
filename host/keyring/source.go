package keyring

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Source is where a running node gets its keys from. Reload exchanges all of them at once, while requests are answered,
// for those that are read then: there is no other way to change them. A Source is safe for concurrent use.
type Source struct {
	read     func() (*Ring, error)
	use      func(*Ring) error
	exchange sync.Mutex // held by an exchange
	current  atomic.Pointer[Ring]
}

// NewSource makes a source whose keys, ring, are in use already. read reads the keys anew. use puts other keys to
// use. If it returns an error, the exchange fails with that error and the old keys stay in force, so use must then
// have changed nothing. It is called once at a time, and must not call Reload.
func NewSource(ring *Ring, read func() (*Ring, error), use func(*Ring) error) *Source {
	s := &Source{read: read, use: use}
	s.current.Store(ring)
	return s
}

// Keys are the keys in force. Two calls may give two rings, each of which never changes.
func (s *Source) Keys() *Ring { return s.current.Load() }

// Reload reads the keys anew, and puts them in force if anything of them differs. After an error the old ones are still
// in force.
func (s *Source) Reload() (changed bool, err error) {
	s.exchange.Lock()
	defer s.exchange.Unlock()
	ring, err := s.read()
	if err != nil || ring.Equal(s.Keys()) {
		return false, err
	}
	if err := s.use(ring); err != nil {
		return false, err
	}
	s.current.Store(ring)
	return true, nil
}

// Equal reports whether two rings have the same keys, with the same descriptions, that sign at the same times.
func (r *Ring) Equal(other *Ring) bool {
	return slices.Equal(r.set.Keys, other.set.Keys) && slices.Equal(r.set.Signing, other.set.Signing) &&
		slices.EqualFunc(r.keys, other.keys, Key.Equal)
}
