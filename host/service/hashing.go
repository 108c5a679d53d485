package service

import (
	"crypto/hkdf"
	"crypto/sha256"
	"time"

	"github.com/edgetoken/edgetoken/host/admission"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/hashing"
)

// openHashing opens the queue for passwords and the hasher. The keys must be open: with them comes the node secret.
func (s *Service) openHashing(cfg *config.Config) (err error) {
	if s.decoyKey, err = decoyKeyOf(cfg); err != nil {
		return err
	}
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

// decoyKeyOf derives the key of decoys from the node secret, or from SIGNING_KEY where no key is sealed, so that it
// outlives restarts. A node that signs nothing has neither: nil.
func decoyKeyOf(cfg *config.Config) ([]byte, error) {
	secret, _, err := datadir.Of(cfg).NodeSecret(false)
	if err != nil { // nothing is sealed under it, or the node would not have come so far
		secret = cfg.SigningKey.Reveal()
	}
	if len(secret) == 0 {
		return nil, nil
	}
	return hkdf.Key(sha256.New, secret, nil, "edgetoken decoys, key v1", sha256.Size)
}
