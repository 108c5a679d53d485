package node

import (
	"context"
	"errors"
	"time"

	"github.com/edgetoken/edgetoken/store"
)

// purgeEvery is the time between two purges, and purgeAtOnce the number of records that one transaction removes.
const (
	purgeEvery  = time.Minute
	purgeAtOnce = 500
)

// Run keeps house until ctx ends. Once a minute it removes records of families and customers that have ended, writes
// when listed log-ins were used, compacts the store's file if that pays and is quick, and checks that the open file is
// still the one at its path. A failure is logged, and the work tried again a minute later. Before it returns it writes
// the uses that wait.
func (n *Node) Run(ctx context.Context) {
	defer n.flushLast(ctx)
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	var advised bool
	for {
		if errors.Is(n.cfg.Store.Look(), store.ErrLost) {
			n.reportLoss(ctx, tick.C)
			return
		}
		_ = n.CheckClock() // the log says what is wrong with it
		if err := n.Purge(ctx); err != nil && ctx.Err() == nil {
			n.cfg.Log.Warn("records that have ended were not removed", "error", err)
		}
		if err := n.cfg.Store.FlushUses(ctx); err != nil && ctx.Err() == nil {
			n.cfg.Log.Warn("when listed log-ins were used was not written", "error", err)
		}
		switch advise, err := n.compact(ctx); {
		case err != nil && ctx.Err() == nil:
			n.cfg.Log.Warn("the store was not compacted, and goes on in its old file", "error", err)
		case advise && !advised:
			n.cfg.Log.Warn("more than half of the store file is free, which makes commits slow: " +
				"run edgetoken compact at a quiet time")
			advised = true
		}
		select {
		case <-n.cfg.Store.Lost():
		case <-n.cfg.Store.Crowded():
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// lastFlush bounds how long a node that stops waits for the uses of listed log-ins.
const lastFlush = 5 * time.Second

// flushLast writes the uses that wait when a node stops, whose ctx has ended.
func (n *Node) flushLast(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastFlush)
	defer cancel()
	if err := n.cfg.Store.FlushUses(ctx); err != nil && !errors.Is(err, store.ErrClosed) {
		n.cfg.Log.Warn("when listed log-ins were used was not written", "error", err)
	}
}

// reportLoss logs, now and at each tick until ctx ends, that the store's file is lost: nothing can be stored, and every
// request is refused.
func (n *Node) reportLoss(ctx context.Context, tick <-chan time.Time) {
	for {
		n.cfg.Log.Error("the store is lost: requests are refused until the node is started anew",
			"error", n.cfg.Store.Health())
		select {
		case <-tick:
		case <-ctx.Done():
			return
		}
	}
}

// Purge removes all records that have ended, in small transactions.
func (n *Node) Purge(ctx context.Context) error {
	for {
		done, err := n.cfg.Store.Purge(ctx, n.now(), purgeAtOnce)
		if err != nil || !done.More {
			return err
		}
	}
}

// compact compacts the store's file if that pays and is quick. advise says that it would pay, but that there is too
// much to copy while clients wait.
func (n *Node) compact(ctx context.Context) (advise bool, err error) {
	done, err := n.cfg.Store.Compact(ctx, func(s store.Space) bool {
		advise = s.Wasteful() && !s.Brief()
		return s.Wasteful() && s.Brief()
	})
	if done.Done {
		n.cfg.Log.Info("compacted the store", "before", done.Before.Bytes, "after", done.After.Bytes)
	}
	return advise, err
}
