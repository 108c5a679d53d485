package httpwasm_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestTraefik is TestConfiguration and TestBundle in a real Traefik, by the files of wasm/httpwasm/traefik as they
// stand, with fetch-bundle. ../traefik/run has the program built and names it.
func TestTraefik(t *testing.T) {
	program := os.Getenv("EDGETOKEN_TRAEFIK")
	if program == "" {
		t.Skip("EDGETOKEN_TRAEFIK names no Traefik: ../traefik/run builds one")
	}
	n, folder := newNode(t, "ES256"), t.TempDir()
	plugin := filepath.Join(folder, "plugins-local", "src", "github.com", "edgetoken", "edgetoken")
	for to, from := range map[string]string{
		filepath.Join(folder, "traefik.yml"):              "../../../wasm/httpwasm/traefik/traefik.yml",
		filepath.Join(folder, "dynamic", "edgetoken.yml"): "../../../wasm/httpwasm/traefik/dynamic/edgetoken.yml",
		filepath.Join(plugin, ".traefik.yml"):             "../../../wasm/httpwasm/.traefik.yml",
		filepath.Join(plugin, "edgetoken-httpwasm.wasm"):  "../../../dist/edgetoken-httpwasm.wasm",
	} {
		content, err := os.ReadFile(from)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(to), 0o755)
		}
		if err == nil {
			err = os.WriteFile(to, content, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "edgetoken"), 0o755); err != nil {
		t.Fatal(err)
	}
	origin := httptest.NewServer(http.FileServer(http.Dir(n.folder)))
	defer origin.Close()
	file := filepath.Join(folder, "edgetoken", "bundle.jws")
	run(t, exec.Command("../../../wasm/httpwasm/fetch-bundle", origin.URL+"/bundle.jws", file, "1"))
	listener, err := net.Listen("tcp", "127.0.0.1:3000")
	if err != nil {
		t.Fatal(err)
	}
	behind := &httptest.Server{Listener: listener, Config: &http.Server{Handler: service}}
	behind.Start()
	defer behind.Close()
	traefik := exec.Command(program, "--configFile=traefik.yml")
	traefik.Dir, traefik.Env = folder, append(os.Environ(), "BUNDLE_ROOT="+public(t, n.root))
	run(t, traefik)
	for end := time.Now().Add(5 * time.Minute); sent(t, "/").Code != 401; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("Traefik is not there after five minutes")
		}
	}
	ask := func(target string, headers ...string) *httptest.ResponseRecorder { return sent(t, target, headers...) }
	n.revokes(t, ask)
	n.publish(t, time.Hour)
	time.Sleep(5 * time.Second) // each instance looks once a second
	n.configured(t, ask)
}

// run runs a program until the test ends.
func run(t *testing.T, program *exec.Cmd) {
	t.Helper()
	program.Stdout, program.Stderr = os.Stderr, os.Stderr
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = program.Process.Kill()
		_ = program.Wait()
	})
}

// sent sends a request to Traefik as it is spelt. Without an answer the status is 0.
func sent(t *testing.T, target string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	answer := &httptest.ResponseRecorder{}
	c, err := net.Dial("tcp", "127.0.0.1:8080")
	if err != nil {
		return answer
	}
	defer c.Close()
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: localhost:8080\r\n", target)
	for _, line := range headers {
		fmt.Fprintf(c, "%s\r\n", line)
	}
	fmt.Fprint(c, "Connection: close\r\n\r\n")
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return answer
	}
	defer r.Body.Close()
	answer = httptest.NewRecorder()
	for name, values := range r.Header {
		answer.Header()[name] = values
	}
	answer.WriteHeader(r.StatusCode)
	if _, err := io.Copy(answer, r.Body); err != nil {
		t.Error(err)
	}
	return answer
}
