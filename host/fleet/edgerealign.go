package fleet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/edgetoken/edgetoken/store/fact"
)

// settle makes this incarnation the one that may advance the log-ins whose home this node is. Frames that an earlier
// incarnation left in the outbox are fenced, so what they advanced is written again. Where somebody else may have
// advanced them, such as a copy of this node, the hub's generations come first.
func (e *Edge) settle(ctx context.Context, take bool) error {
	for after := []byte(nil); take; {
		p, err := e.askPage(ctx, kindGenerations, after)
		if err != nil {
			return fmt.Errorf("take generations: %w", err)
		}
		if err := e.cfg.Store.TakeGenerations(ctx, p.facts); err != nil {
			return fmt.Errorf("take generations: %w", err)
		}
		if after = p.next; after == nil {
			break
		}
	}
	if err := e.cfg.Store.Reoffer(ctx, take); err != nil {
		return err
	}
	e.mu.Lock()
	e.ready = true
	e.changed.send()
	e.mu.Unlock()
	poke(e.nudge)
	return nil
}

// realign follows a hub that was restored. It begins a new incarnation, since the hub may have forgotten frames of this
// one, and tells the hub what that may have forgotten. Then it begins anew with a copy of the hub's store.
func (e *Edge) realign(ctx context.Context, epoch uint32) error {
	if e.position() == (place{}) { // a new edge knows nothing yet
		return e.adopt(ctx)
	}
	e.cfg.Log.Warn("fleet: the hub was restored from a backup: this node tells it what it knows, and takes a copy",
		"epoch", epoch)
	old := e.cfg.Store.Head()
	if err := e.reincarnate(ctx, 0); err != nil {
		return err
	}
	if err := e.offer(ctx); err != nil {
		return fmt.Errorf("offer: %w", err)
	}
	// All advances, since the hub may have forgotten any. The old frames stay until that is durable.
	if err := e.cfg.Store.Reoffer(ctx, true); err != nil {
		return err
	}
	if !old.IsZero() {
		if err := e.cfg.Store.Acknowledge(ctx, old); err != nil {
			return err
		}
	}
	e.mu.Lock()
	e.acked = old
	e.changed.send()
	e.mu.Unlock()
	if err := e.adopt(ctx); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = time.Time{} // what the hub said of the earlier incarnation says nothing of this one
	return nil
}

// reincarnate begins a new incarnation above another one, which has everything to settle.
func (e *Edge) reincarnate(ctx context.Context, above uint64) error {
	if err := e.cfg.Store.Reincarnate(ctx, above); err != nil {
		return err
	}
	node, err := e.cfg.Store.Node(ctx)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.incarnation, e.continues, e.ready, e.lease, e.fenced = node.Incarnation, fact.Position{}, false, moment{}, false
	e.changed.send()
	return nil
}

// offer tells the hub of every revocation that this node knows.
func (e *Edge) offer(ctx context.Context) error {
	for after := []byte(nil); ; {
		facts, next, err := e.cfg.Store.Offer(ctx, after, maxPage)
		if err != nil {
			return err
		}
		p := page{facts: facts, next: next}
		if _, err := e.ask(ctx, kindOffer, p.append(nil)); err != nil {
			return err
		}
		if after = next; after == nil {
			return nil
		}
	}
}

// adopt puts a copy of the hub's store in the place of this one.
func (e *Edge) adopt(ctx context.Context) error {
	e.cfg.Log.Warn("fleet: this node is too far behind the hub, and takes a copy of its store")
	path, err := e.cfg.Copy(ctx)
	if err != nil {
		return fmt.Errorf("fetch a copy of the hub's store: %w", err)
	}
	if err := e.cfg.Store.Adopt(ctx, path, true); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	follows, err := e.followed(ctx)
	if err != nil {
		return err
	}
	e.mu.Lock()
	e.copies++
	e.reached(follows)
	e.mu.Unlock()
	if e.cfg.Adopted != nil {
		e.cfg.Adopted()
	}
	poke(e.nudge)
	return nil
}
