package envoy

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestReconfigured gives a running Envoy other configurations of the filter. It goes by the new one, keeps the old one
// where the new one has a mistake, and another filter in the same instance stays as it was.
func TestReconfigured(t *testing.T) {
	first, second := newSigner(t, "ES256"), newSigner(t, "ES256")
	path := filepath.Join(t.TempDir(), "listeners.json")
	publish := func(keys string) {
		t.Helper()
		var all struct {
			Resources struct{ Listeners []object } `json:"static_resources"`
		}
		text := configured(t, listener{port: 10000, filter: ofEdgetoken("changes", everywhere(keys))},
			listener{port: 10001, filter: ofEdgetoken("stays", everywhere(first.jwk))})
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			t.Fatal(err)
		}
		for _, l := range all.Resources.Listeners {
			l["@type"] = "type.googleapis.com/envoy.config.listener.v3.Listener"
		}
		listeners, err := json.Marshal(object{"resources": all.Resources.Listeners})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+".new", listeners, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil { // which is what Envoy looks for
			t.Fatal(err)
		}
	}
	publish(first.jwk)
	bootstrap, err := json.Marshal(object{
		"node":  object{"id": "test", "cluster": "test"},
		"admin": object{"address": address(9901)},
		"dynamic_resources": object{"lds_config": object{
			"resource_api_version": "V3", "path_config_source": object{"path": path},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	start(t, string(bootstrap), module(t, ""), 1)

	const changes, stays = "http://127.0.0.1:10000/", "http://127.0.0.1:10001/"
	old, fresh := bearer(first.token(t, nil)), bearer(second.token(t, nil))
	await(t, 200, 30*time.Second, changes, "Authorization", old)
	for range 3 {
		publish(second.jwk)
		await(t, 200, 30*time.Second, changes, "Authorization", fresh)
		if a := get(t, changes, "Authorization", old); a.status != 401 {
			t.Errorf("under the new configuration a token of the old key: %d %s", a.status, a.body)
		}
		publish(first.jwk)
		await(t, 200, 30*time.Second, changes, "Authorization", old)
		if a := get(t, stays, "Authorization", old); a.status != 200 {
			t.Errorf("the filter that stays: %d %s", a.status, a.body)
		}
	}
	publish(`{"kty": "no such"}`)
	for deadline := time.Now().Add(30 * time.Second); stat(t, "^listener_manager.lds.update_rejected$") == 0; {
		if time.Now().After(deadline) {
			t.Fatal("a configuration with a mistake is not refused")
		}
		time.Sleep(20 * time.Millisecond)
	}
	if a := get(t, changes, "Authorization", old); a.status != 200 {
		t.Errorf("after a configuration with a mistake: %d %s", a.status, a.body)
	}
}
