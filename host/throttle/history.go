package throttle

import (
	"container/list"
	"crypto/sha256"
	"sync"
	"time"
)

// DefaultEntries is how many requests a History remembers if not told otherwise: some 8 to 16 MiB of them.
const DefaultEntries = 1 << 20

// DefaultBytes is what these take at most.
const DefaultBytes = 16 * DefaultEntries

// perKey is what a key costs by itself, in entries: its place in the map and the list, some 250 bytes.
const perKey = 32

// History remembers when requests were admitted under each key. It is safe for concurrent use.
type History struct {
	mu      sync.Mutex
	limit   int // entries, keys included
	entries int
	keys    map[keyHash]*list.Element // of *past
	recent  *list.List                // the key used last is at the front
}

// keyHash stands for a key, which may be of any length and whose text nobody needs: its SHA-256, of which half is
// enough.
type keyHash [16]byte

// past is what is known of one key.
type past struct {
	key   keyHash
	times []int64 // Unix nanoseconds, oldest first
}

// notAfter has no request count for longer than a period from now on: where the clock ran ahead and was set right,
// those of that time would be ahead for as long as it was wrong.
func (p *past) notAfter(now int64) {
	for i := len(p.times) - 1; i >= 0 && p.times[i] > now; i-- {
		p.times[i] = now
	}
}

// NewHistory makes a History that remembers up to that many requests, 8 to 16 bytes each; a key costs as much as 32
// of them. 0 or less: DefaultEntries.
func NewHistory(entries int) *History {
	if entries <= 0 {
		entries = DefaultEntries
	}
	return &History{limit: entries, keys: map[keyHash]*list.Element{}, recent: list.New()}
}

// Admit reports whether the rate admits a request under key at this time, and counts it if so; else how long to wait
// until it would. The zero Rate admits all.
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
		// The reference divides the wait by 1 more than what the rate leaves, which is 1 unless the rate was lowered
		// meanwhile.
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

// drop forgets what of a key was before a time, that one included.
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

// Keys is how many keys are remembered.
func (h *History) Keys() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.keys)
}
