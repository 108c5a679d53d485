package service

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgetoken/edgetoken/host/config"
)

// certificateEvery is the time between two looks at the files of the certificate.
const certificateEvery = time.Second

// maxCertificate bounds a certificate file with its chain, and a key file, in bytes.
const maxCertificate = 1 << 20

// certificate is the TLS certificate of a node, which is exchanged while connections are open: they keep the one that
// they began with.
type certificate struct {
	log     *slog.Logger
	current atomic.Pointer[pair]

	mu     sync.Mutex
	failed string // the error of the last look, so that each is logged once
}

// pair is a certificate and its private key as they were read from two files.
type pair struct {
	certFile, keyFile string
	sum               [sha256.Size]byte // of both files
	tls               *tls.Certificate
	trusted           func(fs.FileInfo) fs.FileMode // bits of the key's mode that may be set (data_group)
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

// warn tells of a certificate that clients will not accept.
func (c *certificate) warn(p *pair) {
	if leaf := p.tls.Leaf; time.Now().After(leaf.NotAfter) || time.Now().Before(leaf.NotBefore) {
		c.log.Warn("the certificate is not valid now", "file", p.certFile, "begins", leaf.NotBefore.UTC(), "expires", leaf.NotAfter.UTC())
	}
}

// config is the TLS configuration of the listener.
func (c *certificate) config() *tls.Config {
	return listenerTLS(func() *tls.Certificate { return c.current.Load().tls })
}

// listenerTLS is TLS 1.2 and 1.3 with forward secrecy and authenticated encryption alone (RFC 9325 §4.2). By default
// Go offers suites with CBC in TLS 1.2 too.
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

// expires is when the certificate ends.
func (c *certificate) expires() time.Time { return c.current.Load().tls.Leaf.NotAfter }

// use exchanges the certificate.
func (c *certificate) use(p *pair) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.current.Swap(p)
	c.failed = ""
	if old.sum != p.sum {
		c.log.Info("certificate exchanged", "file", p.certFile, "expires", p.tls.Leaf.NotAfter.UTC())
		c.warn(p)
	}
}

// watch looks at the files until ctx ends, and takes what changed. While the two do not fit, as when one of them is
// written before the other, the certificate stays as it is.
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
	if err == nil {
		if p.sum != current.sum && c.current.Load() == current {
			c.use(p)
		}
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed != err.Error() {
		c.failed = err.Error()
		c.log.Warn("the certificate stays as it was", "error", err)
	}
}

// readPair reads both files. No error quotes what is in them.
func readPair(certFile, keyFile string, trusted func(fs.FileInfo) fs.FileMode) (*pair, error) {
	cert, err := readBounded("tls.cert", certFile, func(fs.FileInfo) error { return nil })
	if err != nil {
		return nil, err
	}
	key, err := readBounded("tls.key", keyFile, func(info fs.FileInfo) error {
		if mode := info.Mode().Perm(); mode&0o027&^trusted(info) != 0 {
			return fmt.Errorf("others can read or change it (mode %v): run chmod 600 %s, or 640 where a group reads it", mode, keyFile)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	p, err := tls.X509KeyPair(cert, key)
	if err != nil {
		reason := err.Error()
		if strings.Contains(reason, "PEM block") { // it lists the names of the blocks, which are text of the file
			reason = "one of them has no block of that kind"
		}
		return nil, fmt.Errorf("tls.cert %s and tls.key %s are no certificate and its private key, both in PEM: %s", certFile, keyFile, reason)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s%s", len(cert), cert, key))
	return &pair{certFile: certFile, keyFile: keyFile, sum: sum, tls: &p, trusted: trusted}, nil
}

func readBounded(setting, path string, check func(fs.FileInfo) error) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		// A path where nothing is may be the key itself, given in the place of its file.
		if _, gone := os.Lstat(path); gone != nil {
			return nil, fmt.Errorf("%s cannot be opened: %w: name the file in PEM", setting, errors.Unwrap(err))
		}
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxCertificate {
		return nil, fmt.Errorf("%s %s is no file of up to %d bytes", setting, path, maxCertificate)
	}
	if err := check(info); err != nil {
		return nil, fmt.Errorf("%s %s: %w", setting, path, err)
	}
	b := make([]byte, info.Size())
	if _, err := f.ReadAt(b, 0); err != nil && len(b) > 0 {
		return nil, fmt.Errorf("%s %s: %w", setting, path, err)
	}
	return b, nil
}
