package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/signer"
)

// library is SoftHSM's PKCS #11 library, as Debian and others have it.
func library(t *testing.T) string {
	t.Helper()
	for _, path := range []string{"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so",
		"/usr/local/lib/softhsm/libsofthsm2.so", "/opt/homebrew/lib/softhsm/libsofthsm2.so"} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Skip("SoftHSM is missing; install it (Debian: apt-get install softhsm2)")
	return ""
}

// newToken makes a token named shop in a directory of its own, and gives the options that open it.
func newToken(t *testing.T, keys ...string) options {
	t.Helper()
	o := options{module: library(t), token: "shop", create: true, keys: keys}
	dir := t.TempDir()
	o.pinFile, o.listen = filepath.Join(dir, "pin"), filepath.Join(dir, "hsm.sock")
	config := filepath.Join(dir, "softhsm2.conf")
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "tokens"), 0o700),
		os.WriteFile(o.pinFile, []byte("1234\n"), 0o600),
		os.WriteFile(config, []byte("directories.tokendir = "+dir+"/tokens\nlog.level = ERROR\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOFTHSM2_CONF", config)
	init := exec.CommandContext(t.Context(), "softhsm2-util", "--init-token", "--free", "--label", o.token,
		"--so-pin", "1234", "--pin", "1234")
	if out, err := init.CombinedOutput(); err != nil {
		t.Fatalf("softhsm2-util: %v\n%s", err, out)
	}
	return o
}

// program is this command, built.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "pkcs11")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "pkcs11")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// start runs the command in a process of its own until stop is called.
func start(t *testing.T, o options) (stop func()) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"--module", o.module, "--token", o.token, "--pin-file", o.pinFile, "--listen", o.listen}
	if o.create {
		args = append(args, "--make")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, path, append(args, o.keys...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	stop = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	t.Cleanup(stop)
	for {
		conn, err := net.Dial("unix", o.listen)
		if err == nil {
			conn.Close()
			return stop
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("the signer ended: %v\n%s", err, out.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// ring is a ring of what the signer lists, by algorithm.
func ring(t *testing.T, o options) (*keyring.Ring, map[string]int) {
	t.Helper()
	limits := keyring.ExternalLimits{Timeout: 10 * time.Second}
	client := signer.NewClient(signer.Config{Path: o.listen, Limits: limits})
	t.Cleanup(client.Close)
	keys, err := client.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var members []keyring.Member
	places := map[string]int{}
	for i, k := range keys {
		places[k.Algorithm()] = i
		members = append(members, keyring.Member{Key: k, Info: core.KeyInfo{ID: k.ID(), Algorithm: k.Algorithm()}})
	}
	r, err := keyring.NewRing(members, []core.SigningKey{{Key: 0}})
	if err != nil {
		t.Fatal(err)
	}
	return r, places
}

// TestSoftHSM: keys that are made in a token sign through the socket with every algorithm that can be made, and are the
// same after a start.
func TestSoftHSM(t *testing.T) {
	o := newToken(t, "a=ES256", "b=ES384", "c=ES512", "d=RS256", "e=PS256", "f=RS512")
	stop := start(t, o)
	before, _ := ring(t, o)
	stop()
	o.create = false
	start(t, o)
	r, _ := ring(t, o)
	for i, k := range r.Set().Keys {
		if other := before.Set().Keys[i]; k != other {
			t.Errorf("after a start the key is %v, before it was %v", k, other)
		}
		signature, err := r.Sign(t.Context(), i, []byte("input"), nil)
		if err != nil {
			t.Errorf("%s: %v", k.Algorithm, err)
			continue
		}
		if good, err := r.Check(t.Context(), i, []byte("input"), signature); !good || err != nil {
			t.Errorf("%s: the signature is good: %v, %v", k.Algorithm, good, err)
		}
	}
}

// TestMistakes: what is wrong with a token is said at the start.
func TestMistakes(t *testing.T) {
	o := newToken(t)
	for _, c := range []struct {
		change func(*options)
		want   string
	}{
		{func(o *options) { o.pinFile = "nowhere" }, "read the PIN: open nowhere"},
		{func(o *options) { o.token = "another" }, "open token another of "},
		{func(o *options) { o.module = "/nowhere.so" }, "open token shop of /nowhere.so"},
		{func(o *options) { o.keys, o.create = []string{"a=ES256"}, false }, "key a: the token has no such key pair"},
		{func(o *options) { o.keys = []string{"a"} }, `"a" is no key: write its label and algorithm`},
		{func(o *options) { o.keys = []string{"a=EdDSA"} }, "key a: EdDSA cannot be made in a device here"},
	} {
		bad := o
		c.change(&bad)
		if err := run(t.Context(), bad); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("run = %v, want %q", err, c.want)
		}
	}
}

// TestFigures prints how many signatures a second the token makes: by itself, and for a node, through the socket and
// checked.
func TestFigures(t *testing.T) {
	o := newToken(t, "es=ES256", "rs=RS256")
	start(t, o)
	r, places := ring(t, o)
	device, err := open(o.module, o.token, "1234")
	if err != nil {
		t.Fatal(err)
	}
	defer device.Close()
	for _, algorithm := range []string{"ES256", "RS256"} {
		k, err := key(device, strings.ToLower(algorithm[:2]), algorithm, false)
		if err != nil {
			t.Fatal(err)
		}
		member := keyring.Member{Key: k, Info: core.KeyInfo{ID: k.ID(), Algorithm: algorithm}}
		itself, err := keyring.NewRing([]keyring.Member{member}, []core.SigningKey{{Key: 0}})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("SoftHSM, %s: %.0f signatures a second in the signer's process, %.0f over the socket, "+
			"8 at once, each checked\n", algorithm, rate(t, itself, 0), rate(t, r, places[algorithm]))
	}
}

// rate is how many signatures a second a key makes, 8 at once.
func rate(t *testing.T, r *keyring.Ring, index int) float64 {
	t.Helper()
	const enough = 2000
	var made atomic.Int64
	var all sync.WaitGroup
	begun := time.Now()
	for range 8 {
		all.Go(func() {
			for n := made.Add(1); n <= enough; n = made.Add(1) {
				if _, err := r.Sign(t.Context(), index, fmt.Append(nil, "input ", n), nil); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	return enough / time.Since(begun).Seconds()
}
