package server

import (
	"context"
	"io"
	"net"
	"net/http"
	"time"
)

// PacedAnswer is a long answer of a server with these limits.
func PacedAnswer(l Limits, w http.ResponseWriter) io.Writer {
	c := &connection{of: &connections{limits: l.Filled()}}
	r := new(http.Request)
	return LongAnswer(w, r.WithContext(context.WithValue(context.Background(), connectionKey{}, c)))
}

// Deadline is a deadline of a connection that keeps what it was told to have.
type Deadline struct {
	deadline
	Had []time.Time
}

func (d *Deadline) has(t time.Time) error {
	d.Had = append(d.Had, t)
	return nil
}

// Move moves the deadline.
func (d *Deadline) Move(t time.Time) error { return d.move(t, d.has) }

// Early reports whether the connection goes on after it said err.
func (d *Deadline) Early(err error) bool { return d.early(err, d.has) }

// Begin begins a read.
func (d *Deadline) Begin() error { return d.begin() }

// End ends a read that has begun.
func (d *Deadline) End() { d.end() }

// Connection is a connection of a server, in the middle of a request.
func Connection(conn net.Conn) net.Conn { return &connection{Conn: conn, of: new(connections)} }
