package join_test

import (
	"crypto/ed25519"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/fleet/join"
	"github.com/edgetoken/edgetoken/host/fleet/lane/linktls"
	"github.com/edgetoken/edgetoken/host/fleet/linkkey"
)

// key is the link key of a node with some secret in the fleet of a test.
func key(t *testing.T, secret string, fleet [16]byte) ed25519.PrivateKey {
	t.Helper()
	k, err := linkkey.Derive([]byte(strings.Repeat(secret, 32)), fleet)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestCopyBreaksOff: what is not whole is no copy, and nothing is left of it.
func TestCopyBreaksOff(t *testing.T) {
	private := key(t, "h", [16]byte{7})
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write(make([]byte, 500))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}))
	var err error
	if s.TLS, err = linktls.Anyone(private); err != nil {
		t.Fatal(err)
	}
	s.StartTLS()
	defer s.Close()
	c, err := join.NewClient(key(t, "e", [16]byte{7}), linkkey.Public(private), []string{s.Listener.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := c.Copy(t.Context(), filepath.Join(dir, "store.db"), nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Copy: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("Copy left %v, %v", left, err)
	}
}
