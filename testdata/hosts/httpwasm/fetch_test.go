package httpwasm_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core/bundle"
)

// TestFetchBundle: fetch-bundle takes the longest bundle, with the end of a line, and nothing longer.
func TestFetchBundle(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is missing; install it (Debian: apt-get install curl)")
	}
	longest := strings.Repeat("a", bundle.MaxBytes) + "\r\n"
	asked := make(chan string)
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(<-asked))
	}))
	defer origin.Close()
	defer close(asked)
	file := filepath.Join(t.TempDir(), "bundle.jws")
	run(t, exec.Command("../../../wasm/httpwasm/fetch-bundle", origin.URL, file, "0.01"))
	// An answer is in its place once the next one is asked for.
	for _, answer := range []string{longest, longest + "\n", "", ""} {
		asked <- answer
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, []byte(longest)) {
		t.Errorf("the file has %d bytes (%v), want %d", len(got), err, len(longest))
	}
}
