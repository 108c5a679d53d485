package server_test

import (
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/server"
)

// TestDeadline moves a deadline as net/http does. What comes earlier reaches the connection, and what has passed ends a
// read that is under way.
func TestDeadline(t *testing.T) {
	now := time.Now()
	after := func(d time.Duration) time.Time { return now.Add(d) }
	none, past := time.Time{}, time.Unix(1, 0)
	var d server.Deadline
	if err := d.Begin(); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		about string
		to    time.Time
		had   []time.Time // by the connection
	}{
		{"the first one", after(time.Hour), []time.Time{after(time.Hour)}},
		{"a later one", after(2 * time.Hour), nil},
		{"none", none, nil},
		{"an earlier one", after(time.Minute), []time.Time{after(time.Minute)}},
		{"what ends a read", past, []time.Time{past}},
		{"none after it", none, []time.Time{after(time.Minute)}},
		{"a later one", after(time.Hour), nil},
		{"what ends a read", past, []time.Time{past}},
		{"an earlier one after it", after(time.Second), []time.Time{after(time.Second)}},
	} {
		d.Had = nil
		if err := d.Move(step.to); err != nil || !slices.Equal(d.Had, step.had) {
			t.Fatalf("%s: the connection had %v, %v, want %v", step.about, d.Had, err, step.had)
		}
	}
	d.End()
	for _, step := range []struct {
		about string
		to    time.Time
		had   []time.Time
		err   error // of a read
	}{
		{"what ends no read", past, nil, os.ErrDeadlineExceeded},
		{"none after it", none, nil, nil},
		{"an earlier one", after(time.Millisecond), []time.Time{after(time.Millisecond)}, nil},
	} {
		d.Had = nil
		if err := d.Move(step.to); err != nil || !slices.Equal(d.Had, step.had) {
			t.Fatalf("%s: the connection had %v, %v, want %v", step.about, d.Had, err, step.had)
		}
		err := d.Begin()
		if !errors.Is(err, step.err) {
			t.Errorf("%s: a read begins with %v, want %v", step.about, err, step.err)
		}
		if err == nil {
			d.End()
		}
	}
	if err := d.Begin(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		about  string
		wanted time.Time
		err    error
		early  bool
	}{
		{"the wanted one has not come", after(time.Hour), os.ErrDeadlineExceeded, true},
		{"none is wanted", none, os.ErrDeadlineExceeded, true},
		{"it is the wanted one", past, os.ErrDeadlineExceeded, false},
		{"another error", after(time.Hour), io.EOF, false},
	} {
		if err := d.Move(c.wanted); err != nil {
			t.Fatal(err)
		}
		d.Had = nil
		if d.Early(c.err) != c.early || c.early != slices.Equal(d.Had, []time.Time{c.wanted}) {
			t.Errorf("%s: early is not %v, or the connection had %v", c.about, c.early, d.Had)
		}
	}
}

// TestEarlierDeadline: a read and a write go on when a deadline passes which was put off meanwhile, and end by the one
// that is wanted.
func TestEarlierDeadline(t *testing.T) {
	inner, client := net.Pipe()
	defer client.Close()
	c := server.Connection(inner)
	defer inner.Close()
	const early = 20 * time.Millisecond
	for _, until := range []time.Duration{early, time.Hour} {
		if err := c.SetDeadline(time.Now().Add(until)); err != nil {
			t.Fatal(err)
		}
	}
	go func() {
		buf := make([]byte, 5)
		time.Sleep(2 * early)
		_, _ = io.ReadFull(client, buf[:2])
		_, _ = io.ReadFull(client, buf[2:])
		_, _ = client.Write(buf)
	}()
	if n, err := c.Write([]byte("hello")); n != 5 || err != nil {
		t.Errorf("Write = %d, %v", n, err)
	}
	buf := make([]byte, 5)
	if _, err := io.ReadFull(c, buf); err != nil || string(buf) != "hello" {
		t.Errorf("read %q, %v", buf, err)
	}
	if err := c.SetDeadline(time.Now().Add(early)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Read = %v after the deadline", err)
	}
	if _, err := c.Write(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Write = %v after the deadline", err)
	}
}
