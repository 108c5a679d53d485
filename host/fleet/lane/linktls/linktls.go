// Package linktls makes the TLS of the links of a fleet from link keys: TLS 1.3, both sides with a certificate that
// they sign themselves, in memory, and each peer known by its Ed25519 key alone. Names, dates and issuers in the
// certificates mean nothing and are not looked at.
//
// The hub takes [Members] where only members may come in, or [Anyone] where strangers may too, as to join; handlers
// there ask [PeerKey]. Edges take [Edge], and who is not yet a member [Stranger]; both accept the hub's key alone.
package linktls

import (
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
)

var (
	// ErrStranger ends a handshake whose peer has no key that is admitted.
	ErrStranger = errors.New("the peer's key is not one of this fleet")

	// ErrKey says that a link key does not have the length of one.
	ErrKey = errors.New("not an Ed25519 link key")
)

// Members is for a listener of the hub that members alone may use: it asks the roster during each handshake.
func Members(key ed25519.PrivateKey, roster lane.Roster) (*tls.Config, error) {
	c, err := config(key)
	if err != nil {
		return nil, err
	}
	c.ClientAuth = tls.RequireAnyClientCert
	c.VerifyConnection = func(s tls.ConnectionState) error {
		if peer, ok := PeerKey(&s); ok {
			if _, member := roster(peer); member {
				return nil
			}
		}
		return ErrStranger
	}
	return c, nil
}

// Anyone is for a listener of the hub that strangers may use too. A certificate, where there is one, has an Ed25519
// key, and the peer has proved that it holds it; who that is, handlers ask the roster by PeerKey.
func Anyone(key ed25519.PrivateKey) (*tls.Config, error) {
	c, err := config(key)
	if err != nil {
		return nil, err
	}
	c.ClientAuth = tls.RequestClientCert
	c.VerifyConnection = func(s tls.ConnectionState) error {
		if _, ok := PeerKey(&s); !ok && len(s.PeerCertificates) > 0 {
			return ErrStranger
		}
		return nil
	}
	return c, nil
}

// Edge is for a member that dials the hub, which must have the key hub.
func Edge(key ed25519.PrivateKey, hub ed25519.PublicKey) (*tls.Config, error) {
	c, err := config(key)
	if err != nil {
		return nil, err
	}
	return c, pin(c, hub)
}

// Stranger is for one who is no member yet and dials the hub, which must have the key hub. It shows no certificate.
func Stranger(hub ed25519.PublicKey) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS13}
	return c, pin(c, hub)
}

// PeerKey is the key of the other side of a link; not ok: it showed no certificate, or one of another algorithm. s may
// be nil, as it is in a request that came without TLS.
func PeerKey(s *tls.ConnectionState) (key ed25519.PublicKey, ok bool) {
	if s == nil || len(s.PeerCertificates) == 0 {
		return nil, false
	}
	key, ok = s.PeerCertificates[0].PublicKey.(ed25519.PublicKey)
	return key, ok
}

// config is what all who have a key share. No session is resumed: each connection shows its key anew.
func config(key ed25519.PrivateKey) (*tls.Config, error) {
	if len(key) != ed25519.PrivateKeySize {
		return nil, ErrKey
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Unix(0, 0),
		NotAfter:     time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC), // RFC 5280 §4.1.2.5: no end
	}
	raw, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("sign the certificate of a link: %w", err)
	}
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		Certificates:           []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}},
		SessionTicketsDisabled: true,
	}, nil
}

// pin has c accept the key hub alone. InsecureSkipVerify turns off the check of names and issuers, which these
// certificates do not have; VerifyConnection takes its place, and TLS itself checks that the hub holds the key.
func pin(c *tls.Config, hub ed25519.PublicKey) error {
	if len(hub) != ed25519.PublicKeySize {
		return ErrKey
	}
	c.InsecureSkipVerify = true
	c.VerifyConnection = func(s tls.ConnectionState) error {
		if peer, ok := PeerKey(&s); !ok || !peer.Equal(hub) {
			return ErrStranger
		}
		return nil
	}
	return nil
}
