package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core"
)

// Fleet is how a node takes part in a fleet. Whether it does, as what and in which, is in its store: a node that is in
// none reads nothing of this.
type Fleet struct {
	// Listen is where a hub takes new members and the lane over HTTP, and NATSListen where its NATS server listens;
	// both host:port.
	Listen, NATSListen string
	// Addresses are what edges dial to reach Listen, host:port; nil: the name of this machine and the port of Listen,
	// and at an edge what the hub said when it joined.
	Addresses []string
	Lane      string // LaneNATS or LaneHTTP
	// Servers are the URLs of a NATS cluster that carries the lane; nil: the hub's own server does. Credentials is a
	// file in NATS' form for it; empty: none.
	Servers     []string
	Credentials string
	// Staleness is how old the knowledge of a node may be, and Skew how far its clock may be off the hub's. All nodes
	// of a fleet have the same.
	Staleness, Skew time.Duration
	WhenStale       string // WhenStaleClosed or WhenStaleOpen
	// LogAge and LogBytes bound the hub's log. An edge that is behind by more takes a copy of the store.
	LogAge   time.Duration
	LogBytes int64
	// Recorder has what a hub writes kept elsewhere, where Recorder.Servers are given.
	Recorder   Recorder
	Durability string // DurabilityLocal or DurabilityHub
	HomeAway   string // HomeAwayUnavailable or HomeAwayAccessOnly

	// Hub and Edge say what the node is. No key does: whoever opens the store sets them, for MemoryBound.
	Hub, Edge bool
}

// Recorder is where the log of a hub is recorded.
type Recorder struct {
	Servers     []string      // URLs of NATS servers with JetStream; nil: nobody records
	Credentials string        // a file in NATS' form for them; empty: none
	Age         time.Duration // how long a new stream keeps a record
}

// The values of keys of fleet that are one of two words.
const (
	LaneNATS            = "nats"
	LaneHTTP            = "http"
	WhenStaleClosed     = "closed"      // a node that is stale refuses
	WhenStaleOpen       = "open"        // it goes on to check tokens, and issues none
	DurabilityLocal     = "local"       // a refresh is answered once it is durable at its home
	DurabilityHub       = "hub"         // and at the hub too
	HomeAwayUnavailable = "unavailable" // a refresh is refused while its home is away
	HomeAwayAccessOnly  = "access_only" // it gives an access token alone
)

// The bounds of fleet.staleness and fleet.skew. A cut-off lies up to mostBehind ahead (store), so that a node with the
// fleet's oldest knowledge and a clock that is off still takes part in it.
const (
	leastStaleness, mostBehind = 5 * time.Second, 5 * time.Minute
	leastSkew, mostSkew        = 100 * time.Millisecond, 30 * time.Second
	leastLogAge, leastLogBytes = 10 * time.Minute, 16 << 20
	leastRecord                = day
)

// fleetRows are about a fleet of nodes.
func fleetRows() []row {
	choice := func(key, def, other string, field func(*Config) *string) row {
		return at(key, def, readOneOf(same(def, other), def+" or "+other), field)
	}
	return append(atStart(
		at("fleet.listen", ":7421", readListen, func(c *Config) *string { return &c.Fleet.Listen }),
		at("fleet.nats_listen", ":7422", readListen, func(c *Config) *string { return &c.Fleet.NATSListen }),
		at("fleet.address", nil, readAddresses, func(c *Config) *[]string { return &c.Fleet.Addresses }),
		choice("fleet.lane", LaneNATS, LaneHTTP, func(c *Config) *string { return &c.Fleet.Lane }),
		at("fleet.servers", nil, readServers, func(c *Config) *[]string { return &c.Fleet.Servers }),
		at("fleet.credentials", "", readFull, func(c *Config) *string { return &c.Fleet.Credentials }),
		at("fleet.staleness", time.Minute, readDuration,
			func(c *Config) *time.Duration { return &c.Fleet.Staleness }),
		at("fleet.skew", time.Second, readDuration, func(c *Config) *time.Duration { return &c.Fleet.Skew }),
		at("fleet.log.age", 7*day, readDuration, func(c *Config) *time.Duration { return &c.Fleet.LogAge }),
		size("fleet.log.bytes", 1<<30, func(c *Config) *int64 { return &c.Fleet.LogBytes }),
		at("fleet.recorder.servers", nil, readServers, func(c *Config) *[]string { return &c.Fleet.Recorder.Servers }),
		at("fleet.recorder.credentials", "", readFull,
			func(c *Config) *string { return &c.Fleet.Recorder.Credentials }),
		at("fleet.recorder.age", 30*day, readDuration,
			func(c *Config) *time.Duration { return &c.Fleet.Recorder.Age }),
		choice("fleet.refresh.durability", DurabilityLocal, DurabilityHub,
			func(c *Config) *string { return &c.Fleet.Durability }),
	),
		choice("fleet.refresh.home_away", HomeAwayUnavailable, HomeAwayAccessOnly,
			func(c *Config) *string { return &c.Fleet.HomeAway }),
		choice("fleet.when_stale", WhenStaleClosed, WhenStaleOpen,
			func(c *Config) *string { return &c.Fleet.WhenStale }))
}

// readAddresses reads what other machines dial: host:port, with a host and a port that are given.
func readAddresses(v value) ([]string, error) {
	list, err := readTexts(v)
	if err != nil {
		return nil, err
	}
	for i, s := range list {
		host, port, err := net.SplitHostPort(s)
		if _, listens := readListen(value{kind: text, text: s}); err != nil || listens != nil || host == "" ||
			port == "0" || net.ParseIP(host).IsUnspecified() {
			return nil, fmt.Errorf("item %d is no address that other machines can dial: write host:port, such as "+
				"hub.example:7421", i+1)
		}
	}
	return list, nil
}

// readServers reads URLs of NATS servers. A user and a password would be shown with them.
func readServers(v value) ([]string, error) {
	list, err := readTexts(v)
	if err != nil {
		return nil, err
	}
	for i, s := range list {
		u, err := url.Parse(s)
		if err != nil || !slices.Contains([]string{"nats", "tls"}, u.Scheme) || u.Hostname() == "" ||
			u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
			return nil, fmt.Errorf("item %d is no NATS server: write tls://host:port, or nats://host:port in a "+
				"network of your own; a file of credentials names who the node is", i+1)
		}
	}
	return list, nil
}

// Behind is how far the knowledge and the clock of a node may be behind together: what is revoked at the hub is
// everywhere after that.
func (f *Fleet) Behind() time.Duration { return f.Staleness + 2*f.Skew }

// checkFleet reports what a fleet could not run with.
func (c *Config) checkFleet(bad func(string, error)) {
	f := &c.Fleet
	switch {
	case f.Skew < leastSkew || f.Skew > mostSkew:
		bad("fleet.skew", fmt.Errorf("must be %v to %v", leastSkew, mostSkew))
	case f.Staleness < leastStaleness:
		bad("fleet.staleness", fmt.Errorf("must be at least %v", leastStaleness))
	case f.Behind() >= mostBehind:
		bad("fleet.staleness", errors.New("must be less than 5 minutes together with twice fleet.skew"))
	}
	if f.LogAge < leastLogAge {
		bad("fleet.log.age", fmt.Errorf("must be at least %s", formatDuration(leastLogAge)))
	}
	if f.LogBytes < leastLogBytes {
		bad("fleet.log.bytes", fmt.Errorf("must be at least %v", shownBytes(leastLogBytes)))
	}
	if len(f.Servers) > 0 && f.Lane != LaneNATS {
		bad("fleet.servers", errors.New("are for fleet.lane: nats alone: leave them out, or set that"))
	}
	if f.Credentials != "" && len(f.Servers) == 0 {
		bad("fleet.credentials", errors.New("are for fleet.servers, and there are none: leave them out"))
	}
	if f.Recorder.Credentials != "" && len(f.Recorder.Servers) == 0 {
		bad("fleet.recorder.credentials", errors.New("are for fleet.recorder.servers, and there are none: leave them "+
			"out"))
	}
	if f.Recorder.Age < leastRecord {
		bad("fleet.recorder.age", fmt.Errorf("must be at least %s", formatDuration(leastRecord)))
	}
	c.checkFleetAddresses(bad)
}

// checkFleetAddresses reports addresses at which something else listens. A default may be taken by a node in no fleet.
func (c *Config) checkFleetAddresses(bad func(string, error)) {
	taken := map[string]string{c.Listen: "listen", c.MetricsListen: "metrics.listen"}
	for _, l := range []struct{ key, address string }{
		{"fleet.listen", c.Fleet.Listen}, {"fleet.nats_listen", c.Fleet.NATSListen},
	} {
		_, port, _ := net.SplitHostPort(l.address)
		other, twice := taken[l.address]
		if twice && port != "0" && (!c.origins[l.key].IsDefault() || other == "fleet.listen") {
			bad(l.key, fmt.Errorf("is the address of %s: choose another port", other))
		}
		taken[l.address] = l.key
	}
}

// clearServers tells of servers that are reached without TLS. The lane signs what it carries, and hides nothing.
func clearServers(c *Config) string {
	which := inClear(c.Fleet.Servers)
	if which == "" {
		return ""
	}
	return "names a server without TLS (" + which + "), so that refresh tokens on their way to their home and " +
		"hashes of passwords travel in clear: write tls://"
}

// clearRecorder tells of servers of the recorder that are reached without TLS.
func clearRecorder(c *Config) string {
	which := inClear(c.Fleet.Recorder.Servers)
	if which == "" {
		return ""
	}
	return "names a server without TLS (" + which + "), so that hashes of passwords travel in clear: write tls://"
}

// inClear are the servers of other machines that are reached without TLS.
func inClear(servers []string) string {
	return items(servers, func(s string) bool {
		u, err := url.Parse(s)
		return err == nil && u.Scheme == "nats" && !isLoopback(net.JoinHostPort(u.Hostname(), "0"))
	})
}

// idleAccess tells of access_only where it counts for nothing.
func idleAccess(c *Config) string {
	if c.Fleet.HomeAway != HomeAwayAccessOnly || c.Settings.Wire == core.Secure && c.Settings.Advances() {
		return ""
	}
	return "is access_only and counts for nothing, since only refresh tokens that are good once have a home: leave " +
		"it out, or set ROTATE_REFRESH_TOKENS and BLACKLIST_AFTER_ROTATION"
}
