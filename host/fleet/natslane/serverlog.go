//go:build !nofleet

package natslane

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// serverLog writes what the server says to a slog.Logger: at most one record a second, since an edge can cause as many
// as it likes.
type serverLog struct {
	log *slog.Logger

	mu    sync.Mutex
	next  time.Time
	left  int    // records that were left out since the last
	ended string // the fatal one
}

func (l *serverLog) write(level slog.Level, format string, v []any) {
	l.mu.Lock()
	now := time.Now()
	if now.Before(l.next) {
		l.left++
		l.mu.Unlock()
		return
	}
	left := l.left
	l.left, l.next = 0, now.Add(time.Second)
	l.mu.Unlock()
	l.log.Log(context.Background(), level, "NATS server", "says", fmt.Sprintf(format, v...), "left_out", left)
}

// Fatalf is what the server calls where it cannot go on; it does not end the process.
func (l *serverLog) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = fmt.Sprintf(format, v...)
}

// fatal is why the server ended, empty while it runs.
func (l *serverLog) fatal() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}

func (l *serverLog) Errorf(format string, v ...any) { l.write(slog.LevelWarn, format, v) }
func (l *serverLog) Debugf(string, ...any)          {}
func (l *serverLog) Noticef(string, ...any)         {}
func (l *serverLog) Tracef(string, ...any)          {}

// Warnf leaves out what the server says at each start of clients that do not begin with TLS: edges do.
func (l *serverLog) Warnf(format string, v ...any) {
	if !strings.Contains(format, "TLS Handshake First") {
		l.write(slog.LevelWarn, format, v)
	}
}
