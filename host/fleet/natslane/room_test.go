//go:build !nofleet

package natslane

import (
	"context"
	"testing"
)

// links are readers, and what waits for each.
type links map[uint64]int

func (l links) room() *room {
	return &room{
		count: func() (list []waits) {
			for link, bytes := range l {
				list = append(list, waits{link, bytes})
			}
			return list
		},
		drop: func(link uint64) { delete(l, link) },
	}
}

func (l links) sum() (n int) {
	for _, bytes := range l {
		n += bytes
	}
	return n
}

// publish publishes as the lane does. Links from slow on read nothing.
func (l links) publish(r *room, bytes int, slow uint64) bool {
	ok := r.publish(bytes, len(l))
	for link := range l {
		switch {
		case link < slow:
			l[link] = 0
		case ok:
			l[link] += bytes
		}
	}
	return ok
}

func TestRoomDropsTheSlow(t *testing.T) {
	l := links{}
	for link := range uint64(20) {
		l[link] = 0
	}
	r := l.room()
	for i := range 1000 {
		if !l.publish(r, 256<<10, 12) {
			t.Fatalf("message %d was not published", i)
		}
		if l.sum() > pending {
			t.Fatalf("%d bytes wait after message %d, the bound is %d", l.sum(), i, pending)
		}
	}
	for link := range uint64(12) {
		if _, ok := l[link]; !ok {
			t.Errorf("link %d was dropped, and reads", link)
		}
	}
	if r.slow() == 0 {
		t.Error("no slow reader was dropped")
	}
}

func TestRoomDropsNobodyForMany(t *testing.T) {
	l := links{}
	for link := range uint64(1000) {
		l[link] = 0
	}
	r := l.room()
	published := 0
	for range 100 { // nobody has read anything yet
		if l.publish(r, 8<<10, 0) {
			published++
		}
	}
	if len(l) != 1000 || l.sum() > pending || published == 0 {
		t.Errorf("%d links are left with %d bytes after %d messages, want 1000, up to %d and some", len(l), l.sum(),
			published, pending)
	}
	if l.publish(r, 600<<10, 0) {
		t.Error("a message was published that fills the room alone")
	}
}

func TestRoomLetsAnswersWait(t *testing.T) {
	l := links{}
	r := l.room()
	n := 0
	for ; r.tryReserve(1 << 20); n++ {
	}
	if n != pendingAnswers>>20 {
		t.Errorf("%d answers of 1 MiB found room, want %d", n, pendingAnswers>>20)
	}
	if !r.publish(1<<20, 1) {
		t.Error("answers that are being made keep the log from being published")
	}
	ended, end := context.WithCancel(context.Background())
	end()
	if r.reserve(ended, 1<<20) {
		t.Error("an answer found room that there is not")
	}
	r.release(1<<20, 100)
	if !r.reserve(context.Background(), 1<<20) {
		t.Error("an answer found no room although there is some")
	}
}
