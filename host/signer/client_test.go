package signer_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/signer"
)

// listing is the socket of a signer that lists these keys.
func listing(t *testing.T, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kms.sock")
	listener, err := signer.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(says(body))}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Shutdown(context.Background()) })
	return path
}

// TestKeys: of what a signer lists a client takes the keys that can be used, and tells of the others.
func TestKeys(t *testing.T) {
	good, err := keyring.GenerateKey("ES256", nil)
	if err != nil {
		t.Fatal(err)
	}
	set := string(keyring.JWKS([]keyring.Key{good}))
	encryption := `{"kty":"EC","crv":"P-256","use":"enc","kid":"e","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",` +
		`"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`
	private, err := good.Export("jwk", true)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ body, want, log string }{
		"one":           {set, "", ""},
		"one for us":    {strings.Replace(set, `{"keys":[`, `{"keys":[`+encryption+",", 1), "", "kid=e reason="},
		"none for us":   {`{"keys":[` + encryption + `]}`, "no usable key", ""},
		"none":          {`{"keys":[]}`, "no usable key", ""},
		"no JSON":       {"-----BEGIN", "no usable key", ""},
		"a private key": {`{"keys":[` + string(private) + `]}`, "shows a private key or secret: replace that key", ""},
		"a secret": {`{"keys":[{"kty":"oct","alg":"HS256","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}]}`,
			"shows a private key or secret", ""},
		"too many": {set + strings.Repeat(" ", 1<<20), "more than 1048576 bytes", ""},
	} {
		var log bytes.Buffer
		text := slog.New(slog.NewTextHandler(&log, nil))
		client := signer.NewClient(signer.Config{Path: listing(t, c.body), Log: text})
		keys, err := client.Keys(t.Context())
		client.Close()
		if c.want == "" && (err != nil || len(keys) != 1 || keys[0].ID() != good.ID() || !keys[0].CanSign()) {
			t.Errorf("%s: Keys = %v, %v, want %v", name, keys, err, good)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || keys != nil) {
			t.Errorf("%s: Keys = %v, %v, want %q", name, keys, err, c.want)
		}
		if !strings.Contains(log.String(), c.log) || (log.Len() == 0) != (c.log == "") {
			t.Errorf("%s: the log says %q, want %q", name, log.String(), c.log)
		}
	}
}
