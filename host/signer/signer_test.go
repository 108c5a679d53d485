package signer_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/signer"
)

// process is a signer in a process of its own, at a socket.
type process struct {
	path string
	cmd  *exec.Cmd
}

// start runs a program that listens at a socket, and waits until it does.
func start(t *testing.T, path string, cmd *exec.Cmd) *process {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{path, cmd}
	t.Cleanup(p.kill)
	for {
		conn, err := net.Dial("unix", path)
		if err == nil {
			conn.Close()
			return p
		}
		if p.cmd.ProcessState != nil || t.Context().Err() != nil {
			t.Fatalf("the signer does not listen: %v\n%s", err, out.String())
		}
		time.Sleep(time.Millisecond)
	}
}

// kill ends the process as a crash does. Its socket stays.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// buildExample builds examplesigner.
func buildExample(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "examplesigner")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./examplesigner")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// keyFile is a file with a new private key in PEM.
func keyFile(t *testing.T, algorithm string) string {
	t.Helper()
	k, err := keyring.GenerateKey(algorithm, nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := k.MarshalPrivate()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), algorithm+".pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// ring is a ring of the keys of a signer; the first signs.
func ring(t *testing.T, keys []keyring.Key) *keyring.Ring {
	t.Helper()
	var members []keyring.Member
	for _, k := range keys {
		members = append(members, keyring.Member{Key: k, Info: core.KeyInfo{ID: k.ID(), Algorithm: k.Algorithm()}})
	}
	r, err := keyring.NewRing(members, []core.SigningKey{{Key: 0}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// keysOf are the keys of the signer at a socket.
func keysOf(t *testing.T, path string, limits keyring.ExternalLimits) []keyring.Key {
	t.Helper()
	client := signer.NewClient(signer.Config{Path: path, Limits: limits})
	t.Cleanup(client.Close)
	keys, err := client.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// TestExample: a node signs with the keys of another process, also after that died and came back.
func TestExample(t *testing.T) {
	program, path := buildExample(t), filepath.Join(t.TempDir(), "kms.sock")
	files := []string{keyFile(t, "ES256"), keyFile(t, "RS256"), keyFile(t, "EdDSA"), keyFile(t, "ES512")}
	run := func() *process {
		args := append([]string{"--listen", path}, files...)
		return start(t, path, exec.CommandContext(t.Context(), program, args...))
	}
	p := run()
	keys := keysOf(t, path, keyring.ExternalLimits{})
	if len(keys) != len(files) {
		t.Fatalf("the signer has %v, want %d keys", keys, len(files))
	}
	r := ring(t, keys)
	sign := func(index int, input string) error {
		signature, err := r.Sign(t.Context(), index, []byte(input), nil)
		if err != nil {
			return err
		}
		if good, err := r.Check(t.Context(), index, []byte(input), signature); err != nil || !good {
			return fmt.Errorf("the signature is good: %v, %w", good, err)
		}
		return nil
	}
	for i, k := range keys {
		if err := sign(i, "input"); err != nil {
			t.Errorf("%v: %v", k, err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket is %v, %v, want mode 600", info, err)
	}
	p.kill()
	if err := sign(0, "while it is dead"); !errors.Is(err, core.ErrSigner) {
		t.Errorf("while the signer is dead: %v, want core.ErrSigner", err)
	}
	run()
	for i, k := range keys {
		if err := sign(i, "once it is back"); err != nil {
			t.Errorf("once the signer is back, %v: %v", k, err)
		}
	}
}

// faultOf names the fault of a process that this test makes of itself; its socket is in socketOf.
const faultOf, socketOf = "EDGETOKEN_TEST_SIGNER_FAULT", "EDGETOKEN_TEST_SIGNER_SOCKET"

// faults are what a signer may do instead of signing.
var faults = map[string]struct {
	answer func(http.ResponseWriter, *http.Request)
	reason keyring.SignerFault
}{
	"slow":                   {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "slow"},
	"failing":                {fails(503, `{"error":"the token is locked"}`), "failed"},
	"gibberish for an error": {fails(500, "<html>\x1b[2J"), "failed"},
	"redirecting": {func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:1/sign", http.StatusTemporaryRedirect)
	}, "failed"},
	"another key": {signs(func(_, other []byte) []byte { return other }), "wrong"},
	"cut off":     {signs(func(b, _ []byte) []byte { return b[:63] }), "wrong"},
	"too long":    {signs(func(b, _ []byte) []byte { return append(b, 0) }), "wrong"},
	"empty":       {signs(func(_, _ []byte) []byte { return nil }), "wrong"},
	"endless": {func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for r.Context().Err() == nil {
			_, _ = io.WriteString(w, strings.Repeat(" ", 1024))
		}
	}, "failed"},
	"hanging up": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "failed"},
	"hanging up in the middle": {func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"signature":"`)
		panic(http.ErrAbortHandler)
	}, "failed"},
	"two signatures": {says(`{"signature":"AAAA","signature":"AAAA"}`), "failed"},
	"more members":   {says(`{"signature":"AAAA","kid":"a"}`), "failed"},
	"another case":   {says(`{"Signature":"AAAA"}`), "failed"},
	"padding":        {says(`{"signature":"AA=="}`), "failed"},
	"a number":       {says(`{"signature":1}`), "failed"},
	"text after it":  {says(`{"signature":"AAAA"}{}`), "failed"},
	"no JSON":        {says("AAAA"), "failed"},
	"HTML": {func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `{"signature":"AAAA"}`)
	}, "failed"},
}

func fails(status int, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, body, status) }
}

func says(body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}
}

// signs answers with what change makes of the right signature and that of another key.
func signs(change func(right, other []byte) []byte) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		input := []byte("input")
		right, err := served.Sign(r.Context(), 0, input, nil)
		other, otherErr := served.Sign(r.Context(), 1, input, nil)
		if err := errors.Join(err, otherErr); err != nil {
			panic(err)
		}
		says(`{"signature":"`+base64.RawURLEncoding.EncodeToString(change(right, other))+`"}`)(w, r)
	}
}

// served are the keys of a process that this test makes of itself.
var served *keyring.Ring

// TestMain makes a signer with a fault of this process where it is told to.
func TestMain(m *testing.M) {
	if name := os.Getenv(faultOf); name != "" {
		fmt.Fprintln(os.Stderr, serveFault(name, os.Getenv(socketOf)))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func serveFault(name, path string) error {
	var keys []keyring.Key
	var members []keyring.Member
	for range 2 {
		k, err := keyring.GenerateKey("ES256", nil)
		if err != nil {
			return err
		}
		keys = append(keys, k)
		members = append(members, keyring.Member{Key: k, Info: core.KeyInfo{ID: k.ID(), Algorithm: "ES256"}})
	}
	var err error
	if served, err = keyring.NewRing(members, []core.SigningKey{{Key: 0}}); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, r *http.Request) {
		says(string(keyring.JWKS(keys[:1])))(w, r)
	})
	mux.HandleFunc("POST /sign", faults[name].answer)
	listener, err := signer.Listen(path)
	if err != nil {
		return err
	}
	return http.Serve(listener, mux)
}

// TestFaults: whatever a process does instead of signing, a request gets core.ErrSigner in its time, and never a
// signature.
func TestFaults(t *testing.T) {
	for name, c := range faults {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "kms.sock")
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), faultOf+"="+name, socketOf+"="+path)
			start(t, path, cmd)
			var counted keyring.SignerFaults
			limits := keyring.ExternalLimits{Timeout: 30 * time.Second, Faults: &counted}
			if name == "slow" {
				limits.Timeout = 50 * time.Millisecond
			}
			r := ring(t, keysOf(t, path, limits))
			signature, err := r.Sign(t.Context(), 0, []byte("input"), nil)
			if !errors.Is(err, core.ErrSigner) || signature != nil || counted.Count(c.reason) != 1 ||
				strings.Contains(err.Error(), "\x1b") {
				t.Errorf("Sign = %x, %v, want core.ErrSigner, %s", signature, err, c.reason)
			}
			if name == "failing" && !strings.Contains(err.Error(), `the signer answers 503: "the token is locked"`) {
				t.Errorf("Sign = %v, want what the signer says", err)
			}
			gone, leave := context.WithCancel(t.Context())
			leave()
			if _, err := r.Sign(gone, 0, []byte("input"), nil); !errors.Is(err, context.Canceled) {
				t.Errorf("for a client that is gone Sign = %v, want context.Canceled", err)
			}
		})
	}
}
