package fleet

import (
	"context"
	"time"
)

// hello answers a hello: where the log ends, and the lease.
func (h *Hub) hello(ctx context.Context, from uint16, body []byte) ([]byte, error) {
	said, ok := readHello(body)
	if !ok {
		return nil, errMalformed
	}
	w := welcome{wall: h.cfg.Now().UnixMicro()}
	if h.cfg.BundleEpoch != nil {
		w.bundle = h.cfg.BundleEpoch()
	}
	if err := h.register(ctx, from, said); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.edges[from]
	w.whole, w.registered = len(h.pending) == 0, s.incarnation
	w.head = place{h.epoch, h.cfg.Store.Head()} // after whole: what was offered meanwhile lies before it
	if w.fenced = said.incarnation < s.incarnation; w.fenced {
		count(h.refusals, "hello of an incarnation that is over")
		return w.append(nil), nil
	}
	now := time.Now()
	s.heard, s.said = now, said
	s.offset = time.UnixMicro(said.wall).Sub(time.UnixMicro(w.wall))
	w.take = s.take && !said.ready
	switch {
	case said.ends:
		s.lease = now
	case w.whole && !now.Before(s.wait):
		w.lease = h.cfg.Settings.Staleness
		s.lease = now.Add(w.lease)
	}
	h.changed.send()
	return w.append(nil), nil
}

// register makes the incarnation of a hello the one that counts, if it is later than all before. What the older one
// advances from now on is refused, and the new one gets its lease when the older one's has run out. It need not wait
// where only one of them can have advanced anything that the hub does not know: it continues the file of the older one,
// which is silent; or every advance waits for the hub.
func (h *Hub) register(ctx context.Context, from uint16, said hello) error {
	h.mu.Lock()
	s := h.edges[from]
	known := s != nil && s.incarnation >= said.incarnation
	h.mu.Unlock()
	if known {
		return nil
	}
	latest, err := h.cfg.Store.HeadOf(ctx, from)
	if err != nil {
		return err
	}
	before, err := h.cfg.Store.Register(ctx, from, said.incarnation)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if s = h.edges[from]; s != nil && s.incarnation >= said.incarnation {
		return nil // another hello was faster
	}
	next := &edgeState{incarnation: max(before, said.incarnation), take: true}
	heard, lease := h.started, h.started.Add(h.cfg.Settings.Staleness)
	if s != nil {
		heard, lease = s.heard, s.lease
	}
	continues := before == said.previous && compare(latest, said.continues) <= 0
	switch {
	case before == 0: // its first incarnation ever
		next.take = false
	case before == said.incarnation: // the hub has started anew
		next.take = !said.ready
	case h.cfg.Settings.Durability == AtHub:
		next.take = !continues
	case continues:
		next.take = false
		if next.wait = heard.Add(silentBefore); lease.Before(next.wait) {
			next.wait = lease
		}
	default:
		next.wait = lease
	}
	h.edges[from] = next
	return nil
}
