//go:build nofleet

package natsrecord

import (
	"context"
	"time"
)

// Recorder is never made in this build.
type Recorder struct{}

// New returns ErrNotBuilt.
func New(Config) (*Recorder, error) { return nil, ErrNotBuilt }

func (*Recorder) Last(context.Context) ([]byte, error) { return nil, ErrNotBuilt }

func (*Recorder) Append(context.Context, []byte) error { return ErrNotBuilt }

func (*Recorder) Each(context.Context, time.Time, func([]byte) error) error { return ErrNotBuilt }

func (*Recorder) Close() error { return nil }
