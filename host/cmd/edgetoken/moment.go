package main

import (
	"errors"
	"time"

	"github.com/edgetoken/edgetoken/host/config"
)

// moment is a flag whose value is a time: RFC 3339, or how far it is from now. nil: it is not given.
type moment struct{ time *time.Time }

const momentForms = "2026-12-01T03:00:00Z, or from now on 24h or 30d"

func (m *moment) String() string {
	if m.time == nil {
		return ""
	}
	return m.time.Format(time.RFC3339)
}

func (m *moment) Type() string { return "time" }

func (m *moment) Set(text string) error {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		ahead, ok := config.ParseDuration(text)
		if !ok || ahead <= 0 {
			return errors.New("it is no time")
		}
		t = time.Now().Add(ahead)
	}
	t = t.UTC().Truncate(time.Second)
	m.time = &t
	return nil
}
