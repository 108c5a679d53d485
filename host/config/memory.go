package config

import (
	"cmp"
	"runtime"

	"github.com/edgetoken/edgetoken/host/httpapi/body"
	"github.com/edgetoken/edgetoken/host/throttle"
	"github.com/edgetoken/edgetoken/store"
)

// Memory that is not configured, in bytes. docs/operations.md shows the same sum under "Memory".
const (
	// processMemory is what an idle node takes, and what the collector needs to work.
	processMemory = 96 << 20
	// outsideGo is what of processMemory Go's runtime does not have: compiled modules and the like.
	outsideGo = 24 << 20
	// instanceMemory is the most that an instance of the module may take (host/engine); it takes 4 to 5 MiB.
	instanceMemory = 32 << 20
	// connectionMemory is what a connection takes for itself: two goroutines, buffers of net/http, a short header and a
	// short answer.
	connectionMemory = 32 << 10
	// waitingMemory is what a log-in keeps while it waits: address, password, hash.
	waitingMemory = 16 << 10
	// turnMemory is what a large body is made into while it has its turn, beside copies of itself.
	turnMemory = 16 << 20
	// bundleMemory is what trust bundles take: that of a million revocations while it is made, and what is remembered
	// of earlier ones (host/bundle).
	bundleMemory = 96 << 20
	// edgeMemory is what an edge takes for its fleet: 8 MiB of the log that wait to be applied, as much that waits to
	// be sent, messages on their way, and the link (host/fleet).
	edgeMemory = 32 << 20
	// hubMemory is what a hub takes for its fleet: 32 MiB that wait for its links together, 24 MiB of questions that
	// wait for their turn, what is being answered, and 64 KiB a link for up to 1,000 of them (host/fleet and its
	// lanes).
	hubMemory = 128 << 20
	// listMemory is what all lists of customers take that are sent at once: 16 pages of 16 customers with 80 KiB each.
	listMemory = 20 << 20
)

// MemoryBound is the most anonymous memory (RssAnon) that the process takes, in bytes, whatever it is sent: the sum
// of all bounds. Processes that hash passwords take up to Hashing.Memory besides.
func (c *Config) MemoryBound() int64 {
	instances := 0
	if c.Engine != "native" {
		instances = cmp.Or(c.MaxInstances, runtime.GOMAXPROCS(0))
	}
	hashing := c.Hashing.Filled()
	sum := processMemory + int64(instances)*instanceMemory +
		c.TokenCache + store.MaxRecent + store.DefaultMaxFamilyIndex + throttle.DefaultBytes +
		int64(c.Limits.Connections)*connectionMemory + c.Limits.HeaderMemory + c.BodyMemory +
		body.LargeAtOnce*(turnMemory+2*c.MaxBody) + listMemory +
		int64(hashing.Queue)*waitingMemory
	if c.ListSessions {
		sum += store.MaxUses
	}
	if c.BundlePublish {
		sum += bundleMemory
	}
	switch {
	case c.Fleet.Hub:
		sum += hubMemory
	case c.Fleet.Edge:
		sum += edgeMemory
	}
	if c.HashInProcess {
		sum += hashing.Memory
	}
	return sum
}

// GoMemory is the part of MemoryBound for Go's runtime: near this limit its collector works harder.
func (c *Config) GoMemory() int64 { return c.MemoryBound() - outsideGo }
