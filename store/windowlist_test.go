package store

import (
	"testing"
	"time"
)

// The list of recent commits is bounded in size, and knows each commit of the last minutes.
func TestWindowsAreBounded(t *testing.T) {
	var s windows
	const every = 10_000 // µs between commits, each of which takes half of it
	for i := range int64(200_000) {
		s.opened(window{began: i * every, durable: i*every + every/2})
		if len(s.list) > maxWindows || cap(s.list) > 2*maxWindows {
			t.Fatalf("%d commits in room for %d", len(s.list), cap(s.list))
		}
		for _, back := range []int64{0, 1, 1000} {
			if n := i - back; n >= 0 {
				if got := s.age(n*every, i*every+every); got != time.Duration(back*every+every/2)*time.Microsecond {
					t.Fatalf("commit %d is of age %v at commit %d", n, got, i)
				}
			}
		}
	}
	if got := s.age(7, 8); got != time.Microsecond {
		t.Errorf("a commit that is not in the list is of age %v, want it from its beginning", got)
	}
}
