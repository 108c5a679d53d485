package admin_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/store"
)

// outboxOf has frames of all that a node writes: a customer who logs in, has a new password, moves and goes, a session.
// secrets are what no frame may show.
func outboxOf(t *testing.T) (client *admin.Client, api http.Handler, secrets []string) {
	api, db := newAPIOf(t, admin.Config{Outbox: true}, store.Config{Outbox: true})
	client = admin.NewClient(api, func() error { return nil })
	ana := store.NewCustomer{Email: "ana@example.com", IsActive: true, PasswordHash: "pbkdf2_sha256$1$salt$c2VjcmV0",
		RevokeClaim: "90334E"}
	c, err := db.Add(t.Context(), ana)
	if err != nil {
		t.Fatal(err)
	}
	session := store.SessionID{1, 2, 3, 4, 5, 6, 7, 8}
	if err := db.StartSession(t.Context(), store.NewSession{ID: session, Customer: c,
		Expires: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	hash := func() string {
		c, err := db.Get(t.Context(), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, c.PasswordHash, c.RevokeClaim)
		return c.PasswordHash
	}
	if err := db.Rehash(t.Context(), c.ID, hash(), "pbkdf2_sha256$2$salt$c2VjcmV0"); err != nil {
		t.Fatal(err)
	}
	hash()
	query := admin.CustomerQuery{Key: c.ID.String(), Force: true}
	access := admin.Access{Password: json.RawMessage(`"correct horse 1"`)}
	if _, err := admin.SetAccess.Call(t.Context(), client, query, access); err != nil {
		t.Fatal(err)
	}
	hash()
	email := "ana.ruiz@example.com"
	if _, err := admin.SetDetails.Call(t.Context(), client, query, admin.Details{Email: &email}); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.RemoveCustomer.Call(t.Context(), client, query, admin.None{}); err != nil {
		t.Fatal(err)
	}
	return client, api, append(secrets, "correct horse 1", hex.EncodeToString(session[:8]), string(session[:8]))
}

// frames pages through the outbox, so many frames at a time.
func frames(t *testing.T, client *admin.Client, limit int) (all []string) {
	t.Helper()
	q := admin.PageQuery{Limit: limit}
	for {
		page, err := admin.ListFacts.Call(t.Context(), client, q, admin.None{})
		if err != nil || !page.Enabled || len(page.Frames) > limit {
			t.Fatalf("page after %q = %+v, %v", q.After, page, err)
		}
		if len(page.Frames) == 0 {
			return all
		}
		for _, f := range page.Frames {
			all = append(all, string(f))
		}
		q.After = page.Last
	}
}

// TestFactsHoldNoSecret: of hashes, claims of revocation and sessions there is nothing in what an operator sees, and
// cut-offs name addresses by a digest.
func TestFactsHoldNoSecret(t *testing.T) {
	client, _, secrets := outboxOf(t)
	all := strings.Join(frames(t, client, admin.MaxPage), "\n")
	if len(secrets) < 8 {
		t.Fatalf("%d secrets", len(secrets))
	}
	for _, s := range secrets {
		if s == "" || strings.Contains(all, s) {
			t.Errorf("%q is empty or in %s", s, all)
		}
	}
	for _, want := range []string{`"fact":"customer"`, `"fact":"last_login"`, `"fact":"remove_customer"`, `"***"`,
		`"email":"ana.ruiz@example.com"`} {
		if !strings.Contains(all, want) {
			t.Errorf("%s is not in %s", want, all)
		}
	}
	cuts := regexp.MustCompile(`"fact":"cut_off","address":"([^"]*)"`).FindAllStringSubmatch(all, -1)
	digest := regexp.MustCompile(`^[0-9a-f]{64}$`)
	for _, c := range cuts {
		if !digest.MatchString(c[1]) {
			t.Errorf("a cut-off names %s", c[1])
		}
	}
	if len(cuts) == 0 {
		t.Errorf("no cut-off of an address in %s", all)
	}
}

// TestAcknowledge: pages of any size are the same frames, and those that are acknowledged go, no others.
func TestAcknowledge(t *testing.T) {
	client, api, _ := outboxOf(t)
	all := frames(t, client, 1)
	if whole := frames(t, client, admin.MaxPage); len(all) < 4 || strings.Join(all, "") != strings.Join(whole, "") {
		t.Fatalf("%d frames one by one, %d at once", len(all), len(whole))
	}
	position := func(i int) string {
		var f struct{ Position string }
		if err := json.Unmarshal([]byte(all[i]), &f); err != nil {
			t.Fatal(err)
		}
		return f.Position
	}
	acknowledge := func(upTo string) (admin.Acknowledged, error) {
		return admin.Acknowledge.Call(t.Context(), client, admin.AcknowledgeQuery{UpTo: upTo}, admin.None{})
	}
	incarnation, _, _ := strings.Cut(position(0), ":")
	for _, wrong := range []string{"", "1", position(0) + "0", "ffffffffffffffff:1", incarnation + ":99"} {
		if a, err := acknowledge(wrong); err == nil {
			t.Errorf("acknowledge %q = %+v", wrong, a)
		}
	}
	for _, at := range []string{incarnation + ":0", "0000000000000001:7"} {
		if a, err := acknowledge(at); err != nil || a.Removed {
			t.Errorf("acknowledge %s, which is before all = %+v, %v", at, a, err)
		}
	}
	for range 2 {
		if _, err := acknowledge(position(1)); err != nil {
			t.Fatal(err)
		}
		if left := frames(t, client, 2); strings.Join(left, "") != strings.Join(all[2:], "") {
			t.Errorf("%d frames are left, want %d", len(left), len(all)-2)
		}
	}
	for _, path := range []string{"/facts?limit=0", "/facts?limit=1000", "/facts", "/facts?limit=1&after=x"} {
		if status, answer := call(t, api, "GET", path, ""); status != http.StatusBadRequest {
			t.Errorf("GET %s = %d %s", path, status, answer)
		}
	}
}

// TestFullOutbox: what is refused since the outbox is full is 503 with a time to try again, until frames are
// acknowledged.
func TestFullOutbox(t *testing.T) {
	api, db := newAPIOf(t, admin.Config{Outbox: true}, store.Config{Outbox: true, MaxOutbox: 1})
	if _, err := db.Add(t.Context(), store.NewCustomer{ID: core.Integer(1), Email: "ana@example.com"}); err != nil {
		t.Fatal(err)
	}
	revoke := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), "POST", "/revoke",
			strings.NewReader(`{"customer": "1"}`)))
		return w
	}
	if w := revoke(); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "1" ||
		!strings.Contains(w.Body.String(), "run edgetoken facts acknowledge") {
		t.Errorf("revoke = %d %v %s", w.Code, w.Header(), w.Body)
	}
	client := admin.NewClient(api, func() error { return nil })
	page, err := admin.ListFacts.Call(t.Context(), client, admin.PageQuery{Limit: 9}, admin.None{})
	if err != nil || len(page.Frames) != 1 {
		t.Fatal(page, err)
	}
	if status, answer := call(t, api, "DELETE", fmt.Sprint("/facts?up_to=", page.Last), ""); status != http.StatusOK {
		t.Fatal(answer)
	}
	if w := revoke(); w.Code != http.StatusOK {
		t.Errorf("revoke after the acknowledgement = %d %s", w.Code, w.Body)
	}
}
