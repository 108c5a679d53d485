package middleware_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/middleware"
	"github.com/edgetoken/edgetoken/host/service/servicetest"
)

// TestNode: a revocation at a real node reaches the middleware, and another log-in of the customer stays.
func TestNode(t *testing.T) {
	t.Parallel()
	n := servicetest.Start(t, "native")
	n.Configure(t, "log: {level: error}\nbundle: {publish: true}\n")
	if _, err := n.Reload(); err != nil {
		t.Fatal(err)
	}
	post := func(path, body string, answer any) {
		t.Helper()
		r, err := n.Client.Post(n.URL()+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		if err := json.NewDecoder(r.Body).Decode(answer); err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d, %v", path, r.StatusCode, err)
		}
	}
	var pair struct{ Access, Refresh string }
	post("/auth/token/", `{"email":"ana@example.com","password":"correct horse 1"}`, &pair)
	policy := n.Admin(t, "GET", "/bundle/root", http.StatusOK) // {"root":…}
	m, err := middleware.New(middleware.Config{
		Policy: string(policy), Bundle: n.URL() + "/.well-known/edgetoken-bundle", Client: n.Client,
		Poll: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	h := m.Require(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, token := range []string{pair.Access, n.Access} {
		if status, body := get(h, "Bearer "+token); status != 200 {
			t.Fatalf("before: %d %s", status, body)
		}
	}
	post("/auth/token/blacklist/", `{"refresh":"`+pair.Refresh+`"}`, &struct{}{})
	const blacklisted = `"message":"Token is blacklisted"}]}`
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		status, body := get(h, "Bearer "+pair.Access)
		if status == 401 && strings.HasSuffix(body, blacklisted) {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("revoked: %d %s", status, body)
		}
	}
	if status, body := get(h, "Bearer "+n.Access); status != 200 {
		t.Errorf("another log-in: %d %s", status, body)
	}
}
