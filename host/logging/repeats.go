package logging

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// RepeatEvery is the time between two records of something that keeps happening.
const RepeatEvery = time.Second

// maxKinds bounds the kinds that Repeats tells apart. Those beyond it count as one kind.
const maxKinds = 128

// Repeats turns what would be a flood of records into one a second for each kind. It writes the first of a kind at
// once, then one for all that came within the next second, with their count and the attributes of the last. It is
// safe for concurrent use. Make one with NewRepeats.
type Repeats struct {
	log *slog.Logger

	mu    sync.Mutex
	kinds map[string]*kind // those whose second has not passed
}

// kind is what has come of a kind since its last record.
type kind struct {
	level   slog.Level
	message string
	count   int
	last    []slog.Attr
	timer   *time.Timer
}

// NewRepeats makes a Repeats that writes to log.
func NewRepeats(log *slog.Logger) *Repeats { return &Repeats{log: log, kinds: map[string]*kind{}} }

// Log records something of the kind with this name. Its level and message should always be the same.
func (r *Repeats) Log(level slog.Level, name, message string, attrs ...slog.Attr) {
	if !r.log.Enabled(context.Background(), level) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kinds[name] == nil && len(r.kinds) >= maxKinds {
		name = ""
	}
	k := r.kinds[name]
	if k == nil {
		k = &kind{}
		k.timer = time.AfterFunc(RepeatEvery, func() { r.pass(name, k) })
		r.kinds[name] = k
		r.write(level, message, 1, attrs)
		return
	}
	k.level, k.message, k.last = level, message, attrs
	k.count++
}

// pass ends the second of a kind.
func (r *Repeats) pass(name string, k *kind) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kinds[name] != k {
		return // Flush has written it
	}
	if k.count == 0 {
		delete(r.kinds, name)
		return
	}
	r.write(k.level, k.message, k.count, k.last)
	k.count, k.last = 0, nil
	k.timer.Reset(RepeatEvery)
}

// Flush writes at once what has been counted.
func (r *Repeats) Flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, k := range r.kinds {
		k.timer.Stop()
		if k.count > 0 {
			r.write(k.level, k.message, k.count, k.last)
		}
		delete(r.kinds, name)
	}
}

func (r *Repeats) write(level slog.Level, message string, count int, attrs []slog.Attr) {
	r.log.LogAttrs(context.Background(), level, message, append([]slog.Attr{slog.Int("count", count)}, attrs...)...)
}
