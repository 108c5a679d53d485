package fleet

import (
	"context"
	"time"

	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
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
	if err := h.meet(ctx, from, said); err != nil {
		return nil, err
	}
	if err := h.register(ctx, from); err != nil {
		return nil, err
	}
	if own := agreed(h.cfg.Agreed); own.digest != said.agreed {
		w.agreed = own.list
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.edges[from]
	if s == nil {
		return nil, store.ErrWithdrawn
	}
	w.leave = h.leaving[from]
	w.whole, w.registered = len(h.pending) == 0, s.registered
	w.head = place{h.epoch, h.cfg.Store.Head()} // after whole: what was offered meanwhile lies before it
	if w.fenced = said.incarnation < s.incarnation; w.fenced {
		count(h.refusals, "hello of an incarnation that is over")
		w.registered = s.incarnation // it may begin another one above
		s.overlaps()
		return w.append(nil), nil
	}
	now := time.Now()
	if w.agreed != "" && s.said.agreed != said.agreed {
		h.cfg.Log.Warn("fleet: settings of an edge are not those of this hub: its log has their keys", "node", from)
	}
	s.heard, s.said = now, said
	s.offset = time.UnixMicro(said.wall).Sub(time.UnixMicro(w.wall))
	w.take = s.take && !said.ready
	switch {
	case s.registered < s.incarnation:
	case said.ends:
		s.lease = now
	case w.whole:
		w.lease = h.cfg.Settings.Staleness
		s.lease = now.Add(w.lease)
	}
	h.changed.send()
	return w.append(nil), nil
}

// meet takes note of the incarnation of a hello, if it is later than all before. It counts, and gets a lease, once no
// earlier one has a lease: what those advance until then, the hub still takes. It need not wait where only one of them
// can have advanced anything that the hub does not know: it continues the file of the earlier one, which is silent; or
// every advance waits for the hub.
func (h *Hub) meet(ctx context.Context, from uint16, said hello) error {
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
	registered, err := h.cfg.Store.Registered(ctx, from)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	before, heard, lease := registered, h.started, h.started.Add(h.cfg.Settings.Staleness)
	if s = h.edges[from]; s != nil {
		before, heard, lease = s.incarnation, s.heard, s.lease
	}
	if s != nil && before >= said.incarnation {
		return nil // another hello was faster
	}
	next := &edgeState{incarnation: max(before, said.incarnation), registered: registered, lease: lease, take: true,
		said: said}
	if s != nil {
		next.heard = heard
	}
	continues := before == said.previous && compare(latest, said.continues) <= 0
	settled := s != nil && (s.said.ready || !s.take) // the one before had its generations, as far as this hub saw
	switch {
	case before == 0: // its first incarnation ever
		next.take = false
	case before == said.incarnation: // the hub has started anew
		next.take = !said.ready
	case h.cfg.Settings.Durability == AtHub:
		next.take = !continues || !settled
	case continues:
		next.take = !settled
		next.wait = s.succeeds(heard, lease)
	default:
		next.wait = lease
	}
	h.edges[from] = next
	return nil
}

// succeeds is when an incarnation counts that continues the file of s, which was heard last at a time and has a lease;
// s is nil where the hub has started since. What s itself waited for it waits for, too.
func (s *edgeState) succeeds(heard, lease time.Time) time.Time {
	at := heard.Add(silentBefore)
	if lease.Before(at) {
		at = lease
	}
	if s != nil && s.registered < s.incarnation && at.Before(s.wait) {
		return s.wait
	}
	return at
}

// register makes the latest incarnation of an edge the one that counts, once it has waited. What earlier ones advance
// from then on is refused.
func (h *Hub) register(ctx context.Context, from uint16) error {
	h.mu.Lock()
	var due uint64
	if s := h.edges[from]; s != nil && s.registered < s.incarnation && !time.Now().Before(s.wait) {
		due = s.incarnation
	}
	h.mu.Unlock()
	if due == 0 {
		return nil
	}
	if _, err := h.cfg.Store.Register(ctx, from, due); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.edges[from]; s != nil {
		s.registered = max(s.registered, due)
	}
	return nil
}

// overlaps notes that an earlier incarnation is still there, although a later one waits to count: that takes longer
// then, and it takes what the earlier one advances. The caller holds the hub's mu.
func (s *edgeState) overlaps() {
	if s.registered < s.incarnation {
		s.wait, s.take = s.lease, true
	}
}

// sends notes up to where an edge is about to send frames, which says whether an earlier incarnation is still there.
func (h *Hub) sends(from uint16, upTo fact.Position) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.edges[from]
	if s != nil && upTo.Incarnation < s.incarnation && compare(upTo, s.said.continues) > 0 {
		s.overlaps()
	}
}
