package service_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/service"
)

// TestCipherSuites: of all suites that Go can speak in TLS 1.2, those without authenticated encryption or forward
// secrecy are refused.
func TestCipherSuites(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{"ECDSA": ec, "RSA": rsaKey} {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		server := service.ListenerTLS(func() *tls.Certificate {
			return &tls.Certificate{Certificate: [][]byte{der},
				PrivateKey: key}
		})
		spoken := 0
		for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			if suite.SupportedVersions[0] == tls.VersionTLS13 {
				continue
			}
			ours, theirs := net.Pipe()
			go func() { _ = tls.Server(ours, server).Handshake(); _ = ours.Close() }()
			client := tls.Client(theirs, &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite.ID},
				InsecureSkipVerify: true})
			err := client.Handshake()
			_ = theirs.Close()
			good := strings.HasPrefix(suite.Name, "TLS_ECDHE_") && !strings.Contains(suite.Name, "_CBC_") &&
				!strings.Contains(suite.Name, "_RC4_")
			if good && err == nil {
				spoken++
			}
			if !good && err == nil {
				t.Errorf("%s, %s: spoken", name, suite.Name)
			}
		}
		if spoken != 3 {
			t.Errorf("%s: %d suites are spoken, want the 3 with this kind of key", name, spoken)
		}
	}
}
