// Package servicetest runs a whole node in the process of a test.
package servicetest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/engine/enginetest"
	"github.com/edgetoken/edgetoken/host/service"
	"github.com/edgetoken/edgetoken/store"
)

// Node is a node with TLS, one customer, ana@example.com, and an access token of that customer.
type Node struct {
	*service.Service
	Dir    string // its data directory, with edgetoken.yaml, cert.pem and key.pem beside its own files
	Client *http.Client
	Socket *http.Client // reaches the admin socket under any host
	Access string
}

// Sandbox is the engine with the module that is built in, or native where there is none.
func Sandbox() string {
	if engine.EmbeddedHash(false) == "" {
		return "native"
	}
	return "wasm"
}

// Start runs a node until the test ends.
func Start(t *testing.T, engine string) *Node {
	t.Helper()
	n := &Node{Dir: t.TempDir()}
	if err := os.Chmod(n.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	n.Client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		MaxIdleConnsPerHost: 64}}
	n.Socket = &http.Client{Transport: SocketTransport(n.Dir)}
	n.Certify(t, 1)
	n.Configure(t, "log: {level: error}\n")
	load := func() (*config.Config, error) {
		return config.Load(config.Sources{File: n.File("edgetoken.yaml"), FileNeeded: true, Environ: []string{
			"EDGETOKEN_PASSWORD_MEMORY=8", "EDGETOKEN_PASSWORD_ITERATIONS=1", "EDGETOKEN_LISTEN=127.0.0.1:0",
			"EDGETOKEN_DATA=" + n.Dir,
			"EDGETOKEN_TLS_CERT=" + n.File("cert.pem"), "EDGETOKEN_TLS_KEY=" + n.File("key.pem"),
			"EDGETOKEN_ENGINE=" + engine, "EDGETOKEN_CACHE_DIR=" + enginetest.CacheDir(t),
		}})
	}
	cfg, err := load()
	if err != nil {
		t.Fatal(err)
	}
	if n.Service, err = service.Open(context.Background(),
		service.Config{Start: cfg, Reload: load, Log: os.Stderr}); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	t.Cleanup(func() {
		end()
		if err := <-ended; err != nil {
			t.Errorf("Run ends with %v", err)
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	const password = "correct horse 1"
	if err := n.AddCustomer(t.Context(), store.NewCustomer{Email: "ana@example.com", IsActive: true},
		password); err != nil {
		t.Fatal(err)
	}
	r, err := n.Client.Post(n.URL()+"/auth/token/", "application/json",
		strings.NewReader(`{"email": "ana@example.com", "password": "`+password+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if err := json.NewDecoder(r.Body).Decode(n); err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("log-in answers %d, %v", r.StatusCode, err)
	}
	return n
}

// SocketTransport reaches a node by the admin socket of its data directory.
func SocketTransport(dir string) *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(dir, "admin.sock"))
	}}
}

// File is the path of a file in the data directory.
func (n *Node) File(name string) string { return filepath.Join(n.Dir, name) }

// Configure writes edgetoken.yaml, which the next reload reads.
func (n *Node) Configure(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(n.File("edgetoken.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Certify writes a certificate with a serial number.
func (n *Node) Certify(t *testing.T, serial int64) {
	t.Helper()
	if err := WriteCertificate(n.Dir, serial); err != nil {
		t.Fatal(err)
	}
}

// Admin calls the admin socket and gives the body of an answer that must have the given status.
func (n *Node) Admin(t *testing.T, method, path string, want int, body ...string) []byte {
	t.Helper()
	r, err := http.NewRequest(method, "http://node"+path, strings.NewReader(strings.Join(body, "")))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := n.Socket.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != want {
		t.Fatalf("%s %s answers %d %s, %v", method, path, answer.StatusCode, b, err)
	}
	return bytes.TrimSpace(b)
}

// WriteCertificate writes cert.pem and then its key, key.pem, so that for a moment the two do not fit.
func WriteCertificate(dir string, serial int64) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "node"},
		NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	write := func(name, kind string, b []byte) error {
		return os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600)
	}
	if err := write("cert.pem", "CERTIFICATE", cert); err != nil {
		return err
	}
	return write("key.pem", "PRIVATE KEY", private)
}

// patience is how long a test waits for what must come.
const patience = time.Minute

// Eventually waits until what is asked for is so.
func Eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it does not come to this: %s", what)
		}
	}
}
