package service

import (
	"log/slog"
	"time"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/hashing"
)

// newHasher is what hashes passwords, and what ends it.
func (c Config) newHasher(cfg *config.Config, log *slog.Logger) (hasher hashing.Hasher, processes *hashing.Processes) {
	if cfg.HashInProcess {
		return hashing.InProcess{}, nil
	}
	processes = hashing.NewProcesses(c.HashProcess, log)
	if cfg.HashTimeout > 0 {
		processes.Timeout = func(hashing.Job) time.Duration { return cfg.HashTimeout }
	}
	return processes, processes
}
