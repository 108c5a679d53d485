package httpapi_test

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
)

// TestDocumentHasEveryRoute: docs/api.md has a section for each method of each view. The sample views share one.
func TestDocumentHasEveryRoute(t *testing.T) {
	document, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	var sections []string // "GET /customers/me/", "/customers/open/"
	for line := range strings.Lines(string(document)) {
		if title, ok := strings.CutPrefix(strings.TrimSpace(line), "## "); ok {
			sections = append(sections, strings.Split(title, ", ")...)
		}
	}
	shop := openShop(t, func(_ *node.Config, c *httpapi.Config) { c.Samples = false })
	described, _ := description(t, shop)
	views := httpapi.Paths(shop.Config.Handler)
	for _, path := range views {
		for method := range described.Paths.Value(path).Operations() {
			if method != http.MethodOptions && !slices.Contains(sections, method+" "+path) {
				t.Errorf("docs/api.md has no section %s %s", method, path)
			}
		}
	}
	for _, path := range httpapi.Paths(openShop(t, nil).Config.Handler) {
		if !slices.Contains(views, path) && !slices.Contains(sections, path) {
			t.Errorf("docs/api.md has no section for the sample view %s", path)
		}
	}
}
