package throttle

import (
	"container/list"
	"crypto/sha256"
	"sync"
	"time"
)

// DefaultEntries is how many requests a History remembers by default. They take some 8 to 16 MiB.
const DefaultEntries = 1 << 20

// DefaultBytes is the most memory that they take.
const DefaultBytes = 16 * DefaultEntries

// perKey is the cost of a key itself, in entries: its place in the map and in the list takes some 250 bytes.
const perKey = 32

// History remembers when requests were admitted under each key. It is safe for concurrent use.
type History struct {
	mu      sync.Mutex
	limit   int // entries, keys included
	entries int
	keys    map[keyHash]*list.Element // of *past
	recent  *list.List                // the key that was used last comes first
}

// keyHash is half of the SHA-256 of a key, which may have any length and whose text is not needed.
type keyHash [16]byte

// past is what is known of one key.
type past struct {
	key   keyHash
	times []int64 // Unix nanoseconds, oldest first
}

// notAfter moves times in the future to now. If the clock ran ahead and was set right, requests of that time would
// otherwise count for as long as it was wrong.
func (p *past) notAfter(now int64) {
	for i := len(p.times) - 1; i >= 0 && p.times[i] > now; i-- {
		p.times[i] = now
	}
}

// NewHistory makes a History that remembers up to so many requests of 8 to 16 bytes each. A key costs as much as 32 of
// them. 0 or less: DefaultEntries.
func NewHistory(entries int) *History {
	if entries <= 0 {
		entries = DefaultEntries
	}
	return &History{limit: entries, keys: map[keyHash]*list.Element{}, recent: list.New()}
}

// Admit reports whether r admits a request under key now. If so, it counts the request; otherwise wait is the time
// until r would admit it. The zero Rate admits all.
func (h *History) Admit(key string, r Rate, now time.Time) (wait time.Duration, ok bool) {
	if r == (Rate{}) {
		return 0, true
	}
	sum := sha256.Sum256([]byte(key))
	hash := keyHash(sum[:16])
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.keys[hash]
	if e == nil {
		e = h.recent.PushFront(&past{key: hash})
		h.keys[hash] = e
		h.entries += perKey
	} else {
		h.recent.MoveToFront(e)
	}
	p := e.Value.(*past)
	h.drop(p, now.Add(-r.Period))
	p.notAfter(now.UnixNano())
	if n := len(p.times); n >= r.Requests {
		// The reference divides the wait by one more than the rate leaves. That is 1, unless the rate was lowered.
		first := p.times[n-r.Requests]
		return r.Period - now.Sub(time.Unix(0, first)), false
	}
	p.times = append(p.times, now.UnixNano())
	h.entries++
	for h.entries > h.limit && h.recent.Len() > 1 {
		h.forget(h.recent.Back())
	}
	return 0, true
}

// drop forgets the requests of p up to and including a time.
func (h *History) drop(p *past, before time.Time) {
	n := 0
	for n < len(p.times) && p.times[n] <= before.UnixNano() {
		n++
	}
	h.entries -= n
	p.times = p.times[n:]
}

func (h *History) forget(e *list.Element) {
	p := h.recent.Remove(e).(*past)
	delete(h.keys, p.key)
	h.entries -= perKey + len(p.times)
}

// Keys returns how many keys are remembered.
func (h *History) Keys() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.keys)
}
