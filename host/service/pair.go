package service

import (
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/edgetoken/edgetoken/host/config"
)

// maxCertificate bounds a certificate file with its chain, and a key file, in bytes.
const maxCertificate = 1 << 20

// pair is a certificate and its private key as they were read from two files.
type pair struct {
	certFile, keyFile string
	sum               [sha256.Size]byte // of both files
	tls               *tls.Certificate
	trusted           func(fs.FileInfo) fs.FileMode // bits of the key's mode that may be set (data_group)
}

// readPair reads both files. No error quotes what is in them.
func readPair(certFile, keyFile string, trusted func(fs.FileInfo) fs.FileMode) (*pair, error) {
	cert, err := readBounded("tls.cert", certFile, func(fs.FileInfo) error { return nil })
	if err != nil {
		return nil, err
	}
	key, err := readBounded("tls.key", keyFile, func(info fs.FileInfo) error {
		if mode := info.Mode().Perm(); mode&0o027&^trusted(info) != 0 {
			return fmt.Errorf("others can read or change it (mode %v): run chmod 600 %s, or 640 where a group "+
				"reads it", mode, keyFile)
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
		return nil, fmt.Errorf("tls.cert %s and tls.key %s are no certificate and its private key, both in "+
			"PEM: %s", certFile, keyFile, reason)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s%s", len(cert), cert, key))
	return &pair{certFile: certFile, keyFile: keyFile, sum: sum, tls: &p, trusted: trusted}, nil
}

func readBounded(setting, path string, check func(fs.FileInfo) error) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		if !config.MayShow(path) {
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
