package service_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/verify"
)

// A verifier elsewhere that pinned the root takes the bundles of a node, reads its tokens, and refuses what was revoked
// since, also once the root has changed and the node was started again. The root is among no keys that others see.
func TestVerifiersFollowANode(t *testing.T) {
	n := newClockedNode(t, "log: {level: error}\n")
	n.open()
	n.add("ana@example.com")
	const path = "/.well-known/edgetoken-bundle"
	if w := n.answer("GET", path, ""); w.Code != http.StatusNotFound {
		t.Errorf("a node that publishes no bundle answers %d", w.Code)
	}
	n.config += "bundle: {publish: true, lifetime: 10m}\n"
	if _, err := n.Reload(); err != nil {
		t.Fatal(err)
	}
	root, err := n.Keys().Root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	public, err := root.JWK()
	if err != nil {
		t.Fatal(err)
	}
	trust, err := verify.Read([]byte(`{"root":` + public + `}`))
	if err != nil {
		t.Fatal(err)
	}
	fetch := func() {
		t.Helper()
		n.pass(time.Second)
		w := n.answer("GET", fmt.Sprintf("%s?since=%d", path, trust.Epoch()), "")
		next, refused := trust.Update(w.Body.String())
		if w.Code != http.StatusOK || refused != cause.OK {
			t.Fatalf("GET = %d, and the verifier says %v", w.Code, refused)
		}
		if trust = next; trust.NotAfter() != n.now().Unix()+600 {
			t.Errorf("the bundle ends %d s from now", trust.NotAfter()-n.now().Unix())
		}
	}
	verdict := func(token string, want cause.Cause) {
		t.Helper()
		var v verify.Verifier
		v.Use(trust)
		if _, got := v.Verify([]byte(token), n.now().Unix()); got != want {
			t.Errorf("Verify() = %v, want %v", got, want)
		}
	}
	login := func() (pair struct{ Access, Refresh string }) {
		t.Helper()
		body := `{"email":"ana@example.com","password":"correct horse 1"}`
		if status := n.ask("POST", "/auth/token/", body, &pair); status != http.StatusOK {
			t.Fatalf("log-in answers %d", status)
		}
		return pair
	}
	one, two := login(), login()
	fetch()
	verdict(one.Access, cause.OK)
	verdict(one.Refresh, cause.WrongType)
	n.ask("POST", "/auth/token/blacklist/", fmt.Sprintf(`{"refresh":%q}`, one.Refresh), nil)
	fetch()
	verdict(one.Access, cause.Blacklisted)
	verdict(two.Access, cause.OK)
	if _, err := n.Keys().RotateRoot(t.Context()); err != nil {
		t.Fatal(err)
	}
	fetch()
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n.open()
	fetch()
	verdict(one.Access, cause.Blacklisted)
	verdict(two.Access, cause.OK)

	now, err := n.Keys().Root(t.Context())
	if err != nil || now.Key.ID() == root.Key.ID() {
		t.Fatalf("the root is %v, %v", now.Key, err)
	}
	shown := n.answer("GET", "/.well-known/jwks.json", "").Body.String()
	list, err := n.Keys().List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	shown += fmt.Sprint(list)
	for _, id := range []string{root.Key.ID(), now.Key.ID()} {
		if strings.Contains(shown, id) {
			t.Errorf("the root %s is among the keys: %s", id, shown)
		}
	}
}
