package server

import (
	"errors"
	"fmt"
	"time"
)

// Limits bounds what each connection, and all together, may take. An honest client reaches none of them. Zero stands
// for the default.
type Limits struct {
	// HeaderBytes bounds the header of a request, in bytes; 0: 64 KiB. The response to a longer one is 431.
	HeaderBytes int
	// HeaderMemory bounds the memory of all headers that are arriving, in bytes; 0: 32 MiB. Each byte that arrives
	// counts as HeaderWeight. Beyond the bound, the connection whose header has become longest is closed.
	HeaderMemory int64
	// HeaderTimeout is how long a header may take to arrive; 0: 10 seconds.
	HeaderTimeout time.Duration
	// ReadTimeout is how long a whole request may take to arrive; 0: 30 seconds. A body that arrives at BodyRate may
	// take longer.
	ReadTimeout time.Duration
	// BodyRate is how fast a body must have arrived on average once ReadTimeout is over, in bytes a second; 0: 16 KiB.
	BodyRate int
	// WriteTimeout is how long after the header of a request the client must have taken the response; 0: 60 seconds. A
	// LongAnswer that the client takes at BodyRate may take longer.
	WriteTimeout time.Duration
	// IdleTimeout is how long a connection may stay open between two requests; 0: 120 seconds.
	IdleTimeout time.Duration
	// Connections bounds the open connections in all; 0: 4096.
	Connections int
	// ConnectionsPerAddress bounds the open connections of one Client.Network; 0: half of Connections. A proxy counts
	// as one address.
	ConnectionsPerAddress int
}

// HeaderWeight is how much memory a byte of a header takes at most, in bytes: a map of very short fields takes that
// much.
const HeaderWeight = 24

// Validate reports all limits that make no sense.
func (l Limits) Validate() error {
	var errs []error
	for _, v := range []struct {
		name  string
		value int64
	}{
		{"HeaderBytes", int64(l.HeaderBytes)}, {"HeaderMemory", l.HeaderMemory},
		{"HeaderTimeout", int64(l.HeaderTimeout)}, {"ReadTimeout", int64(l.ReadTimeout)},
		{"BodyRate", int64(l.BodyRate)}, {"WriteTimeout", int64(l.WriteTimeout)}, {"IdleTimeout", int64(l.IdleTimeout)},
		{"Connections", int64(l.Connections)}, {"ConnectionsPerAddress", int64(l.ConnectionsPerAddress)},
	} {
		if v.value < 0 {
			errs = append(errs, errors.New("server: Limits."+v.name+" must not be negative"))
		}
	}
	f := l.Filled()
	if f.ConnectionsPerAddress > f.Connections {
		errs = append(errs, errors.New("server: Limits.ConnectionsPerAddress must not be more than Limits.Connections"))
	}
	if f.HeaderMemory < HeaderWeight*int64(f.HeaderBytes) {
		errs = append(errs, fmt.Errorf("server: Limits.HeaderMemory must be at least %d times Limits.HeaderBytes, "+
			"which is what one header may take", HeaderWeight))
	}
	if f.HeaderTimeout > f.ReadTimeout {
		errs = append(errs, errors.New(
			"server: Limits.HeaderTimeout must not be more than Limits.ReadTimeout, which has the header in it"))
	}
	return errors.Join(errs...)
}

// DefaultLimits returns the limits that the zero value stands for.
func DefaultLimits() Limits { return Limits{}.Filled() }

// Filled returns l with its defaults.
func (l Limits) Filled() Limits {
	fill(&l.HeaderBytes, 64<<10)
	fill(&l.HeaderMemory, max(32<<20, 4*HeaderWeight*int64(l.HeaderBytes)))
	fill(&l.HeaderTimeout, 10*time.Second)
	fill(&l.ReadTimeout, 30*time.Second)
	fill(&l.BodyRate, 16<<10)
	fill(&l.WriteTimeout, 60*time.Second)
	fill(&l.IdleTimeout, 120*time.Second)
	fill(&l.Connections, 4096)
	fill(&l.ConnectionsPerAddress, max(1, l.Connections/2))
	return l
}

func fill[T comparable](field *T, def T) {
	var zero T
	if *field == zero {
		*field = def
	}
}
