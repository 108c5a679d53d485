package service

import (
	"time"

	"github.com/edgetoken/edgetoken/host/admission"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/hashing"
)

// openHashing opens the queue for passwords and the hasher.
func (s *Service) openHashing(cfg *config.Config) (err error) {
	if s.hashing, err = admission.New(cfg.Hashing); err != nil {
		return err
	}
	if cfg.HashInProcess {
		s.hasher = hashing.InProcess{}
		return nil
	}
	s.processes = hashing.NewProcesses(s.cfg.HashProcess, s.log)
	s.hasher = s.processes
	if cfg.HashTimeout > 0 {
		s.processes.Timeout = func(hashing.Job) time.Duration { return cfg.HashTimeout }
	}
	s.closes = append(s.closes, s.processes.Close)
	go s.processes.Probe()
	return nil
}
