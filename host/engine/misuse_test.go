package engine_test

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/core/strictjson"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/engine/enginetest"
	"github.com/tetratelabs/wazero"
)

// slowKeys are keys whose Check waits, and whose answers may be errors.
type slowKeys struct {
	*coretest.HMACKeys
	entered, release chan struct{}
	err              error
}

func (k slowKeys) Check(ctx context.Context, key int, input, signature []byte) (bool, error) {
	if k.entered != nil {
		k.entered <- struct{}{}
		<-k.release
	}
	if k.err != nil {
		return false, k.err
	}
	return k.HMACKeys.Check(ctx, key, input, signature)
}

func (k slowKeys) Sign(ctx context.Context, key int, input, entropy []byte) ([]byte, error) {
	if k.err != nil {
		return nil, k.err
	}
	return k.HMACKeys.Sign(ctx, key, input, entropy)
}

var goodToken = coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, `{"exp":1}`)

// Whoever waits for an instance goes away with his context; the call in flight and the engine stay whole.
func TestContextWhileWaiting(t *testing.T) {
	keys := slowKeys{coretest.OneKey(), make(chan struct{}), make(chan struct{}), nil}
	e := newEngine(t, engine.Config{Settings: core.DefaultSettings(), Keys: keys, MaxInstances: 1})
	done := make(chan error)
	go func() {
		_, err := opened(context.Background(), e, []byte(goodToken))
		done <- err
	}()
	<-keys.entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := opened(ctx, e, []byte(goodToken)); !errors.Is(err, context.Canceled) {
		t.Errorf("Open() with an ended context while all instances are in use = %v", err)
	}
	close(keys.release)
	if err := <-done; err != nil {
		t.Errorf("the call in flight = %v", err)
	}
}

// Close waits for calls in flight, as long as its context lets it; it may be called by many and again.
func TestClose(t *testing.T) {
	keys := slowKeys{coretest.OneKey(), make(chan struct{}), make(chan struct{}), nil}
	e, err := engine.New(t.Context(), engine.Config{
		Settings: core.DefaultSettings(), Keys: keys, MaxInstances: 1, Module: enginetest.Module(t,
			false), CacheDir: cacheDir,
	})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := opened(context.Background(), e, []byte(goodToken))
		done <- err
	}()
	<-keys.entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Close(ctx); err == nil || !strings.Contains(err.Error(), "in flight") {
		t.Errorf("Close() with an ended context during a call = %v", err)
	}
	close(keys.release)
	if err := <-done; err != nil {
		t.Errorf("the call in flight = %v", err)
	}

	idle, err := engine.New(t.Context(), engine.Config{
		Settings: core.DefaultSettings(), Keys: coretest.OneKey(), Module: enginetest.Module(t,
			false), CacheDir: cacheDir,
	})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := idle.Close(context.Background()); err != nil {
				t.Errorf("Close() = %v", err)
			}
		})
	}
	wg.Wait()
}

// What keys cannot do is an error of the call and breaks no instance.
func TestKeysFail(t *testing.T) {
	cause := errors.New("the KMS is away")
	e := newEngine(t, engine.Config{Settings: core.DefaultSettings(),
		Keys: slowKeys{coretest.OneKey(), nil, nil, cause}})
	if _, err := opened(t.Context(), e, []byte(goodToken)); !errors.Is(err, cause) {
		t.Errorf("Open() = %v, want %v", err, cause)
	}
	if _, _, err := e.Issue(t.Context(), core.Customer{ID: core.Integer(1), UserID: core.Integer(1), Active: true},
		nil); !errors.Is(err, cause) {
		t.Errorf("Issue() = %v, want %v", err, cause)
	}
	if n := e.Instances(); n != 1 {
		t.Errorf("%d instances are alive, want the first", n)
	}
}

// One caller after another needs no more than one instance.
func TestPoolReusesBeforeItMakes(t *testing.T) {
	e := newEngine(t, engine.Config{MaxInstances: 8})
	for range 20 {
		if _, err := opened(t.Context(), e, []byte(goodToken)); err != nil {
			t.Fatal(err)
		}
	}
	if n := e.Instances(); n != 1 {
		t.Errorf("%d instances are alive after calls one by one, want 1", n)
	}
}

// A guest that refuses a token and gives claims nonetheless is not believed: another instance is asked, which takes
// the token.
func TestRefusalWithClaims(t *testing.T) {
	e := newEngine(t, engine.Config{SelfContained: true, MaxInstances: 2})
	claims := []byte(`{"exp":1}`)
	for _, c := range []struct {
		name string
		lie  core.Opened
		want cause.Cause
	}{
		{"a refusal with claims", core.Opened{Cause: cause.BadClaims, Claims: claims}, cause.OK},
		{"a refusal with a place of a claim",
			core.Opened{Cause: cause.BadClaims,
				Places: core.Places{ExpiresAt: strictjson.Value{Form: strictjson.Number, Start: 7, End: 8}}}, cause.OK},
		{"a refusal", core.Opened{Cause: cause.BadClaims}, cause.BadClaims},
	} {
		if _, err := opened(t.Context(), e, []byte(goodToken)); err != nil {
			t.Fatal(err)
		}
		e.Answer(abi.AppendOpened(nil, &c.lie))
		if o, err := opened(t.Context(), e, []byte(goodToken)); err != nil || o.Cause != c.want {
			t.Errorf("%s: Open() = %v, %v; want %v", c.name, o.Cause, err, c.want)
		}
	}
}

// A key set that changes between reading and judging does not change whose token it is.
func TestKeysChangeBetween(t *testing.T) {
	ours := coretest.HMACKey{KeyInfo: core.KeyInfo{ID: "ours", Algorithm: "HS256"}, Secret: coretest.Secret}
	theirs := coretest.HMACKey{KeyInfo: core.KeyInfo{ID: "theirs", Algorithm: "HS256",
		Issuer: "https://partner.example"}, Secret: coretest.OtherSecret}
	token := coretest.Sign("HS256", coretest.OtherSecret, `{"alg":"HS256","kid":"theirs"}`,
		`{"token_type":"refresh","exp":4102444800,"jti":"x","user_id":"7"}`)
	for _, name := range []string{"wasm", "wasm-full"} {
		e := with(t, shared(t, name), core.DefaultSettings(), coretest.NewHMACKeys(1, ours, theirs))
		o, err := opened(t.Context(), e, []byte(token))
		if err != nil || o.Cause != cause.OK {
			t.Fatal(o.Cause, err)
		}
		for _, keys := range []core.Keys{coretest.NewHMACKeys(2, theirs, ours), coretest.NewHMACKeys(3, ours)} {
			outcome, err := with(t, e, core.DefaultSettings(), keys).Decide(t.Context(), core.Request{
				Op: core.Refresh, Opened: o, Now: coretest.Now, Entropy: coretest.Entropy(),
				State: core.State{Customer: core.Customer{ID: core.Integer(7), UserID: core.Integer(7), Active: true}},
			})
			if err != nil || !outcome.Refused() || outcome.Effects.Reads.Family.Issuer != theirs.Issuer {
				t.Errorf("Decide() = %+v, %v; want a refusal, and the family of %s", outcome, err, theirs.Issuer)
			}
		}
	}
}

// TestSameEntropyTwice: one that is given again writes no tokens.
func TestSameEntropyTwice(t *testing.T) {
	e := newEngine(t, engine.Config{Settings: core.DefaultSettings(), Keys: coretest.OneKey(), MaxInstances: 1,
		Rand: strings.NewReader(strings.Repeat(string(coretest.Entropy()), 2))})
	customer := core.Customer{ID: core.Integer(7), UserID: core.Integer(7), Active: true}
	for _, want := range []error{nil, core.ErrEntropy} {
		if _, _, err := e.Issue(t.Context(), customer, nil); !errors.Is(err, want) {
			t.Errorf("Issue() = %v, want %v", err, want)
		}
	}
}

// hollow is a module that New takes and that compiles at once: it has our exports and memory, and nothing in them.
var hollow = wasmModule(abi.Version, abi.Split, []byte{
	0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0, 9, 0, 0, 0, 1, 0, // the example of abi.Layout
})

// wasmModule is a module with memory for our areas and a layout, whose exports all give 0.
func wasmModule(version byte, exports []abi.Export, layout []byte) []byte {
	const layoutAt = 16
	section := func(id byte, content []byte) []byte {
		return append(append([]byte{id}, leb(len(content))...), content...)
	}
	b := []byte("\x00asm\x01\x00\x00\x00")
	b = append(b, section(1, []byte{4, 0x60, 0, 0, 0x60, 0, 1, 0x7f, 0x60, 1, 0x7f, 1, 0x7f,
		0x60, 2, 0x7f, 0x7f, 1, 0x7f})...) // types: ()→(), ()→i32, i32→i32, (i32, i32)→i32
	functions, code := []byte{}, []byte{}
	names := append([]abi.Export{{Name: abi.InitializeName, Params: -1}, {Name: abi.VersionName},
		{Name: abi.LayoutName}}, exports...)
	var exported []byte
	for i, x := range names {
		functions = append(functions, byte(x.Params+1))
		body := []byte{0, 0x0b}
		if x.Params >= 0 {
			body = []byte{0, 0x41, map[string]byte{abi.VersionName: version, abi.LayoutName: layoutAt}[x.Name], 0x0b}
		}
		code = append(append(code, byte(len(body))), body...)
		exported = append(append(append(exported, leb(len(x.Name))...), x.Name...), 0, byte(i))
	}
	b = append(b, section(3, append([]byte{byte(len(names))}, functions...))...)
	b = append(b, section(5, []byte{1, 0, 10})...) // ten pages of memory
	exported = append(append(exported, 6), "memory"...)
	b = append(b, section(7, append([]byte{byte(len(names) + 1)}, append(exported, 2, 0)...))...)
	b = append(b, section(10, append([]byte{byte(len(names))}, code...))...)
	return append(b, section(11, append([]byte{1, 0, 0x41, layoutAt, 0x0b, byte(len(layout))}, layout...))...)
}

func leb(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) }

func TestNewRefusesAModuleLikeOurs(t *testing.T) {
	wrongSignature := append([]abi.Export(nil), abi.Split...)
	wrongSignature[1].Params = 0
	for _, c := range []struct {
		name   string
		module []byte
		want   string
	}{
		{"another version", wasmModule(abi.Version+1, abi.Split, nil), "speaks ABI version"},
		{"another signature", wasmModule(abi.Version, wrongSignature, nil),
			"its export edgetoken_inspect has another signature"},
		{"a layout of zeros", wasmModule(abi.Version, abi.Split, nil), "layout"},
	} {
		_, err := engine.New(t.Context(), engine.Config{Settings: core.DefaultSettings(), Keys: coretest.OneKey(),
			Module: c.module})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: New() = %v, want %q", c.name, err, c.want)
		}
	}
	_, err := engine.New(t.Context(), engine.Config{Settings: core.DefaultSettings(), Keys: coretest.NewHMACKeys(1),
		Module: enginetest.Module(t, false), CacheDir: cacheDir})
	if err == nil || !strings.Contains(err.Error(), "KeySet.Signing") {
		t.Errorf("New() with a key set that signs with no key = %v", err)
	}
}

func TestClosedRuntime(t *testing.T) {
	rt := wazero.NewRuntime(t.Context())
	if err := rt.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := engine.New(t.Context(), engine.Config{
		Settings: core.DefaultSettings(), Keys: coretest.OneKey(), Module: enginetest.Module(t, false), Runtime: rt,
	})
	if err == nil || !strings.Contains(err.Error(), "was closed") {
		t.Errorf("New() on a closed runtime = %v", err)
	}
}

func TestRefreshNeedsState(t *testing.T) {
	if _, err := shared(t, "wasm").Refresh(t.Context(), goodToken, nil); err == nil ||
		!strings.Contains(err.Error(), "state function") {
		t.Errorf("Refresh() without a state function = %v", err)
	}
}
