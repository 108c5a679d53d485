package service_test

import (
	"crypto"
	"crypto/ed25519"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/service"
)

// TestKeyFigures: whoever watches a node sees how many keys it has, when they end, and when something changes.
func TestKeyFigures(t *testing.T) {
	later, past := time.Unix(7e9, 0), time.Unix(1e9, 0)
	ending := []httpapi.PublishedKey{
		{ID: "one", State: "signing", SignsFrom: past, Ends: later},
		{ID: "two", State: "published", SignsFrom: later.Add(-time.Second)},
		{ID: "old", State: "gone", Ends: past},
		{ID: "\xff", State: "verifying", Ends: later}, {ID: "\xfe", State: "verifying", Ends: later},
	}
	for name, c := range map[string]struct {
		keys *httpapi.PublishedKeys
		want string
	}{
		"not known": {nil, ""},
		"no keys": {&httpapi.PublishedKeys{}, `edgetoken_keys{state="gone"} 0
edgetoken_keys{state="published"} 0
edgetoken_keys{state="signing"} 0
edgetoken_keys{state="verifying"} 0`},
		"keys": {&httpapi.PublishedKeys{List: ending, At: later.Add(-time.Second)}, `edgetoken_key_ends_timestamp_seconds{kid="one"} 7e+09
edgetoken_key_ends_timestamp_seconds{kid="` + "\uFFFD" + `"} 7e+09
edgetoken_key_next_change_timestamp_seconds 6.999999999e+09
edgetoken_keys{state="gone"} 1
edgetoken_keys{state="published"} 1
edgetoken_keys{state="signing"} 1
edgetoken_keys{state="verifying"} 2`},
	} {
		collector := service.KeyFigures(func() *httpapi.PublishedKeys { return c.keys })
		if got := scraped(t, collector); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

// TestSignerFigures: a signature that cannot be had from elsewhere is counted by its reason.
func TestSignerFigures(t *testing.T) {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	var faults keyring.SignerFaults
	key, err := keyring.External(liar{private}, "EdDSA", "", keyring.ExternalLimits{Faults: &faults})
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keyring.NewRing([]keyring.Member{{Key: key, Info: core.KeyInfo{Algorithm: "EdDSA"}}},
		[]core.SigningKey{{}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ring.Sign(t.Context(), 0, []byte("input"), make([]byte, core.EntropyBytes)); err == nil {
		t.Fatal("what is no signature was taken for one")
	}
	want := `edgetoken_signer_failures_total{reason="busy"} 0
edgetoken_signer_failures_total{reason="failed"} 0
edgetoken_signer_failures_total{reason="slow"} 0
edgetoken_signer_failures_total{reason="wrong"} 1`
	if got := scraped(t, service.SignerFigures(&faults)); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// liar is a signer whose signatures are none.
type liar struct{ crypto.Signer }

func (liar) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return make([]byte, 64), nil }

// scraped are the lines of metrics, without what they mean.
func scraped(t *testing.T, c prometheus.Collector) string {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(c)
	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(w.Body.String()), "\n"), func(line string) bool {
		return strings.HasPrefix(line, "#")
	})
	return strings.Join(lines, "\n")
}
