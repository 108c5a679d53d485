package admin_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/store"
)

// newKeysAPI serves a store whose keys are looked after, and logs to log.
func newKeysAPI(t *testing.T, log *bytes.Buffer) http.Handler {
	t.Helper()
	api, _ := newAPIOf(t, admin.Config{Log: slog.New(slog.NewJSONHandler(log, nil))}, store.Config{})
	return api
}

// A key is made, signs, gives way and ends, and each answer says so with its dates.
func TestKeys(t *testing.T) {
	var log bytes.Buffer
	client := admin.NewClient(newKeysAPI(t, &log), func() error { return nil })
	none, ctx := admin.None{}, t.Context()
	made, err := admin.GenerateKey.Call(ctx, client, none, admin.KeyRequest{ID: "one", Activate: true})
	if k := made.Key; err != nil || k.State != "signing" || k.Origin != "generated" || !k.Here || k.Published == nil ||
		k.SignsFrom == nil || k.Ends != nil || made.Next != nil || len(made.Warnings) != 0 {
		t.Errorf("GenerateKey = %+v, %v", made, err)
	}
	at := time.Now().Add(48 * time.Hour).UTC().Truncate(time.Second)
	later := admin.KeyRequest{ID: "two", Algorithm: "HS256", SignsFrom: &at}
	made, err = admin.GenerateKey.Call(ctx, client, none, later)
	if err != nil || made.Key.State != "published" || !made.Key.SignsFrom.Equal(at) || made.Next == nil ||
		!made.Next.At.Equal(at) || made.Next.What != "key two begins to sign" {
		t.Errorf("GenerateKey = %+v, %v", made, err)
	}
	done, err := admin.ActivateKey.Call(ctx, client, none, admin.KeyActivation{ID: "tw"})
	if err != nil || done.Key.ID != "two" || done.Key.State != "signing" || done.Next == nil ||
		!strings.HasPrefix(done.Next.What, "key one is gone") {
		t.Errorf("ActivateKey = %+v, %v", done, err)
	}
	if done, err = admin.RetireKey.Call(ctx, client, none, admin.KeyRetirement{ID: "one"}); err != nil ||
		done.Key.State != "gone" || done.Key.Here {
		t.Errorf("RetireKey = %+v, %v", done, err)
	}
	for all, want := range map[bool]int{false: 1, true: 2} {
		list, err := admin.ListKeys.Call(ctx, client, admin.KeysQuery{All: all}, none)
		if err != nil || len(list.Keys) != want {
			t.Errorf("ListKeys(%v) = %+v, %v, want %d keys", all, list, err, want)
		}
	}
	for _, what := range []string{"generated", "activated", "retired"} {
		if !strings.Contains(log.String(), `"msg":"admin: key `+what+`"`) {
			t.Errorf("the log has no key %s: %s", what, &log)
		}
	}
}

// What is private leaves the node only by the two calls for that, and is in no log.
func TestPrivateKeys(t *testing.T) {
	var log bytes.Buffer
	client := admin.NewClient(newKeysAPI(t, &log), func() error { return nil })
	none, ctx := admin.None{}, t.Context()
	for _, r := range []admin.KeyRequest{{ID: "asymmetric"}, {ID: "secret", Algorithm: "HS256"}} {
		if _, err := admin.GenerateKey.Call(ctx, client, none, r); err != nil {
			t.Fatal(err)
		}
	}
	private := map[string]string{}
	set, err := admin.PrivateKeys.Call(ctx, client, none, none)
	if err != nil || len(set.Keys) != 2 {
		t.Fatalf("PrivateKeys = %d keys, %v", len(set.Keys), err)
	}
	for _, text := range set.Keys {
		var k struct{ Kid, D, K string }
		if err := json.Unmarshal(text, &k); err != nil || k.D+k.K == "" {
			t.Fatalf("a private key is %d bytes, %v", len(text), err)
		}
		private[k.Kid] = k.D + k.K
	}
	public, err := admin.PublicKeys.Call(ctx, client, none, none)
	if err != nil || len(public.Keys) != 1 {
		t.Fatalf("PublicKeys = %s, %v, want the one that is no secret", public.Keys, err)
	}
	r := admin.KeyExport{ID: "asymmetric", Format: "jwk"}
	exported, err := admin.ExportKey.Call(ctx, client, none, r)
	if err != nil || bytes.Contains(exported.Key, []byte(`"d"`)) {
		t.Errorf("ExportKey = %v", err)
	}
	r.Private = true
	exported, err = admin.ExportKey.Call(ctx, client, none, r)
	if err != nil || !bytes.Contains(exported.Key, []byte(private["asymmetric"])) {
		t.Errorf("ExportKey of the private part = %v", err)
	}
	again, err := admin.ImportKeys.Call(ctx, client, none, admin.KeysImport{Text: exported.Key})
	if err != nil || len(again.Keys) != 0 || len(again.Skipped) != 1 {
		t.Errorf("ImportKeys of a key that is there = %+v, %v", again, err)
	}
	said := fmt.Sprintf("%+v", again) + log.String() + string(public.Keys[0])
	for kid, text := range private {
		if strings.Contains(said, text) {
			t.Errorf("key %s is shown", kid)
		}
	}
	if n := strings.Count(log.String(), "admin: gave out"); n != 2 {
		t.Errorf("the log notes %d times that private keys were given out, want 2", n)
	}
}

// A call that is refused is 400, and says why.
func TestKeysRefused(t *testing.T) {
	api := newKeysAPI(t, new(bytes.Buffer))
	if status, answer := call(t, api, "POST", "/keys", `{"id": "one", "activate": true}`); status != http.StatusOK {
		t.Fatal(answer)
	}
	for _, c := range []struct{ path, body, want string }{
		{"/keys", `{"id": "one"}`, "there is a key with the kid one already"},
		{"/keys", `{"algorithm": "none"}`, "unknown algorithm"},
		{"/keys", `{"signs_from": "tomorrow"}`, "tomorrow"},
		{"/keys", `{"Id": "two"}`, "is unknown"},
		{"/keys/activate", `{"id": "two"}`, "no such key"},
		{"/keys/activate", `{"id": "one"}`, "signs already"},
		{"/keys/retire", `{"id": "one"}`, "signs: activate another first"},
		{"/keys/import", `{"text": "!"}`, "illegal base64"},
		{"/keys/import", `{"text": "e30="}`, "no usable key"},
		{"/keys/import", `{"text": "` + strings.Repeat("A", 1<<20) + `"}`, "more than 1048576 bytes"},
		{"/keys/export", `{"id": "one", "format": "xml"}`, "unknown format"},
	} {
		status, answer := call(t, api, "POST", c.path, c.body)
		if status != http.StatusBadRequest || !strings.Contains(answer, c.want) {
			t.Errorf("POST %s %.60s = %d %s, want 400 with %q", c.path, c.body, status, answer, c.want)
		}
	}
}
