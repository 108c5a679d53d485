package node

import "sync"

// clockWatch notices when the clock ceases to be plausible, and when it is again.
type clockWatch struct {
	mu  sync.Mutex
	bad bool
}

// CheckClock is nil while the node issues tokens by its clock, and else core.ErrClock with what to do: see
// store.DB.CheckClock. The log says so once, when it is first noticed, and once when it is over.
func (n *Node) CheckClock() error {
	err := n.cfg.Store.CheckClock()
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
