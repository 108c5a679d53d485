package main_test

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
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	edgetoken "github.com/edgetoken/edgetoken/host/cmd/edgetoken"
	"github.com/edgetoken/edgetoken/host/config"
)

// TestReloadUnderLoad changes configuration and certificate of a node that answers all the while: no request is lost,
// and each change is seen by the requests that follow. The numbers come from the environment: EDGETOKEN_TEST_RELOADS
// (10), _CERTIFICATES (2), _RATE (300 requests/s).
func TestReloadUnderLoad(t *testing.T) {
	reloads, certificates, rate := number(t, "RELOADS", 10), number(t, "CERTIFICATES", 2), number(t, "RATE", 300)
	n := startNode(t)
	stop, began := n.load(t, rate), time.Now()
	for i := range reloads {
		want := i%2 == 0
		n.configure(t, fmt.Sprintf("error_header: %v\nsimple_jwt: {LEEWAY: %d, ACCESS_TOKEN_LIFETIME: %dm}\nlog: {level: %s}\n", want, i%7, 5+i%9, []string{"error", "warn"}[i%2]))
		if i%3 == 0 {
			n.admin(t, "POST", "/reload", http.StatusOK)
			if got := n.hasErrorHeader(t); got != want {
				t.Fatalf("after reload %d: X-Auth-Error is there: %v, want %v", i, got, want)
			}
			continue
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		eventually(t, "SIGHUP takes effect", func() bool { return n.hasErrorHeader(t) == want })
	}
	for i := range certificates {
		serial := int64(1000 + i)
		n.certify(t, serial)
		if i%4 == 3 { // the others are found by looking at the files
			n.admin(t, "POST", "/reload", http.StatusOK)
		}
		eventually(t, "the new certificate is served", func() bool { return n.serial(t) == serial })
	}
	header := n.hasErrorHeader(t)
	n.configure(t, "error_header: "+strconv.FormatBool(!header)+"\nengine: v8\nwire: loose\n")
	if text := n.admin(t, "POST", "/reload", http.StatusBadRequest); !bytes.Contains(text, []byte("has 2 mistakes")) {
		t.Errorf("a reload with two mistakes answers %s", text)
	}
	if got := n.hasErrorHeader(t); got != header {
		t.Errorf("after a refused reload: X-Auth-Error is there: %v, want %v as before", got, header)
	}
	took := time.Since(began)
	answered, lost := stop()
	t.Logf("%.0f requests/s", float64(answered)/took.Seconds())
	t.Logf("%d reloads, %d certificates: %d requests answered, %d lost", reloads, certificates, answered, lost)
	if lost > 0 || answered == 0 {
		t.Errorf("%d requests were answered and %d lost", answered, lost)
	}
	figures := n.admin(t, "GET", "/metrics", http.StatusOK)
	for _, line := range []string{fmt.Sprintf(`edgetoken_config_reloads_total{outcome="done"} %d`, reloads+certificates/4), `edgetoken_config_reloads_total{outcome="refused"} 1`} {
		if !bytes.Contains(figures, []byte(line+"\n")) {
			t.Errorf("metrics lack %s", line)
		}
	}
}

func number(t *testing.T, name string, def int) int {
	text := os.Getenv("EDGETOKEN_TEST_" + name)
	if text == "" {
		return def
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// runningNode is a node in this process, with TLS, one customer and a token of that customer.
type runningNode struct {
	dir, url string
	client   *http.Client // keeps its connections
	socket   *http.Client
	access   string
}

// startNode starts one, with the engine that is told, else with the sandbox where its module is built.
func startNode(t *testing.T, engines ...string) *runningNode {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	n := &runningNode{dir: dir, url: "https://" + address}
	n.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, MaxIdleConnsPerHost: 64}}
	n.socket = &http.Client{Transport: socketTransport(dir)}
	n.certify(t, 1)
	n.configure(t, "log: {level: error}\n")
	engine := "native"
	environ := []string{"EDGETOKEN_PASSWORD_MEMORY=8", "EDGETOKEN_PASSWORD_ITERATIONS=1", "EDGETOKEN_LISTEN=" + address, "EDGETOKEN_DATA=" + dir,
		"EDGETOKEN_TLS_CERT=" + n.file("cert.pem"), "EDGETOKEN_TLS_KEY=" + n.file("key.pem")}
	if _, err := os.Stat("../../engine/module/edgetoken.wasm"); err == nil {
		engine = "wasm"
	}
	if len(engines) > 0 {
		engine = engines[0]
	}
	environ = append(environ, "EDGETOKEN_ENGINE="+engine)
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- edgetoken.Serve(ctx, func() (*config.Config, error) {
			return config.Load(config.Sources{File: n.file("edgetoken.yaml"), FileNeeded: true, Environ: environ})
		})
	}()
	t.Cleanup(func() {
		end()
		if err := <-ended; err != nil {
			t.Errorf("serve ends with %v", err)
		}
	})
	eventually(t, "the node is ready", func() bool {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("serve ends with %v", err)
		default:
		}
		r, err := n.client.Get(n.url + "/readyz")
		if err != nil {
			return false
		}
		_ = r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
	n.admin(t, "POST", "/customers", http.StatusOK, `{"email": "ana@example.com", "password": "correct horse 1"}`)
	var pair struct{ Access string }
	r, err := n.client.Post(n.url+"/auth/token/", "application/json", bytes.NewBufferString(`{"email": "ana@example.com", "password": "correct horse 1"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if err := json.NewDecoder(r.Body).Decode(&pair); err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("log-in answers %d, %v", r.StatusCode, err)
	}
	n.access = pair.Access
	return n
}

func (n *runningNode) file(name string) string { return filepath.Join(n.dir, name) }

func (n *runningNode) configure(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(n.file("edgetoken.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (n *runningNode) certify(t *testing.T, serial int64) {
	t.Helper()
	if err := writeCertificate(n.dir, serial); err != nil {
		t.Fatal(err)
	}
}

// writeCertificate writes cert.pem and then its key, key.pem, so that for a moment the two do not fit.
func writeCertificate(dir string, serial int64) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "node"}, NotAfter: time.Now().Add(time.Hour)}
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

// serial is that of the certificate that a new connection gets.
func (n *runningNode) serial(t *testing.T) int64 {
	t.Helper()
	c, err := tls.Dial("tcp", n.url[len("https://"):], &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

// admin calls the admin socket and gives the body of an answer that must have the given status.
func (n *runningNode) admin(t *testing.T, method, path string, want int, body ...string) []byte {
	t.Helper()
	var content io.Reader
	if body != nil {
		content = bytes.NewBufferString(body[0])
	}
	r, err := http.NewRequest(method, "http://node"+path, content)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := n.socket.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != want {
		t.Fatalf("%s %s answers %d %s, %v", method, path, answer.StatusCode, b, err)
	}
	return b
}

// hasErrorHeader reports whether a refusal has X-Auth-Error.
func (n *runningNode) hasErrorHeader(t *testing.T) bool {
	t.Helper()
	r, err := n.client.Post(n.url+"/auth/token/verify/", "application/json", bytes.NewBufferString(`{"token": "x"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	_, _ = io.Copy(io.Discard, r.Body)
	return r.Header.Get("X-Auth-Error") != ""
}

// load asks for the customer at a rate of requests a second, one of ten on a connection of its own, until stop is
// called. A request is lost if it is not answered with 200.
func (n *runningNode) load(t *testing.T, rate int) (stop func() (answered, lost int64)) {
	single := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	var answered, lost atomic.Int64
	ask := func(i int) {
		client := n.client
		if i%10 == 0 {
			client = single
		}
		r, err := http.NewRequest("GET", n.url+"/customers/me/", nil)
		if err != nil {
			t.Error(err)
			return
		}
		r.Header.Set("Authorization", "Bearer "+n.access)
		answer, err := client.Do(r)
		if err != nil {
			t.Errorf("a request is lost: %v", err)
			lost.Add(1)
			return
		}
		b, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Errorf("a request is lost: %d %s, %v", answer.StatusCode, b, err)
			lost.Add(1)
			return
		}
		answered.Add(1)
	}
	// No more than 64 at once, so that a machine that is too slow for the rate is not buried in requests.
	var wg sync.WaitGroup
	due, ended := make(chan int), make(chan struct{})
	for range 64 {
		wg.Go(func() {
			for i := range due {
				ask(i)
			}
		})
	}
	go func() {
		defer close(due)
		// In bunches of 10 ms: a timer for each request would keep a processor busy.
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; {
			select {
			case <-ended:
				return
			case <-tick.C:
				for range max(1, rate/100) {
					select {
					case due <- i:
					case <-ended:
						return
					}
					i++
				}
			}
		}
	}()
	once := sync.OnceFunc(func() { close(ended); wg.Wait() })
	t.Cleanup(once)
	return func() (int64, int64) {
		once()
		return answered.Load(), lost.Load()
	}
}
