package fleet

import (
	"errors"
	"time"

	"github.com/edgetoken/edgetoken/store/fact"
)

// What one edge may have of the hub, so that one that was stolen leaves enough to the others. A sound edge comes near
// none of it.
const (
	// Log-outs: so many at once, and so many a second in the long run. Those beyond wait at the edge, in its outbox.
	burstRevoked   = 100_000
	steadyRevoked  = 200
	offerUnaskedIn = time.Second // how long an offer takes that no restored hub waits for
)

// atOnce is how much of a kind is done for one edge at a time.
var atOnce = map[kind]int{kindHello: 4, kindFrames: 8, kindFetch: 2, kindGenerations: 2, kindOffer: 1, kindFacts: 1,
	kindHome: 256, kindCall: 32}

var (
	errBusy    = errors.New("the hub does enough for this node already: ask again")
	errTooMany = errors.New("too many log-outs at once: they have to wait")
)

// turn is a kind of work for an edge.
type turn struct {
	edge uint16
	kind kind
}

// enter reports whether there is room for one more piece of work. The caller calls leave then.
func (h *Hub) enter(t turn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.busy[t] >= atOnce[t.kind] {
		return false
	}
	h.busy[t]++
	return true
}

func (h *Hub) leave(t turn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.busy[t]--; h.busy[t] == 0 {
		delete(h.busy, t)
	}
}

// allowance is how much was used of what grows again with time, and when that was.
type allowance struct {
	used float64
	at   time.Time
}

// usedBy is what a node has used of its log-outs by now. The caller holds mu.
func (h *Hub) usedBy(number uint16, now time.Time) float64 {
	a := h.revoked[number]
	return max(0, a.used-now.Sub(a.at).Seconds()*steadyRevoked)
}

// mayRevoke reports whether a node may tell of further log-outs.
func (h *Hub) mayRevoke(number uint16) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.usedBy(number, time.Now()) < h.burst
}

// revokes notes that a node has told of log-outs.
func (h *Hub) revokes(number uint16, n int) {
	if n == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	h.revoked[number] = allowance{h.usedBy(number, now) + float64(n), now}
}

// revoked counts the log-outs in frames.
func revoked(frames [][]byte) (n int) {
	for _, raw := range frames {
		f, err := fact.ParseFrame(raw)
		if err != nil {
			continue
		}
		for _, x := range f.Facts {
			if x.Kind() == fact.RevokeFamilyKind {
				n++
			}
		}
	}
	return n
}
