package engine_test

import (
	"bytes"
	cryptorand "crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/engine/enginetest"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// rawHost is somebody else's host of the module that leaves signatures to its host: it has wazero's defaults, a clock
// of 2022-01-01 and the same entropy for every instance, and calls in any order.
type rawHost struct {
	t      *testing.T
	module api.Module
	layout abi.Layout
}

// rawHosts makes instances in one runtime, configured with the suite's key.
func rawHosts(t *testing.T) func() *rawHost {
	t.Helper()
	cache, err := wazero.NewCompilationCacheWithDir(compiledDir())
	if err != nil {
		t.Fatal(err)
	}
	rt := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfig().WithCompilationCache(cache))
	t.Cleanup(func() { rt.Close(t.Context()); cache.Close(t.Context()) })
	wasi_snapshot_preview1.MustInstantiate(t.Context(), rt)
	code, err := rt.CompileModule(t.Context(), enginetest.Module(t, false))
	if err != nil {
		t.Fatal(err)
	}
	config := abi.Config{Settings: core.DefaultSettings(), Set: coretest.OneKey().Set()}
	return func() *rawHost {
		m, err := rt.InstantiateModule(t.Context(), code,
			wazero.NewModuleConfig().WithName("").WithStartFunctions(abi.InitializeName))
		if err != nil {
			t.Fatal(err)
		}
		h := &rawHost{t: t, module: m}
		at, err := m.ExportedFunction(abi.LayoutName).Call(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b, _ := m.Memory().Read(uint32(at[0]), abi.LayoutBytes)
		h.layout, _ = abi.ReadLayout(b, m.Memory().Size())
		if status := h.call(abi.ConfigureName, config.Append(nil)); status != abi.StatusOK {
			t.Fatal(status)
		}
		return h
	}
}

func (h *rawHost) call(name string, message []byte) abi.Status {
	h.t.Helper()
	h.module.Memory().Write(h.layout.Input, message)
	status, err := h.module.ExportedFunction(name).Call(h.t.Context(), uint64(len(message)))
	if err != nil {
		h.t.Fatal(err)
	}
	return abi.Status(status[0])
}

// output is the output area, until the next call.
func (h *rawHost) output(size uint32) []byte {
	b, _ := h.module.Memory().Read(h.layout.Output, size)
	return b
}

// inspect gives the nonce of a token.
func (h *rawHost) inspect(token string) []byte {
	h.t.Helper()
	if status := h.call(abi.InspectName, []byte(token)); status != abi.StatusOK {
		h.t.Fatal(status)
	}
	in, ok := abi.ReadInspected(h.output(abi.InspectedBytes), len(token), 1)
	if !ok || in.Cause != 0 {
		h.t.Fatal(in, ok)
	}
	return binary.LittleEndian.AppendUint64(nil, in.Nonce)
}

// judge gives the cause for which a token is refused at a time.
func (h *rawHost) judge(token string, now time.Time) cause.Cause {
	h.t.Helper()
	j := abi.Judging{Now: now, Type: core.AccessToken}
	nonce := h.inspect(token)
	j.Nonce = binary.LittleEndian.Uint64(nonce)
	if status := h.call(abi.AcceptName, nonce); status != abi.StatusOK {
		h.t.Fatal(status)
	}
	if status := h.call(abi.JudgeName, j.Append(nil)); status != abi.StatusOK {
		h.t.Fatal(status)
	}
	c, _ := abi.ReadJudged(h.output(abi.JudgedBytes))
	return c
}

// login has the tokens of a log-in prepared, and gives what is to be signed.
func (h *rawHost) login(now time.Time, entropy []byte) ([][]byte, abi.Status) {
	customer := core.Customer{ID: core.Integer(7), UserID: core.Integer(7), Active: true}
	request := core.Request{Op: core.Login, Now: now, Entropy: entropy,
		State: core.State{Customer: customer, PasswordGood: true}}
	status := h.call(abi.PrepareName, abi.AppendRequest(nil, &request))
	if status != abi.StatusOK {
		return nil, status
	}
	answer, _ := abi.ReadFramed(h.output(h.layout.OutputSize))
	var p core.Prepared
	if !abi.ReadPrepared(answer, 1, &p) || len(p.Inputs) != 2 {
		h.t.Fatal("no pair of tokens is prepared")
	}
	return p.Inputs, status
}

// TestInterleaving: a host that inspects another token while it waits for the check of the first cannot accept the
// other one in its place.
func TestInterleaving(t *testing.T) {
	h := rawHosts(t)()
	good := coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, `{"user_id":1}`)
	forged := coretest.Sign("HS256", coretest.OtherSecret, `{"alg":"HS256"}`, `{"user_id":2}`)
	first := h.inspect(good)
	h.inspect(forged)
	if status := h.call(abi.AcceptName, first); status != abi.StatusOutOfOrder {
		t.Errorf("the nonce of the good token accepts the forged one: %v", status)
	}
	again := h.inspect(good)
	for _, want := range []abi.Status{abi.StatusOK, abi.StatusOutOfOrder} {
		if status := h.call(abi.AcceptName, again); status != want {
			t.Errorf("Accept = %v, want %v", status, want)
		}
	}
	if claims, _ := h.module.Memory().Read(h.layout.Claims, 13); string(claims) != `{"user_id":1}` {
		t.Errorf("accepted %s", claims)
	}
}

// TestWazeroDefaults: by the entropy or the clock that wazero gives a guest nothing is issued, and tokens are judged by
// the time that comes with the call.
func TestWazeroDefaults(t *testing.T) {
	fresh := rawHosts(t)
	h := fresh()
	entropy := rand.New(rand.NewSource(42)) // as wazero's internal/platform has it
	for range 3 {
		drawn := make([]byte, core.EntropyBytes)
		entropy.Read(drawn)
		if _, status := h.login(coretest.Now, drawn); status != abi.StatusFailed {
			t.Errorf("issued with entropy %x: %v", drawn, status)
		}
	}
	h = fresh()
	clock := time.Unix(1640995200, 0) // as there
	if _, status := h.login(clock, coretest.Entropy()); status != abi.StatusFailed {
		t.Errorf("issued in 2022: %v", status)
	}
	if _, status := h.login(coretest.Now, coretest.Entropy()); status != abi.StatusOK {
		t.Errorf("not issued with entropy and time that are some: %v", status)
	}
	token := coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`,
		fmt.Sprintf(`{"token_type":"access","jti":"x","exp":%d}`, coretest.Now.Unix()))
	for _, c := range []struct {
		now  time.Time
		want cause.Cause
	}{
		{coretest.Now.Add(-time.Second), cause.OK}, {coretest.Now, cause.Expired}, {clock, cause.BadClock},
	} {
		if got := h.judge(token, c.now); got != c.want {
			t.Errorf("at %v: %v, want %v", c.now, got, c.want)
		}
	}
}

// TestNoIDRepeats: fresh instances that all have the same entropy and clock of their own give no id twice. By hand:
//
//	EDGETOKEN_TEST_ISSUES=1000000 go test ./host/engine -run TestNoIDRepeats
func TestNoIDRepeats(t *testing.T) {
	const instances = 64
	total := 6400
	if by := os.Getenv("EDGETOKEN_TEST_ISSUES"); by != "" {
		var err error
		if total, err = strconv.Atoi(by); err != nil {
			t.Fatal(err)
		}
	}
	fresh := rawHosts(t)
	hosts := make([]*rawHost, instances)
	for i := range hosts {
		hosts[i] = fresh()
	}
	seen := make(map[string]bool, 2*total)
	entropy := make([]byte, core.EntropyBytes)
	for i := range total {
		cryptorand.Read(entropy)
		inputs, status := hosts[i%instances].login(time.Now(), entropy)
		if status != abi.StatusOK {
			t.Fatal(status)
		}
		for _, input := range inputs {
			_, encoded, _ := bytes.Cut(input, []byte("."))
			claims, err := base64.RawURLEncoding.DecodeString(string(encoded))
			_, after, found := bytes.Cut(claims, []byte(`"jti":"`))
			if err != nil || !found || seen[string(after[:32])] {
				t.Fatalf("token %d: %s, and this id is not new", i, claims)
			}
			seen[string(after[:32])] = true
		}
	}
}
