package httpapi

import (
	"context"
	"io"
	"net/http"
	"time"
)

// TakeTurns takes all turns for large bodies.
func TakeTurns(h http.Handler) (release func()) {
	turns := h.(*handler).largeTurns
	for range cap(turns) {
		turns <- struct{}{}
	}
	return func() {
		for range cap(turns) {
			<-turns
		}
	}
}

// ListPage is how many customers of a list are in memory at once.
const ListPage = listPage

// TakeLists takes all places for lists.
func TakeLists(h http.Handler) (release func()) {
	lists := h.(*handler).lists
	for range cap(lists) {
		lists <- struct{}{}
	}
	return func() {
		for range cap(lists) {
			<-lists
		}
	}
}

// Paths are those of the views.
func Paths() (paths []string) {
	for _, v := range views() {
		paths = append(paths, v.path)
	}
	return paths
}

// PacedAnswer is a long answer of a server with these limits.
func PacedAnswer(l Limits, w http.ResponseWriter) io.Writer {
	return longAnswer(context.WithValue(context.Background(), limitsKey{}, l.Filled()), w)
}

// Classify is how a request ends that failed for err: status, cause, and how long a client is to wait.
func Classify(err error) (status int, cause string, wait time.Duration) {
	o := classify(err)
	return o.status, string(o.reason), o.wait
}

// Stalled is how many requests wait for their client with memory that can be taken from them, and Queued how many
// large bodies wait for their turn.
func Stalled(h http.Handler) int { return waiting(h, func(m *memory) int { return m.clients.Len() }) }
func Queued(h http.Handler) int  { return waiting(h, func(m *memory) int { return m.turns.Len() }) }

func waiting(h http.Handler, count func(*memory) int) int {
	m := &h.(*handler).memory
	m.mu.Lock()
	defer m.mu.Unlock()
	return count(m)
}

// Taken is how much of the memory for bodies and answers is taken, in bytes.
func Taken(h http.Handler) int64 {
	m := &h.(*handler).memory
	m.mu.Lock()
	defer m.mu.Unlock()
	return h.(*handler).cfg.BodyMemory - m.left
}
