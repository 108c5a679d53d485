package config_test

import "testing"

// TestMemoryOfAFleet: only a node of a fleet counts what a fleet takes.
func TestMemoryOfAFleet(t *testing.T) {
	c, err := load(t, "fleet: {staleness: 30s}\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	alone := c.MemoryBound()
	c.Fleet.Edge = true
	edge := c.MemoryBound() - alone
	c.Fleet.Hub, c.Fleet.Edge = true, false
	if hub := c.MemoryBound() - alone; edge != 32<<20 || hub != 128<<20 {
		t.Errorf("an edge takes %d bytes more than a node alone and a hub %d, want 32 and 128 MiB", edge, hub)
	}
}

// TestMemoryBound: each setting that bounds memory is part of the sum, byte for byte; 0 is as
// much as it stands for.
func TestMemoryBound(t *testing.T) {
	bound := func(yaml string) int64 {
		t.Helper()
		c, err := load(t, yaml, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.GoMemory() >= c.MemoryBound() || c.GoMemory() <= 0 {
			t.Errorf("%s: Go may take %d of %d bytes", yaml, c.GoMemory(), c.MemoryBound())
		}
		return c.MemoryBound()
	}
	for _, c := range []struct {
		less, more string
		difference int64
	}{
		{"token_cache: 16MiB", "token_cache: 64MiB", 48 << 20},
		{"limits: {body_memory: 64MiB}", "limits: {body_memory: 100MiB}", 36 << 20},
		{"limits: {header_memory: 32MiB}", "limits: {header_memory: 33MiB}", 1 << 20},
		{"limits: {connections: 4096}", "limits: {connections: 8192}", 4096 * 32 << 10},
		{"limits: {body_bytes: 4MiB}", "limits: {body_bytes: 5MiB}", 4 << 20},
		{"", "limits: {connections: 0, header_memory: 0, body_bytes: 0, body_memory: 0}", 0},
		{"limits: {body_bytes: 50MiB, body_memory: 100MiB}", "limits: {body_bytes: 50MiB, body_memory: 0}", 0},
		{"max_instances: 2", "max_instances: 3", 32 << 20},
		{"engine: native", "max_instances: 1", 32 << 20},
		{"", "bundle: {publish: true}", 96 << 20},
		{"", "sessions: {list: true}", 8 << 20},
		{"hashing: {queue: 100}", "hashing: {queue: 200}", 100 * 16 << 10},
		{"hashing: {memory: 256MiB}", "hashing: {memory: 256MiB, in_process: true}", 256 << 20},
	} {
		if got := bound(c.more) - bound(c.less); got != c.difference {
			t.Errorf("%s takes %d bytes more than %s, want %d", c.more, got, c.less, c.difference)
		}
	}
}
