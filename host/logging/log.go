package logging

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"time"
)

// DefaultLimit is the default of Config.Limit: 1 MiB, some 4000 records.
const DefaultLimit = 1 << 20

// Config says where records go. Destination is required.
type Config struct {
	Destination io.Writer
	// JSON writes one object a line (slog.JSONHandler) instead of text.
	JSON bool
	// Level is the least that is logged; nil: slog.LevelInfo.
	Level slog.Leveler
	// Limit bounds the memory of records that have not been written, in bytes; 0: DefaultLimit.
	Limit int
}

// Log is a logger that never waits for its destination. Close ends it.
type Log struct {
	*slog.Logger
	writer *writer
}

// Stats says what waits to be written and what was lost.
type Stats struct {
	Bytes, Limit int    // of waiting records
	Dropped      uint64 // records that found no room or that the destination did not take
}

// New makes a logger.
func New(cfg Config) *Log {
	if cfg.Limit == 0 {
		cfg.Limit = DefaultLimit
	}
	handler := func(w io.Writer) slog.Handler {
		options := &slog.HandlerOptions{Level: cfg.Level}
		if cfg.JSON {
			return slog.NewJSONHandler(w, options)
		}
		return slog.NewTextHandler(w, options)
	}
	notice := func(lost uint64) []byte {
		var b bytes.Buffer
		r := slog.NewRecord(time.Now(), slog.LevelWarn,
			"log records were dropped: whoever reads the log is too slow, or was away", 0)
		r.AddAttrs(slog.Uint64("count", lost))
		_ = handler(&b).Handle(context.Background(), r) // a bytes.Buffer takes everything
		return b.Bytes()
	}
	w := newWriter(cfg.Destination, cfg.Limit, notice)
	return &Log{slog.New(handler(w)), w}
}

// Close accepts no further record, and waits until the others are written, for at most patience.
func (l *Log) Close(patience time.Duration) { l.writer.close(patience) }

// Stats returns the present figures.
func (l *Log) Stats() Stats { return l.writer.stats() }
