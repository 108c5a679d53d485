package service_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/host/keyring/leaktest"
	"github.com/edgetoken/edgetoken/host/keys"
	"github.com/edgetoken/edgetoken/host/service"
)

// TestKeysStaySealed: a node signs with keys of every algorithm, and has a SECRET_KEY. Nothing of them, nor of the node
// secret, is in the files of its data directory, in a backup or in its log. After a reseal no old ciphertext is left
// either, and the new node secret opens the keys.
func TestKeysStaySealed(t *testing.T) {
	n := newClockedNode(t, "log: {level: debug}\noutbox: {enabled: true}\n")
	log := &bytes.Buffer{}
	n.log = log
	n.open()
	n.add("ana@example.com")
	for _, algorithm := range jws.Algorithms() {
		n.pass(time.Minute)
		if _, err := n.Keys().Generate(t.Context(), keys.Generate{Algorithm: algorithm, Activate: true}); err != nil {
			t.Fatal(err)
		}
		n.use()
	}
	secretKey := []byte("django-insecure-0123456789abcdefghijklmnopqrstuvwxyz")
	if _, err := n.Keys().Import(t.Context(), keys.Import{Text: secretKey, SecretKey: true}); err != nil {
		t.Fatal(err)
	}
	root, err := n.Keys().Root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	private, err := n.Keys().Private(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := len(jws.Algorithms()) + 3; len(private) != want { // the first key, and the root
		t.Errorf("%d private parts are here, want %d", len(private), want)
	}
	search, err := leaktest.New(slices.Collect(maps.Values(private))...)
	if err != nil {
		t.Fatal(err)
	}
	secret := n.read("keys.secret")
	for _, form := range [][]byte{secret, unbase64(secret)} {
		search.Add("the node secret", form)
	}
	old := n.SealedKeys(t)
	for id, sealed := range old {
		if !bytes.Contains(n.read("store.db"), sealed) {
			t.Fatalf("the sealed part of key %s is not found in the store", id)
		}
	}
	backup := n.Backup(t)
	for id, sealed := range old {
		if bytes.Contains(backup, sealed) {
			t.Errorf("the backup has the sealed part of key %s", id)
		}
	}
	look := func(place string, content []byte) {
		t.Helper()
		if found := search.In(content); len(found) > 0 {
			t.Errorf("%s has %q", place, found)
		}
	}
	look("the backup", backup)
	n.files(look)

	for id := range private {
		if id != signing(t, n.Keys()).ID() && id != root.Key.ID() {
			if _, err := n.Keys().Retire(t.Context(), id, false); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	look("the log", log.Bytes())
	sealed, _, err := service.Reseal(t.Context(), n.load(), "")
	if err != nil || sealed != len(private)-1 {
		t.Fatalf("Reseal = %d, %v; want %d", sealed, err, len(private)-1)
	}
	if bytes.Equal(n.read("keys.secret"), secret) {
		t.Error("the node secret is the old one")
	}
	search.Add("the new node secret", unbase64(n.read("keys.secret")))
	n.files(look)
	for id, sealed := range old {
		if bytes.Contains(n.read("store.db"), sealed) {
			t.Errorf("the old ciphertext of key %s is still in the store", id)
		}
	}
	n.open()
	n.use()
	if again, err := n.Keys().Root(t.Context()); err != nil || again.Key.ID() != root.Key.ID() {
		t.Errorf("the root is %v, %v, and was %v", again.Key, err, root.Key)
	}
}

func unbase64(text []byte) []byte {
	b, _ := base64.RawURLEncoding.DecodeString(string(bytes.TrimSpace(text)))
	return b
}

// use logs in, refreshes and verifies.
func (n *clockedNode) use() {
	n.t.Helper()
	var pair struct{ Access, Refresh string }
	body := `{"email":"ana@example.com","password":"correct horse 1"}`
	if status := n.ask("POST", "/auth/token/", body, &pair); status != http.StatusOK {
		n.t.Fatalf("log-in answers %d", status)
	}
	if refreshed := n.refresh(pair.Refresh, &pair); refreshed != http.StatusOK {
		n.t.Errorf("refresh answers %d", refreshed)
	}
	if verified := n.verify(pair.Access); verified != http.StatusOK {
		n.t.Errorf("verify answers %d", verified)
	}
}

func (n *clockedNode) read(name string) []byte {
	n.t.Helper()
	b, err := os.ReadFile(filepath.Join(n.dir, name))
	if err != nil {
		n.t.Fatal(err)
	}
	return b
}

// files calls f with each file of the data directory but the node secret.
func (n *clockedNode) files(f func(name string, content []byte)) {
	n.t.Helper()
	seen := 0
	err := fs.WalkDir(os.DirFS(n.dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && name != "keys.secret" {
			f(fmt.Sprintf("the file %s", name), n.read(name))
			seen++
		}
		return err
	})
	if err != nil || seen == 0 {
		n.t.Fatalf("%d files: %v", seen, err)
	}
}
