package service

import (
	"context"
	"crypto/tls"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgetoken/edgetoken/host/config"
)

// certificateEvery is how often the files of the certificate are read.
const certificateEvery = time.Second

// certificate is the TLS certificate of a node. It can be replaced while connections are open: they keep the one that
// they began with.
type certificate struct {
	log     *slog.Logger
	current atomic.Pointer[pair]

	mu     sync.Mutex // held by an exchange
	failed string     // the error of the last look, so that each is logged once
}

// openCertificate reads the certificate of a configuration; nil where it has none.
func openCertificate(cfg *config.Config, log *slog.Logger) (*certificate, error) {
	if cfg.TLSCert == "" {
		return nil, nil
	}
	p, err := readPair(cfg.TLSCert, cfg.TLSKey, cfg.TrustedBits)
	if err != nil {
		return nil, err
	}
	c := &certificate{log: log}
	c.current.Store(p)
	c.warn(p)
	return c, nil
}

// warn logs a certificate that clients will not accept.
func (c *certificate) warn(p *pair) {
	if leaf := p.tls.Leaf; time.Now().After(leaf.NotAfter) || time.Now().Before(leaf.NotBefore) {
		c.log.Warn("the certificate is not valid now", "file", p.certFile, "begins", leaf.NotBefore.UTC(), "expires",
			leaf.NotAfter.UTC())
	}
}

// config is the TLS configuration of the listener.
func (c *certificate) config() *tls.Config {
	return listenerTLS(func() *tls.Certificate { return c.current.Load().tls })
}

// expires is when the certificate ends.
func (c *certificate) expires() time.Time { return c.current.Load().tls.Leaf.NotAfter }

// use replaces the certificate.
func (c *certificate) use(p *pair) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.exchange(p)
}

// exchange is use for a caller that holds mu.
func (c *certificate) exchange(p *pair) {
	old := c.current.Swap(p)
	c.failed = ""
	if old.sum != p.sum {
		c.log.Info("certificate exchanged", "file", p.certFile, "expires", p.tls.Leaf.NotAfter.UTC())
		c.warn(p)
	}
}

// watch reads the files until ctx ends, and takes a new pair. While the two do not match, because one was written
// before the other, the old certificate stays.
func (c *certificate) watch(ctx context.Context) {
	tick := time.NewTicker(certificateEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			c.look()
		case <-ctx.Done():
			return
		}
	}
}

func (c *certificate) look() {
	current := c.current.Load()
	p, err := readPair(current.certFile, current.keyFile, current.trusted)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.current.Load() != current: // a reload was quicker, and may have named other files
	case err == nil && p.sum != current.sum:
		c.exchange(p)
	case err != nil && c.failed != err.Error():
		c.failed = err.Error()
		c.log.Warn("the certificate stays as it was", "error", err)
	}
}

// listenerTLS offers TLS 1.2 and 1.3, only with forward secrecy and authenticated encryption (RFC 9325 §4.2). By
// default Go also offers CBC suites in TLS 1.2.
func listenerTLS(certificate func() *tls.Certificate) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate(), nil },
	}
}
