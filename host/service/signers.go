package service

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/signer"
)

// Signer is a key whose private part the embedding program has elsewhere, such as in a KMS or an HSM.
type Signer struct {
	// Signer signs. A call that hangs holds up its request for keys.signer_timeout, and no other.
	Signer    crypto.Signer
	Algorithm string // such as ES256
	ID        string // kid; "": the thumbprint (RFC 7638)
}

// elsewhere are the keys that sign outside of the node: those of keys.signer, and those of the embedding program. It
// implements keys.Outside.
type elsewhere struct {
	client *signer.Client // nil: keys.signer is not set
	own    []keyring.Key
}

// openSigners opens what signs elsewhere, if anything does.
func (s *Service) openSigners(cfg *config.Config) (err error) {
	faults := &keyring.SignerFaults{}
	s.elsewhere, err = newElsewhere(cfg, s.cfg.Signers, faults, s.log)
	if s.elsewhere != nil {
		s.signer = faults
		s.closes = append(s.closes, s.elsewhere.close)
	}
	return err
}

// newElsewhere is nil where nothing signs elsewhere.
func newElsewhere(cfg *config.Config, signers []Signer, faults *keyring.SignerFaults, log *slog.Logger) (*elsewhere,
	error) {
	path, asks := strings.CutPrefix(cfg.KeysSigner, config.UnixSigner)
	if !asks && len(signers) == 0 {
		return nil, nil
	}
	if cfg.Engine == "wasm-full" {
		return nil, errors.New("a key that signs elsewhere needs engine: wasm or native: wasm-full signs inside the " +
			"module, which such a key cannot enter")
	}
	limits := keyring.ExternalLimits{Timeout: cfg.KeysSignerTimeout, Faults: faults}
	e := &elsewhere{}
	if asks {
		e.client = signer.NewClient(signer.Config{Path: path, Limits: limits, Log: log})
	}
	for _, o := range signers {
		key, err := keyring.External(o.Signer, o.Algorithm, o.ID, limits)
		if err != nil {
			return nil, fmt.Errorf("service: Signers: %w", err)
		}
		e.own = append(e.own, key)
	}
	return e, nil
}

func (e *elsewhere) close() error {
	if e.client != nil {
		e.client.Close()
	}
	return nil
}

// Keys implements keys.Outside.
func (e *elsewhere) Keys(ctx context.Context) ([]keyring.Key, error) {
	if e.client == nil {
		return e.own, nil
	}
	list, err := e.client.Keys(ctx)
	return append(slices.Clone(e.own), list...), err
}

// Key implements keys.Outside. A key that the embedding program has no more only checks.
func (e *elsewhere) Key(algorithm, id string, public []byte) (keyring.Key, error) {
	for _, k := range e.own {
		if k.ID() == id && k.Algorithm() == algorithm && bytes.Equal(k.Public(), public) {
			return k, nil
		}
	}
	if e.client == nil {
		return keyring.ParsePublic(algorithm, id, public)
	}
	return e.client.Key(algorithm, id, public)
}
