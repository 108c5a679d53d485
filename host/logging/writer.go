package logging

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// writer passes records to a destination without making their loggers wait. One half of its memory holds what is being
// written, the other what has come since. It drops and counts records that find no room, and those that the destination
// does not take. Once the destination takes records again, one of them says how many were lost.
//
// The writer tries the destination with every batch and never gives up: a pipe may be stuck for an hour, a disk full
// for a day.
type writer struct {
	destination io.Writer
	notice      func(lost uint64) []byte // makes the record about lost ones

	mu      sync.Mutex
	pending []byte // whole records, each with its newline
	spare   []byte // the other half; nil while it is being written
	writing int    // bytes being written
	lost    uint64 // records in total
	told    uint64 // those that a notice has counted
	closed  bool

	wake  chan struct{} // has room for one
	ended chan struct{} // closed after close, once the last record is written
}

// newWriter makes a writer with a memory of limit bytes.
func newWriter(destination io.Writer, limit int, notice func(uint64) []byte) *writer {
	w := &writer{
		destination: destination, notice: notice,
		pending: make([]byte, 0, limit/2), spare: make([]byte, 0, limit/2),
		wake: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	go w.run()
	return w
}

// Write takes one record. It never waits and never fails.
func (w *writer) Write(record []byte) (int, error) {
	w.mu.Lock()
	if w.closed || len(record) > cap(w.pending)-len(w.pending) {
		w.lost++
	} else {
		w.pending = append(w.pending, record...)
	}
	w.mu.Unlock()
	w.stir()
	return len(record), nil
}

// stir wakes run.
func (w *writer) stir() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *writer) run() {
	defer close(w.ended)
	for range w.wake {
		for {
			batch, untold, more := w.take()
			if !more {
				break
			}
			w.pass(batch, untold)
		}
		if w.isClosed() {
			return
		}
	}
}

// take returns what to write next, and how many lost records no notice has counted yet.
func (w *writer) take() (batch []byte, untold uint64, more bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.pending) == 0 {
		return nil, 0, false
	}
	batch, w.pending, w.spare = w.pending, w.spare, nil
	w.writing = len(batch)
	return batch, w.lost - w.told, true
}

// pass writes a batch, then a notice of the records that were lost before it.
func (w *writer) pass(batch []byte, untold uint64) {
	n, err := w.destination.Write(batch)
	told := false
	if err == nil && untold > 0 {
		_, err := w.destination.Write(w.notice(untold))
		told = err == nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.lost += uint64(bytes.Count(batch[min(max(n, 0), len(batch)):], []byte{'\n'}))
	}
	if told {
		w.told += untold
	}
	w.spare, w.writing = batch[:0], 0
}

func (w *writer) isClosed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closed
}

// close accepts no further record. It waits for at most patience until the others are written, then leaves them.
func (w *writer) close(patience time.Duration) {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.stir()
	select {
	case <-w.ended:
	case <-time.After(patience):
	}
}

// stats returns the present figures.
func (w *writer) stats() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	return Stats{Bytes: len(w.pending) + w.writing, Limit: 2 * cap(w.pending), Dropped: w.lost}
}
