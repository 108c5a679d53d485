package envoy

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// figure is a line of envoy.figures.jsonl: testdata/hosts/README.md has the form.
type figure struct {
	Host        string  `json:"host"`
	What        string  `json:"what"`
	Version     string  `json:"version,omitempty"`
	Algorithm   string  `json:"alg,omitempty"`
	Case        string  `json:"case,omitempty"`
	CPU         float64 `json:"us_cpu,omitempty"`
	PerSecond   float64 `json:"per_second,omitempty"`
	ColdStartMS float64 `json:"cold_start_ms,omitempty"`
	MemoryMB    int     `json:"memory_mb,omitempty"`
}

const rounds = 5

// TestFigures measures the CPU time of Envoy for a request: without a filter, with jwt_authn and with ours.
func TestFigures(t *testing.T) {
	if os.Getenv("EDGETOKEN_HOSTS_FIGURES") == "" {
		t.Skip("EDGETOKEN_HOSTS_FIGURES is not set")
	}
	var lines []figure
	add := func(f figure) {
		f.Host = "envoy"
		lines = append(lines, f)
	}
	add(figure{What: "host", Version: "Envoy 1.40.0"})

	signers := map[string]*signer{}
	listeners := []listener{{port: 10000}}
	algorithms := []string{"HS256", "ES256", "EdDSA"}
	ours, native := map[string]listener{}, map[string]listener{}
	for i, algorithm := range algorithms {
		s := newSigner(t, algorithm)
		signers[algorithm] = s
		ours[algorithm] = listener{port: 10010 + i, filter: ofEdgetoken(algorithm, everywhere(s.jwk))}
		native[algorithm] = listener{port: 10020 + i, filter: ofJwtAuthn(`{"keys": [` + s.jwk + `]}`)}
		listeners = append(listeners, ours[algorithm], native[algorithm])
	}

	// One start with each filter alone.
	starts := map[string]listener{"none": listeners[0], "repeated": ours["ES256"], "jwt_authn": native["ES256"]}
	for name, l := range starts {
		t.Run("start "+name, func(t *testing.T) {
			e := start(t, configured(t, l), module(t, ""), 1)
			token := signers["ES256"].token(t, nil)
			await(t, 200, time.Minute, l.url(), "Authorization", bearer(token))
			f := figure{What: "start", Case: name, ColdStartMS: float64(time.Since(e.started).Milliseconds())}
			send(t, l, []string{token}, 1000)
			f.MemoryMB = e.memory(t)
			add(f)
		})
	}

	e := start(t, configured(t, listeners...), module(t, ""), 1)
	median := map[string]float64{}
	measure := func(algorithm, name string, l listener, tokens []string, requests int) float64 {
		before := e.cpu(t)
		send(t, l, tokens, requests)
		us := float64((e.cpu(t) - before).Microseconds()) / float64(requests)
		add(figure{What: "request", Algorithm: algorithm, Case: name, CPU: us, PerSecond: 1e6 / us})
		return us
	}
	measured := map[string][]float64{}
	for round := range rounds + 1 { // the first one is for warming up
		kept := len(lines)
		for _, algorithm := range algorithms {
			one := []string{signers[algorithm].token(t, nil)}
			fresh := make([]string, 5000)
			for i := range fresh {
				fresh[i] = signers[algorithm].token(t, nil)
			}
			set := func(name string, l listener, tokens []string, requests int) {
				key := algorithm + " " + name
				us := measure(algorithm, name, l, tokens, requests)
				if round > 0 {
					measured[key] = append(measured[key], us)
				}
			}
			set("none", listeners[0], one, 20000)
			set("jwt_authn", native[algorithm], one, 20000)
			set("repeated", ours[algorithm], one, 20000)
			switch algorithm {
			case "ES256":
				set("helped", ours[algorithm], fresh, len(fresh))
			case "EdDSA":
				set("first", ours[algorithm], fresh[:2000], 2000)
			}
		}
		if round == 0 {
			lines = lines[:kept]
		}
	}
	for key, list := range measured {
		slices.Sort(list)
		median[key] = list[len(list)/2]
	}
	for _, key := range slices.Sorted(func(yield func(string) bool) {
		for key := range median {
			if !yield(key) {
				return
			}
		}
	}) {
		t.Logf("%-16s %6.1f µs of CPU time a request", key, median[key])
	}
	for _, bound := range []struct {
		algorithm string
		most      float64
	}{{"HS256", 1.2}, {"ES256", 0.5}} {
		ratio := median[bound.algorithm+" repeated"] / median[bound.algorithm+" jwt_authn"]
		t.Logf("%s repeated: %.2f × jwt_authn, at most %.1f wanted", bound.algorithm, ratio, bound.most)
	}
	write(t, "envoy.figures.jsonl", lines)
}

// send sends requests with tokens, one after the other, over some connections; each must pass.
func send(t *testing.T, l listener, tokens []string, requests int) {
	t.Helper()
	const connections = 8
	var group sync.WaitGroup
	for c := range connections {
		group.Go(func() {
			for i := c; i < requests && !t.Failed(); i += connections {
				a, err := ask(l.url(), "Authorization", bearer(tokens[i%len(tokens)]))
				if err != nil || a.status != 200 {
					t.Errorf("%d %s %v", a.status, a.body, err)
				}
			}
		})
	}
	group.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// write writes lines of JSON to a file in the folder that EDGETOKEN_HOSTS_OUT names, if it does.
func write[T any](t *testing.T, name string, lines []T) {
	t.Helper()
	dir := os.Getenv("EDGETOKEN_HOSTS_OUT")
	if dir == "" {
		return
	}
	file, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	out := json.NewEncoder(file)
	out.SetEscapeHTML(false)
	for _, line := range lines {
		if err := out.Encode(line); err != nil {
			t.Fatal(err)
		}
	}
}
