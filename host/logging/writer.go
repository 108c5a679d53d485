package logging

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// writer passes records on to a destination without waiting for it. One half of its memory is what is being written,
// the other what has come since; a record that finds no room is dropped and counted, and one that the destination did
// not take is too. As soon as the destination takes something again, a record says how many were lost.
//
// The destination is tried again with every batch and never given up: a pipe may be stuck for an hour, a disk full
// for a day.
type writer struct {
	destination io.Writer
	notice      func(lost uint64) []byte // the record that says so

	mu      sync.Mutex
	pending []byte // whole records, each of which ends with a newline
	spare   []byte // the other half; nil while it is being written
	writing int    // bytes that are being written
	lost    uint64 // records, in all
	told    uint64 // of them, how many a notice has told
	closed  bool

	wake  chan struct{} // has room for one
	ended chan struct{} // closed when the last record is written, after close
}

// newWriter has half of limit, in bytes, for what waits.
func newWriter(destination io.Writer, limit int, notice func(uint64) []byte) *writer {
	w := &writer{
		destination: destination, notice: notice,
		pending: make([]byte, 0, limit/2), spare: make([]byte, 0, limit/2),
		wake: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	go w.run()
	return w
}

// Write takes one record. It never waits, and never fails.
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

// stir has run look again.
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

// take gives what is to be written now, and how many records were lost that nobody was told of.
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

// pass writes a batch, and behind it what was lost until it was taken.
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

// close takes no further record and waits until those that it has are written, as long as that: then they are left.
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

// stats are the bytes that wait, the most that may, and how many records were lost.
func (w *writer) stats() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	return Stats{Bytes: len(w.pending) + w.writing, Limit: 2 * cap(w.pending), Dropped: w.lost}
}
