package service_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/service"
	"github.com/edgetoken/edgetoken/host/service/servicetest"
)

// TestReloadUnderLoad changes configuration and certificate of a node that answers all the while: no request is lost,
// and each change is seen by the requests that follow. The numbers come from the environment: EDGETOKEN_TEST_RELOADS
// (10), _CERTIFICATES (2), _RATE (300 requests/s).
func TestReloadUnderLoad(t *testing.T) {
	reloads, certificates, rate := number(t, "RELOADS", 10), number(t, "CERTIFICATES", 2), number(t, "RATE", 300)
	n := startNode(t, servicetest.Sandbox())
	stop, began := n.load(t, rate), time.Now()
	for i := range reloads {
		want := i%2 == 0
		n.Configure(t, fmt.Sprintf("error_header: %v\nsimple_jwt: {LEEWAY: %d, ACCESS_TOKEN_LIFETIME: %dm}\nlog: "+
			"{level: %s}\n", want, i%7, 5+i%9, []string{"error", "warn"}[i%2]))
		if i%3 == 0 {
			n.Admin(t, "POST", "/reload", http.StatusOK)
			if got := n.hasErrorHeader(t); got != want {
				t.Fatalf("after reload %d: X-Auth-Error is there: %v, want %v", i, got, want)
			}
			continue
		}
		if _, err := n.Reload(); err != nil {
			t.Fatal(err)
		}
		if got := n.hasErrorHeader(t); got != want {
			t.Fatalf("after reload %d: X-Auth-Error is there: %v, want %v", i, got, want)
		}
	}
	for i := range certificates {
		serial := int64(1000 + i)
		n.Certify(t, serial)
		if i%4 == 3 { // the others are found by looking at the files
			n.Admin(t, "POST", "/reload", http.StatusOK)
		}
		servicetest.Eventually(t, "the new certificate is served", func() bool { return n.serial(t) == serial })
	}
	header := n.hasErrorHeader(t)
	n.Configure(t, "error_header: "+strconv.FormatBool(!header)+"\nengine: v8\nwire: loose\n")
	if text := n.Admin(t, "POST", "/reload", http.StatusBadRequest); !bytes.Contains(text, []byte("has 2 mistakes")) {
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
	figures := n.Admin(t, "GET", "/metrics", http.StatusOK)
	for _, line := range []string{fmt.Sprintf(`edgetoken_config_reloads_total{outcome="done"} %d`,
		reloads+certificates/4), `edgetoken_config_reloads_total{outcome="refused"} 1`} {
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

// node is a running node.
type node struct{ *servicetest.Node }

// startNode starts one.
func startNode(t *testing.T, engine string) *node { return &node{servicetest.Start(t, engine)} }

// serial is that of the certificate that a new connection gets.
func (n *node) serial(t *testing.T) int64 {
	t.Helper()
	c, err := tls.Dial("tcp", n.URL()[len("https://"):], &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

// hasErrorHeader reports whether a refusal has X-Auth-Error.
func (n *node) hasErrorHeader(t *testing.T) bool {
	t.Helper()
	r, err := n.Client.Post(n.URL()+"/auth/token/verify/", "application/json", bytes.NewBufferString(`{"token": "x"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	_, _ = io.Copy(io.Discard, r.Body)
	return r.Header.Get("X-Auth-Error") != ""
}

// load asks for the customer at a rate of requests a second, one of ten on a connection of its own, until stop is
// called. A request is lost if it is not answered with 200.
func (n *node) load(t *testing.T, rate int) (stop func() (answered, lost int64)) {
	single := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		DisableKeepAlives: true}}
	var answered, lost atomic.Int64
	ask := func(i int) {
		client := n.Client
		if i%10 == 0 {
			client = single
		}
		r, err := http.NewRequest("GET", n.URL()+"/customers/me/", nil)
		if err != nil {
			t.Error(err)
			return
		}
		r.Header.Set("Authorization", "Bearer "+n.Access)
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

// A program may change its configuration and give it again: the node has a copy.
func TestReloadOfOneConfig(t *testing.T) {
	cfg, err := config.Load(config.Sources{Flags: []config.Flag{{Key: "data", Value: t.TempDir()},
		{Key: "listen", Value: "127.0.0.1:0"}, {Key: "engine", Value: "native"}}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := service.Open(t.Context(), service.Config{
		Start: cfg, Reload: func() (*config.Config, error) { return cfg, nil },
		HashProcess: func() *exec.Cmd { return exec.Command("/bin/false") },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	cfg.ErrorHeader, cfg.Listen = !cfg.ErrorHeader, "127.0.0.1:1"
	for _, want := range [][]string{{"error_header"}, {}} {
		answer, err := s.Reload()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(answer.Changed, want) || !slices.Equal(answer.Restart, []string{"listen"}) {
			t.Errorf("changed %q and read at the start only %q; want %q and listen", answer.Changed, answer.Restart,
				want)
		}
	}
	if cfg.Listen != "127.0.0.1:1" || cfg.Origin("listen") == (config.Origin{}) {
		t.Errorf("the program's own configuration was changed: listen %s, from %v", cfg.Listen, cfg.Origin("listen"))
	}
}

// A reload that is refused leaves nothing in the store, also where only the certificate is wrong.
func TestRefusedReloadCommitsNothing(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	load := func(lifetime string) (*config.Config, error) {
		return config.Load(config.Sources{
			Flags: []config.Flag{{Key: "data", Value: dir}, {Key: "listen", Value: "127.0.0.1:0"},
				{Key: "engine", Value: "native"}, {Key: "tls.cert", Value: cert}, {Key: "tls.key", Value: key}},
			Environ: []string{"EDGETOKEN_SIMPLE_JWT_REFRESH_TOKEN_LIFETIME=" + lifetime},
		})
	}
	certify := func(serial int64) {
		t.Helper()
		if err := servicetest.WriteCertificate(dir, serial); err != nil {
			t.Fatal(err)
		}
	}
	certify(1)
	cfg, err := load("24h")
	if err != nil {
		t.Fatal(err)
	}
	s, err := service.Open(t.Context(), service.Config{Start: cfg,
		Reload: func() (*config.Config, error) { return load("48h") }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	before := s.Changes()
	if err := os.WriteFile(cert, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Reload(); err == nil || s.Changes() != before {
		t.Errorf("Reload without a certificate = %v, and the store went from change %d to %d", err, before, s.Changes())
	}
	certify(2)
	if _, err := s.Reload(); err != nil || s.Changes() == before {
		t.Errorf("Reload = %v, and the store is at change %d; want the new lifetime kept", err, s.Changes())
	}
}
