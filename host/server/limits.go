package server

import (
	"errors"
	"fmt"
	"time"
)

// Limits bound what one connection, and all together, may take. None is one that an honest client meets. The zero
// value of each stands for its default.
type Limits struct {
	// HeaderBytes bounds the header of a request, in bytes; 0: 64 KiB. A longer one is answered with 431.
	HeaderBytes int
	// HeaderMemory bounds the headers of all connections together while they arrive, in bytes, of which each byte that
	// arrives counts as HeaderWeight; 0: 32 MiB. Beyond it the connection is closed of whose header most has arrived.
	HeaderMemory int64
	// HeaderTimeout is how long a header may take to arrive; 0: 10 seconds.
	HeaderTimeout time.Duration
	// ReadTimeout is how long a whole request may take to arrive; 0: 30 seconds. A body may take longer as long as it
	// arrives at BodyRate.
	ReadTimeout time.Duration
	// BodyRate is how fast a body has to arrive once ReadTimeout is over, in bytes a second from its beginning; 0: 16 KiB.
	BodyRate int
	// WriteTimeout is how long after the header of a request its answer must have been taken; 0: 60 seconds. A long list
	// may take longer as long as it is taken at BodyRate.
	WriteTimeout time.Duration
	// IdleTimeout is how long a connection may stay open between two requests; 0: 120 seconds.
	IdleTimeout time.Duration
	// Connections bounds the open connections in all; 0: 4096.
	Connections int
	// ConnectionsPerAddress bounds those of one client address, for IPv6 of one network of 64 bits; 0: half of
	// Connections. A proxy is one address.
	ConnectionsPerAddress int
}

// HeaderWeight is what a byte of a header takes at most, in bytes: of very short fields a map takes that many.
const HeaderWeight = 24

// Validate names every limit that makes no sense.
func (l Limits) Validate() error {
	var errs []error
	for _, v := range []struct {
		name  string
		value int64
	}{
		{"HeaderBytes", int64(l.HeaderBytes)}, {"HeaderMemory", l.HeaderMemory}, {"HeaderTimeout", int64(l.HeaderTimeout)}, {"ReadTimeout", int64(l.ReadTimeout)},
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
		errs = append(errs, fmt.Errorf("server: Limits.HeaderMemory must be at least %d times Limits.HeaderBytes, which is what one header may take", HeaderWeight))
	}
	if f.HeaderTimeout > f.ReadTimeout {
		errs = append(errs, errors.New("server: Limits.HeaderTimeout must not be more than Limits.ReadTimeout, which has the header in it"))
	}
	return errors.Join(errs...)
}

// DefaultLimits are the limits that the zero value stands for.
func DefaultLimits() Limits { return Limits{}.Filled() }

// Filled is l with its defaults.
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
