package service_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/edgetoken/edgetoken/host/httpapi"
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
		"keys": {&httpapi.PublishedKeys{List: ending}, `edgetoken_key_ends_timestamp_seconds{kid="one"} 7e+09
edgetoken_key_ends_timestamp_seconds{kid="` + "\uFFFD" + `"} 7e+09
edgetoken_key_next_change_timestamp_seconds 6.999999999e+09
edgetoken_keys{state="gone"} 1
edgetoken_keys{state="published"} 1
edgetoken_keys{state="signing"} 1
edgetoken_keys{state="verifying"} 2`},
	} {
		registry := prometheus.NewRegistry()
		registry.MustRegister(service.KeyFigures(func() *httpapi.PublishedKeys { return c.keys }))
		w := httptest.NewRecorder()
		promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(w.Body.String()), "\n"), func(line string) bool {
			return strings.HasPrefix(line, "#")
		})
		if got := strings.Join(lines, "\n"); w.Code != http.StatusOK || got != c.want {
			t.Errorf("%s: %d\n%s\nwant\n%s", name, w.Code, got, c.want)
		}
	}
}
