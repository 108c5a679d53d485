package service

import (
	"runtime/debug"

	"github.com/edgetoken/edgetoken/host/config"
)

// boundMemory has the collector work harder before the process takes more than its configuration says.
func (c Config) boundMemory(cfg *config.Config) {
	if c.BoundMemory {
		debug.SetMemoryLimit(cfg.GoMemory())
	}
}
