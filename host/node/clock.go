package node

import (
	"errors"
	"fmt"
	"sync"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// clockWatch remembers whether the clock was plausible when it was last checked.
type clockWatch struct {
	mu  sync.Mutex
	bad bool
}

// CheckClock is the CheckClock of a store, with the command by which an operator accepts a clock that leapt.
func CheckClock(db *store.DB) error {
	err := db.CheckClock()
	if errors.Is(err, core.ErrClockLeap) {
		return fmt.Errorf("%w, or if it is right run edgetoken clock accept", err)
	}
	return err
}

// CheckClock is nil while the node issues tokens by its clock, and otherwise core.ErrClock with what to do: see the
// function of this name, and Fleet.Issues. The log says so once, when it is first noticed, and once when it is over.
func (n *Node) CheckClock() error {
	err := CheckClock(n.cfg.Store)
	if err == nil && n.cfg.Fleet != nil {
		if fault := n.cfg.Fleet.Issues(); fault != nil {
			err = fmt.Errorf("%w: %w", core.ErrClock, fault)
		}
	}
	n.clock.mu.Lock()
	defer n.clock.mu.Unlock()
	switch {
	case err != nil && !n.clock.bad:
		n.cfg.Log.Error("no token is issued and nobody can log in; tokens are judged and revoked as ever", "error", err)
	case err == nil && n.clock.bad:
		n.cfg.Log.Warn("the clock is plausible again: tokens are issued")
	}
	n.clock.bad = err != nil
	return err
}
