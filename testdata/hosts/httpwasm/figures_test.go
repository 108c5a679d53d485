package httpwasm_test

import (
	"context"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/http-wasm/http-wasm-host-go/handler"
	wasm "github.com/http-wasm/http-wasm-host-go/handler/nethttp"
	"github.com/tetratelabs/wazero"

	"github.com/edgetoken/edgetoken/core/coretest"
)

// figure is a line of http-wasm.figures.jsonl: ../README.md says what it means.
type figure struct {
	Host      string  `json:"host"`
	What      string  `json:"what"`
	Version   string  `json:"version,omitempty"`
	Alg       string  `json:"alg,omitempty"`
	Case      string  `json:"case,omitempty"`
	CPU       float64 `json:"us_cpu,omitempty"`
	PerSecond float64 `json:"per_second,omitempty"`
	ColdStart float64 `json:"cold_start_ms,omitempty"`
	Memory    float64 `json:"memory_mb,omitempty"`
}

const (
	rounds  = 3
	measure = 600 * time.Millisecond
	fresh   = 3000 // tokens that were not seen before: less than the plug-in remembers, so that it forgets none
)

// TestFigures measures whole requests in one process, beside golang-jwt there.
func TestFigures(t *testing.T) {
	if os.Getenv("EDGETOKEN_HOSTS_FIGURES") == "" {
		t.Skip("EDGETOKEN_HOSTS_FIGURES is not set")
	}
	figures := []figure{{What: "host", Version: "http-wasm-host-go 0.7.0 with wazero 1.12.0"}}
	for range rounds {
		figures = append(figures, requests("", "none", service, []string{""}, true))
		for _, algorithm := range []string{"HS256", "ES256", "EdDSA"} {
			n := newNode(t, algorithm)
			tokens := make([]string, fresh)
			for i := range tokens {
				tokens[i] = n.token(t, int64(i), time.Now().Add(time.Hour), "")
			}
			h := open(t, released(t), n.static(t), "")
			figures = append(figures,
				requests(algorithm, "first", h, tokens, false),
				requests(algorithm, "repeated", h, tokens[:1], true),
				requests(algorithm, "golang-jwt", withGolangJWT(n.key), tokens[:1], true))
		}
		for _, name := range []string{"none", "first", "golang-jwt"} {
			figures = append(figures, started(t, name))
		}
	}
	var lines []byte
	for _, f := range figures {
		f.Host = "http-wasm"
		line, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s", line)
		lines = append(append(lines, line...), '\n')
	}
	write(t, "http-wasm.figures.jsonl", lines)
}

// static is a configuration with the node's key.
func (n *node) static(t testing.TB) string {
	t.Helper()
	key := ""
	if secret, ok := n.key.Raw.([]byte); ok {
		key = `{"kty":"oct","kid":"k1","alg":"` + n.key.Info.Algorithm + `","k":"` +
			base64.RawURLEncoding.EncodeToString(secret) + `"}`
	} else {
		key = public(t, n.key)
	}
	return `{"policy":{"jwks":{"keys":[` + key + `]}},"rules":[{"path":"/","require":"token"}]}`
}

// requests measures requests with tokens one after another: each once, or again and again.
func requests(algorithm, name string, h http.Handler, tokens []string, again bool) figure {
	var n int
	send := func(token string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			panic(fmt.Sprint(algorithm, " ", name, ": ", w.Code, " ", w.Body))
		}
		n++
	}
	warm := len(tokens) / 10
	for i := range max(warm, 50) {
		send(tokens[min(i, warm)])
	}
	n = 0
	begin, cpu := time.Now(), cpuTime()
	for i := warm; i < len(tokens) || again; i++ {
		if again {
			i = 0
		}
		if send(tokens[i]); time.Since(begin) > measure {
			break
		}
	}
	each := float64((cpuTime() - cpu).Nanoseconds()) / 1e3 / float64(n)
	return figure{What: "request", Alg: algorithm, Case: name, CPU: each, PerSecond: 1e6 / each}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// withGolangJWT is the service behind golang-jwt.
func withGolangJWT(k coretest.OneOf) http.Handler {
	var key any = k.Raw
	if pair, ok := k.Raw.(crypto.Signer); ok {
		key = pair.Public()
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{k.Info.Algorithm}), jwt.WithExpirationRequired())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, err := parser.Parse(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "),
			func(*jwt.Token) (any, error) { return key, nil })
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		claims := token.Claims.(jwt.MapClaims)
		if claims["token_type"] != "access" {
			http.Error(w, "another type", http.StatusUnauthorized)
			return
		}
		r.Header.Set("X-User-Id", fmt.Sprint(claims["user_id"]))
		service(w, r)
	})
}

// started is what a start takes in a process of its own, which is this test once more.
func started(t *testing.T, name string) (f figure) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestStart$", "-test.v")
	child.Env = append(os.Environ(), "EDGETOKEN_HOSTS_START="+name)
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	_, line, _ := strings.Cut(string(out), "start: ")
	if _, err := fmt.Sscan(line, &f.ColdStart, &f.Memory); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	f.What, f.Case = "start", name
	return f
}

// TestStart says how long the first verdict takes and what is resident after a thousand.
func TestStart(t *testing.T) {
	name := os.Getenv("EDGETOKEN_HOSTS_START")
	if name == "" {
		t.Skip("part of TestFigures")
	}
	n := newNode(t, "ES256")
	token := n.token(t, 7, time.Now().Add(time.Hour), "")
	module := released(t)
	begin := time.Now()
	h := http.Handler(service)
	switch name {
	case "first":
		ctx := context.Background()
		mc := wazero.NewModuleConfig().WithSysWalltime().WithStartFunctions("_start", "_initialize")
		plugin, err := wasm.NewMiddleware(ctx, module, handler.GuestConfig([]byte(n.static(t))),
			handler.ModuleConfig(mc))
		if err != nil {
			t.Fatal(err)
		}
		h = plugin.NewHandler(ctx, service)
	case "golang-jwt":
		h = withGolangJWT(n.key)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	h.ServeHTTP(httptest.NewRecorder(), r)
	cold := time.Since(begin)
	for range 1000 {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip(err)
	}
	var resident float64
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	if _, err := fmt.Sscan(after, &resident); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("start: %.3f %.1f\n", float64(cold.Microseconds())/1e3, resident/1024)
}
