package config

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/host/admission"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/server"
	"github.com/edgetoken/edgetoken/host/throttle"
	"github.com/edgetoken/edgetoken/store"
)

// limitRows are the keys that limit clients: by connection, by request, by password hash, by time. Under limits: and
// hashing:, 0 means the default. If that depends on the machine or on another key, the row has 0 as its default, and
// shownAs has the value that it comes to.
func limitRows() []row {
	d := server.DefaultLimits()
	rate := func(key string, field func(*Config) *throttle.Rate) row {
		return at("throttles."+key, throttle.Rate{}, readRate, field)
	}
	atTheStart := atStart(
		size("limits.header_bytes", d.HeaderBytes, func(c *Config) *int { return &c.Limits.HeaderBytes }),
		size("limits.header_memory", d.HeaderMemory, func(c *Config) *int64 { return &c.Limits.HeaderMemory }),
		at("limits.header_timeout", d.HeaderTimeout, readLimit,
			func(c *Config) *time.Duration { return &c.Limits.HeaderTimeout }),
		at("limits.read_timeout", d.ReadTimeout, readLimit,
			func(c *Config) *time.Duration { return &c.Limits.ReadTimeout }),
		size("limits.body_rate", d.BodyRate, func(c *Config) *int { return &c.Limits.BodyRate }),
		at("limits.write_timeout", d.WriteTimeout, readLimit,
			func(c *Config) *time.Duration { return &c.Limits.WriteTimeout }),
		at("limits.idle_timeout", d.IdleTimeout, readLimit,
			func(c *Config) *time.Duration { return &c.Limits.IdleTimeout }),
		at("limits.connections", d.Connections, readInt(0, 1_000_000),
			func(c *Config) *int { return &c.Limits.Connections }),
		at("limits.connections_per_address", 0, readInt(0, 1_000_000),
			func(c *Config) *int { return &c.Limits.ConnectionsPerAddress }).shownAs(func(c *Config) any {
			return c.Limits.Filled().ConnectionsPerAddress
		}),
		at("limits.sessions", store.DefaultMaxSessions, readInt(64, 100_000_000),
			func(c *Config) *int { return &c.MaxSessions }),
		at("limits.listed_logins", store.DefaultMaxLogins, readInt(64, 100_000_000),
			func(c *Config) *int { return &c.MaxLogins }),
		at("hashing.workers", 0, readInt(0, 4096),
			func(c *Config) *int { return &c.Hashing.Workers }).shownAs(func(c *Config) any {
			return c.Hashing.Filled().Workers
		}),
		at("hashing.queue", 0, readInt(0, 100_000),
			func(c *Config) *int { return &c.Hashing.Queue }).shownAs(func(c *Config) any {
			return c.Hashing.Filled().Queue
		}),
		size("hashing.memory", 0, func(c *Config) *int64 { return &c.Hashing.Memory }).shownAs(func(c *Config) any {
			return shownBytes(c.Hashing.Filled().Memory)
		}),
		at("hashing.wait", 10*time.Second, readLimit,
			func(c *Config) *time.Duration { return &c.Hashing.Wait }).shownAs(func(c *Config) any {
			return c.Hashing.Filled().Wait
		}),
		at("hashing.timeout", 0, readLimit,
			func(c *Config) *time.Duration { return &c.HashTimeout }).shownAs(func(c *Config) any {
			return cmp.Or(c.HashTimeout, hashing.Deadline(hashing.Job{Params: c.Password}))
		}),
		at("hashing.in_process", false, readBool, func(c *Config) *bool { return &c.HashInProcess }),
	)
	return append(atTheStart,
		size("limits.body_bytes", httpapi.DefaultMaxBody, func(c *Config) *int64 { return &c.MaxBody }),
		size("limits.body_memory", httpapi.DefaultBodyMemory, func(c *Config) *int64 { return &c.BodyMemory }),
		at("limits.fields", django.MaxFields, readInt(1, django.MaxFields),
			func(c *Config) *int { return &c.MaxFields }),
		at("trusted_hops", 0, readInt(0, 100), func(c *Config) *int { return &c.TrustedHops }),
		rate("anon", func(c *Config) *throttle.Rate { return &c.Throttles.Anon }),
		rate("user", func(c *Config) *throttle.Rate { return &c.Throttles.User }),
		rate("login", func(c *Config) *throttle.Rate { return &c.Throttles.Login }),
		rate("account", func(c *Config) *throttle.Rate { return &c.Throttles.Account }),
	)
}

// size is the row of a number of bytes.
func size[T int | int64](key string, def T, field func(*Config) *T) row {
	r := at(key, def, readBytes[T], field)
	r.get = func(c *Config) any { return shownBytes(int64(*field(c))) }
	return r
}

// readRate reads a rate as Django REST framework's DEFAULT_THROTTLE_RATES has it, or null for none.
func readRate(v value) (throttle.Rate, error) {
	s, err := readOptional(v)
	if err != nil || s == nil {
		return throttle.Rate{}, err
	}
	if *s == "" {
		return throttle.Rate{}, errors.New(`is empty: give a rate such as "100/hour", or null for none`)
	}
	return throttle.ParseRate(*s)
}

// readLimit reads a duration that is not negative.
func readLimit(v value) (time.Duration, error) {
	d, err := readDuration(v)
	if err == nil && d < 0 {
		err = errors.New("must not be negative")
	}
	return d, err
}

// units are what may follow a number of bytes.
var units = []struct {
	suffix string
	bytes  int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}

// readBytes reads a number of bytes, or text such as 64KiB, 4MiB, 1GiB.
func readBytes[T int | int64](v value) (T, error) {
	if v.kind == null {
		return 0, errNull
	}
	digits, unit := v.text, int64(1)
	for _, u := range units {
		if s, ok := strings.CutSuffix(v.text, u.suffix); ok {
			digits, unit = strings.TrimSpace(s), u.bytes
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if v.kind != text && v.kind != number || err != nil || n < 0 || n > math.MaxInt32*(1<<10)/unit ||
		int64(T(n*unit)) != n*unit {
		return 0, fmt.Errorf("%v is no number of bytes up to 2 TiB: give one as it is, or with a unit as in 64KiB, "+
			"4MiB, 1GiB", v)
	}
	return T(n * unit), nil
}

// shownBytes writes n as readBytes reads it: with the largest unit that leaves a whole number, else as a plain number.
func shownBytes(n int64) any {
	for _, u := range slices.Backward(units) {
		if n > 0 && n%u.bytes == 0 {
			return strconv.FormatInt(n/u.bytes, 10) + u.suffix
		}
	}
	return n
}

// limitNames are the keys of server.Limits' fields.
var limitNames = strings.NewReplacer("server: ", "",
	"Limits.HeaderBytes", "limits.header_bytes", "Limits.HeaderMemory", "limits.header_memory",
	"Limits.HeaderTimeout", "limits.header_timeout", "Limits.ReadTimeout", "limits.read_timeout",
	"Limits.BodyRate", "limits.body_rate", "Limits.WriteTimeout", "limits.write_timeout",
	"Limits.IdleTimeout", "limits.idle_timeout",
	"Limits.ConnectionsPerAddress", "limits.connections_per_address", "Limits.Connections", "limits.connections")

// fillLimits puts the default in the place of a limit that is 0, so that what is shown and what memory.go adds up is
// what the node keeps to. ConnectionsPerAddress stays 0: a warning asks whether it was given.
func (c *Config) fillLimits() {
	perAddress := c.Limits.ConnectionsPerAddress
	c.Limits = c.Limits.Filled()
	c.Limits.ConnectionsPerAddress = perAddress
	httpapi.FillBodies(&c.MaxBody, &c.BodyMemory)
}

// checkLimits fills the limits, and reports those that contradict each other.
func (c *Config) checkLimits(bad func(string, error)) {
	c.fillLimits()
	if joined, ok := c.Limits.Validate().(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			key, text, _ := strings.Cut(limitNames.Replace(err.Error()), " ")
			bad(key, errors.New(text))
		}
	}
	if c.MaxBody >= c.BodyMemory {
		bad("limits.body_bytes", errors.New("must be less than limits.body_memory: raise that, or set it to 0, which "+
			"makes room for two such bodies"))
	}
	if queue, err := admission.New(c.Hashing); err != nil {
		bad("hashing", err)
	} else if need := int64(c.Password.Memory) << 10; need > queue.Memory() {
		bad("password.memory", errors.New("is more than hashing.memory: raise that, or no password could be hashed"))
	}
}
