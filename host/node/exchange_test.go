package node_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/cache"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/engine/enginetest"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/node"
)

// jwkSet is a JWK Set of HS256 keys with these ids, of which the first signs.
func jwkSet(ids ...string) []byte {
	text := ""
	for _, id := range ids {
		text += fmt.Sprintf(`,{"kty":"oct","alg":"HS256","kid":%q,"k":"%043x"}`, id, id)
	}
	return []byte(`{"keys":[` + text[1:] + `]}`)
}

// keyedWorld is a world whose keys are in a file. Its sandboxed engine remembers the tokens that it verified.
type keyedWorld struct {
	*world
	keys *keyring.Source
	path string // of the file
}

func newKeyedWorld(t *testing.T, ids ...string) *keyedWorld {
	t.Helper()
	w := &keyedWorld{path: filepath.Join(t.TempDir(), "keys.json")}
	w.write(t, ids...)
	ring, err := w.read()
	if err != nil {
		t.Fatal(err)
	}
	verified, err := cache.New(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	settings := core.DefaultSettings()
	sandbox, err := engine.New(t.Context(), engine.Config{
		Settings: settings, Keys: ring, Module: enginetest.Module(t, false), CacheDir: enginetest.CacheDir(t),
		MaxInstances: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sandbox.Close(context.Background()) })
	w.world = newWorld(t, func(c *node.Config) { c.Engine = verified.Engine(sandbox) })
	w.keys = keyring.NewSource(ring, w.read, func(ring *keyring.Ring) error {
		e, err := sandbox.With(settings, ring)
		if err == nil {
			w.UseEngine(verified.Engine(e))
		}
		return err
	})
	return w
}

func (w *keyedWorld) read() (*keyring.Ring, error) {
	text, err := os.ReadFile(w.path)
	if err != nil {
		return nil, err
	}
	found, err := keyring.Read(text, "")
	if err != nil {
		return nil, err
	}
	return found.Ring()
}

// write puts a file with these keys in the place of the old one.
func (w *keyedWorld) write(t *testing.T, ids ...string) {
	t.Helper()
	if err := os.WriteFile(w.path+".new", jwkSet(ids...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(w.path+".new", w.path); err != nil {
		t.Fatal(err)
	}
}

// TestKeysAreExchanged: a node signs with a new key at once, and takes what the old one signed for as long as it has
// that.
func TestKeysAreExchanged(t *testing.T) {
	w := newKeyedWorld(t, "one")
	refresh, access := w.login(t)
	w.write(t, "two", "one")
	if _, err := w.keys.Reload(); err != nil {
		t.Fatal(err)
	}
	result, err := w.Refresh(t.Context(), refresh)
	if err != nil || result.Refused() || result.KeyID != "one" {
		t.Fatalf("Refresh of the old key's token = %v of key %q, %v", causeOf(result), result.KeyID, err)
	}
	if result, err = w.Authenticate(t.Context(), result.Tokens[0].Value); err != nil || result.Refused() ||
		result.KeyID != "two" {
		t.Errorf("Authenticate with what that gave = %v of key %q, %v; want key two", causeOf(result), result.KeyID,
			err)
	}
	if result, err = w.Login(t.Context(), client, "ana@example.com", "right"); err != nil || result.Refused() ||
		result.KeyID != "two" {
		t.Errorf("Login = %v of key %q, %v; want key two", causeOf(result), result.KeyID, err)
	}
	if result, err = w.Authenticate(t.Context(), access); err != nil || result.Refused() {
		t.Errorf("Authenticate with the old key's token = %v, %v", causeOf(result), err)
	}

	w.write(t, "two")
	if _, err := w.keys.Reload(); err != nil {
		t.Fatal(err)
	}
	for name, ask := range map[string]func(context.Context, string) (node.Result, error){
		"Authenticate": w.Authenticate, "Verify": w.Verify, "Refresh": w.Refresh,
	} {
		token := access
		if name == "Refresh" {
			token = refresh
		}
		if result, err := ask(t.Context(), token); err != nil || causeOf(result) != cause.UnknownKey {
			t.Errorf("%s with a token that was remembered, of a key that is gone = %v, %v; want %v", name,
				causeOf(result), err, cause.UnknownKey)
		}
	}

	if err := os.WriteFile(w.path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.keys.Reload(); err == nil {
		t.Error("a file without keys was taken")
	}
	w.login(t)
}

// TestKeysAreExchangedUnderLoad: while keys take over from one another and go, no request fails, and what each refresh
// gives is good for as long as its key is there.
func TestKeysAreExchangedUnderLoad(t *testing.T) {
	w := newKeyedWorld(t, "k0")
	var refresh atomic.Pointer[string] // of a key that is in force until two exchanges from now
	first, _ := w.login(t)
	refresh.Store(&first)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var asked atomic.Int64
	var exchanging sync.RWMutex // held while a refresh and the check of what it gave are under way, and to let a key go
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for ctx.Err() == nil {
				exchanging.RLock()
				result, err := w.Refresh(t.Context(), *refresh.Load())
				if err == nil && !result.Refused() {
					result, err = w.Authenticate(t.Context(), result.Tokens[0].Value)
				}
				exchanging.RUnlock()
				if err != nil || result.Refused() {
					t.Errorf("%v, %v", causeOf(result), err)
					return
				}
				asked.Add(1)
			}
		})
	}
	busy := func() {
		for until := asked.Load() + 20; asked.Load() < until && !t.Failed(); {
			time.Sleep(time.Millisecond)
		}
	}
	reload := func(ids ...string) {
		w.write(t, ids...)
		if changed, err := w.keys.Reload(); !changed || err != nil {
			t.Errorf("Reload = %v, %v", changed, err)
		}
		busy()
	}
	for i := range 6 {
		old, next := fmt.Sprint("k", i), fmt.Sprint("k", i+1)
		reload(old, next) // published
		reload(next, old) // it signs
		result, err := w.Login(t.Context(), client, "ana@example.com", "right")
		if err != nil || result.Refused() || result.KeyID != next {
			t.Fatalf("Login = %v of key %q, %v; want %q", causeOf(result), result.KeyID, err, next)
		}
		gone := *refresh.Swap(&result.Tokens[0].Value)
		exchanging.Lock() // nobody holds a token of the old key any more
		w.write(t, next)
		exchanging.Unlock()
		reload(next)
		if result, err := w.Verify(t.Context(), gone); err != nil || causeOf(result) != cause.UnknownKey {
			t.Errorf("Verify with a token of a key that is gone = %v, %v; want %v", causeOf(result), err,
				cause.UnknownKey)
		}
	}
	stop()
	clients.Wait()
	if changed, err := w.keys.Reload(); changed || err != nil {
		t.Errorf("Reload of the same file = %v, %v", changed, err)
	}
}
