package store

import (
	"sort"
	"sync"
	"time"

	"github.com/edgetoken/edgetoken/core"
)

// windows tells for how long an advance has been durable. Only from then on can the client have the new tokens, so the
// grace period counts from then (core.Settings.RefreshGrace). The record of a family says when the commit of its
// advance began, and windows when that commit was durable. Both are running times of the store, which go on only while
// it is open: after a start no more is left of a window than at the last commit, whatever the wall clock says. For as
// long as something could be left, each Purge commits the running time; Close does so, too.
type windows struct {
	mu     sync.Mutex
	list   []window // ascending
	latest int64    // when the last advance was durable
	kept   int64    // the running time in the file
}

// window is a commit that advanced families: when it began, and when it was durable, in running time, µs.
type window struct{ began, durable int64 }

// maxWindows bounds the list, to 1 MiB. The advances of a commit that is no longer there count from its beginning.
const maxWindows = 1 << 16

// opened notes that a commit is durable.
func (s *windows) opened(w window) {
	s.mu.Lock()
	defer s.mu.Unlock()
	over := sort.Search(len(s.list), func(i int) bool {
		return w.durable-s.list[i].durable <= core.MaxGrace.Microseconds()
	})
	if len(s.list) == maxWindows {
		over = max(over, maxWindows/2)
	}
	if over > 0 && 2*over >= len(s.list) { // so that a commit moves two entries at most
		s.list = s.list[:copy(s.list, s.list[over:])]
	}
	s.list = append(s.list, w)
	s.latest = w.durable
}

// keep notes the running time in the file.
func (s *windows) keep(running int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = running
}

// skip goes on with a running time that has grown, so that each window stays as it is.
func (s *windows) skip(running int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.list {
		s.list[i].began += running
		s.list[i].durable += running
	}
	s.latest += running
}

// due reports whether a start from what the file has now could leave a window open for longer.
func (s *windows) due(now int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept != 0 && s.kept < now && s.kept < s.latest+core.MaxGrace.Microseconds()
}

// age is for how long the advances of a commit have been durable that began then.
func (s *windows) age(began, now int64) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	since := began
	after := sort.Search(len(s.list), func(i int) bool { return s.list[i].began > began })
	if after > 0 && s.list[after-1].began == began {
		since = s.list[after-1].durable
	}
	return time.Duration(max(0, now-since)) * time.Microsecond
}
