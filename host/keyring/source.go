package keyring

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Source is where a running node has its keys from. They are exchanged whole, while requests are answered. A Source is
// safe for concurrent use.
type Source struct {
	read     func() (*Ring, error)
	exchange sync.Mutex // held by the one exchange that is under way
	follower func(*Ring) error
	current  atomic.Pointer[Ring]
}

// NewSource makes a source that has ring until it is exchanged. read gives the keys anew, as from their file: Reload
// calls it.
func NewSource(ring *Ring, read func() (*Ring, error)) *Source {
	s := &Source{read: read, follower: func(*Ring) error { return nil }}
	s.current.Store(ring)
	return s
}

// Keys are the keys in force. A Ring never changes, so whoever asks twice may get two.
func (s *Source) Keys() *Ring { return s.current.Load() }

// Follow calls use with the keys in force, and from then on with those of each exchange, one call at a time. Where use
// gives an error the exchange fails with it and the old keys stay in force, so use must then have changed nothing. A
// source has one follower: a second takes the place of the first. use must not exchange keys itself.
func (s *Source) Follow(use func(*Ring) error) error {
	s.exchange.Lock()
	defer s.exchange.Unlock()
	if err := use(s.Keys()); err != nil {
		return err
	}
	s.follower = use
	return nil
}

// Replace puts ring in force. When it returns, the follower uses it.
func (s *Source) Replace(ring *Ring) error {
	s.exchange.Lock()
	defer s.exchange.Unlock()
	return s.replace(ring)
}

func (s *Source) replace(ring *Ring) error {
	if err := s.follower(ring); err != nil {
		return err
	}
	s.current.Store(ring)
	return nil
}

// Reload reads the keys anew, and puts them in force if they are others than those that are. After an error the old ones
// are still in force.
func (s *Source) Reload() (changed bool, err error) {
	s.exchange.Lock()
	defer s.exchange.Unlock()
	ring, err := s.read()
	if err != nil || ring.equal(s.Keys()) {
		return false, err
	}
	if err := s.replace(ring); err != nil {
		return false, err
	}
	return true, nil
}

// Watch calls Reload at each tick until ctx ends, and report with each exchange and each error.
func (s *Source) Watch(ctx context.Context, tick <-chan time.Time, report func(changed bool, err error)) {
	for {
		select {
		case <-tick:
			if changed, err := s.Reload(); changed || err != nil {
				report(changed, err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// equal reports whether two rings have the same keys, described alike, that sign at the same times. A key that can't be
// had, as one in a KMS, is like no other.
func (r *Ring) equal(other *Ring) bool {
	same := func(a, b key) bool {
		m, err := a.Material()
		n, otherErr := b.Material()
		return err == nil && otherErr == nil && bytes.Equal(m, n)
	}
	return slices.Equal(r.set.Keys, other.set.Keys) && slices.Equal(r.set.Signing, other.set.Signing) && slices.EqualFunc(r.keys, other.keys, same)
}
