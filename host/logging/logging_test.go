package logging_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgetoken/edgetoken/host/logging"
)

// line is a record, as far as the tests look at it.
type line struct {
	Level, Msg string
	N, Count   int
	Sample     string
}

func lines(t *testing.T, r io.Reader) (list []line) {
	t.Helper()
	for s := bufio.NewScanner(r); s.Scan(); {
		var l line
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatalf("%q: %v", s.Bytes(), err)
		}
		list = append(list, l)
	}
	return list
}

// A reader that stops reading holds nobody up, not even the end; what was lost is counted, and told of as soon as it
// reads again.
func TestAStuckDestination(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	const limit, records = 64 << 10, 20_000
	l := logging.New(logging.Config{Destination: w, JSON: true, Limit: limit})
	for n := range records {
		l.Info("request", "n", n)
		if s := l.Stats(); s.Bytes > limit || s.Limit != limit {
			t.Fatalf("%d of %d bytes wait, want at most %d", s.Bytes, s.Limit, limit)
		}
	}
	stuck := l.Stats()
	if stuck.Dropped == 0 || stuck.Dropped >= records {
		t.Fatalf("%d of %d records were dropped", stuck.Dropped, records)
	}
	read := make(chan []line)
	go func() { read <- lines(t, r) }()
	for l.Stats().Bytes > 0 {
		time.Sleep(time.Millisecond)
	}
	l.Info("again")
	l.Close(time.Minute)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, told, last := 0, 0, -1
	for _, l := range <-read {
		switch l.Msg {
		case "request":
			if l.N <= last {
				t.Errorf("record %d after record %d", l.N, last)
			}
			got, last = got+1, l.N
		case "again":
		default:
			told += l.Count
			if l.Level != "WARN" {
				t.Errorf("the loss is told at level %s", l.Level)
			}
		}
	}
	if got+told != records || uint64(told) != stuck.Dropped {
		t.Errorf("%d records came and %d were told to be lost, want %d in all; the figure says %d",
			got, told, records, stuck.Dropped)
	}
}

func TestCloseDoesNotWaitForAStuckDestination(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	l := logging.New(logging.Config{Destination: w})
	for range 10_000 {
		l.Info("request")
	}
	l.Close(time.Millisecond) // a test that hangs here fails
	l.Info("too late")
}

// A destination that is gone costs its records alone; once there is one again, it gets what comes, and how much was
// lost.
func TestADestinationThatIsGone(t *testing.T) {
	d := &failing{err: errors.New("broken pipe")}
	l := logging.New(logging.Config{Destination: d})
	for range 10 {
		l.Info("lost")
	}
	for l.Stats().Dropped < 10 {
		time.Sleep(time.Millisecond)
	}
	d.set(nil)
	l.Info("back")
	l.Close(time.Minute)
	if text := d.text(); strings.Contains(text, "msg=lost") || !strings.Contains(text, "back") ||
		!strings.Contains(text, "were dropped") || !strings.Contains(text, "count=10") {
		t.Errorf("the destination got %q", text)
	}
}

// failing is a destination that can fail.
type failing struct {
	mu  sync.Mutex
	err error
	got strings.Builder
}

func (f *failing) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return 0, f.err
	}
	return f.got.Write(b)
}

func (f *failing) set(err error) { f.mu.Lock(); f.err = err; f.mu.Unlock() }
func (f *failing) text() string  { f.mu.Lock(); defer f.mu.Unlock(); return f.got.String() }

// What happens a thousand times a second is one record a second, none is uncounted, and another kind has records of
// its own.
func TestRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b strings.Builder
		r := logging.NewRepeats(slog.New(slog.NewJSONHandler(&b, nil)))
		for second := range 10 {
			for n := range 1000 {
				r.Log(slog.LevelWarn, "busy", "refused", slog.Int("n", second*1000+n))
				time.Sleep(time.Millisecond)
			}
			r.Log(slog.LevelInfo, "other", "elsewhere")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		r.Log(slog.LevelWarn, "busy", "refused", slog.Int("n", -1))
		r.Log(slog.LevelWarn, "busy", "refused", slog.Int("n", -2))
		r.Flush()
		counts, records := map[string]int{}, map[string]int{}
		var all []line
		for _, l := range lines(t, strings.NewReader(b.String())) {
			counts[l.Msg], records[l.Msg] = counts[l.Msg]+l.Count, records[l.Msg]+1
			all = append(all, l)
		}
		if counts["refused"] != 10_002 || records["refused"] > 11+2 || counts["elsewhere"] != 10 {
			t.Errorf("counted %v in %v records, want 10002 in at most 13, and 10", counts, records)
		}
		if all[0].Count != 1 || all[0].N != 0 || all[len(all)-1].N != -2 {
			t.Errorf("the first record is %+v and the last %+v, want those of the first and the last event",
				all[0], all[len(all)-1])
		}
		// Kinds beyond a bound share a record.
		b.Reset()
		for n := range 1000 {
			r.Log(slog.LevelWarn, string(rune('a'+n)), "kind")
		}
		r.Flush()
		if got := len(lines(t, strings.NewReader(b.String()))); got > 200 {
			t.Errorf("1000 kinds make %d records at once", got)
		}
	})
}

// What clients can make a server say of their connections is one record a second, whatever their addresses; what is
// something else has its own.
func TestErrorLog(t *testing.T) {
	var b strings.Builder
	r := logging.NewRepeats(slog.New(slog.NewJSONHandler(&b, nil)))
	log := r.ErrorLog()
	for n := range 1000 {
		log.Printf("http: TLS handshake error from 192.0.2.%d:%d: EOF", n%256, n)
	}
	log.Print("http: Accept error: too many open files; retrying in 5ms")
	r.Flush()
	var got []string
	for _, l := range lines(t, strings.NewReader(b.String())) {
		got = append(got, fmt.Sprint(l.Level, " ", l.Msg, " ", l.Count))
	}
	want := []string{
		"WARN http: TLS handshake error from 192.0.2.0:0: EOF 1",
		"WARN http: Accept error: too many open files; retrying in 5ms 1",
		"WARN http: TLS handshake error from 192.0.2.231:999: EOF 999",
	}
	if !slices.Equal(got, want) {
		t.Errorf("recorded %q, want %q", got, want)
	}
}
