// Package coretest holds the one behaviour suite of core.Engine. Run it for an engine of your own:
//
//	func TestEngine(t *testing.T) {
//		coretest.Run(t, func(t *testing.T, s core.Settings, keys core.Keys) core.Engine { … })
//	}
//
// Every case is exact: the same token, settings, state, time and entropy give the same bytes everywhere.
package coretest

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/jws"
)

// NewEngine makes the engine under test. It may use t.Cleanup.
type NewEngine func(t *testing.T, s core.Settings, keys core.Keys) core.Engine

// Run runs the suite.
func Run(t *testing.T, newEngine NewEngine) {
	t.Run("Open", func(t *testing.T) { testOpen(t, newEngine) })
	t.Run("Families", func(t *testing.T) { testFamilies(t, newEngine) })
	t.Run("Decide", func(t *testing.T) { testDecide(t, newEngine) })
	t.Run("Revoke", func(t *testing.T) { testRevoke(t, newEngine) })
	t.Run("Window", func(t *testing.T) { testWindow(t, newEngine) })
	t.Run("Issue", func(t *testing.T) { testIssue(t, newEngine) })
	t.Run("Algorithms", func(t *testing.T) { testAlgorithms(t, newEngine) })
	t.Run("Names", func(t *testing.T) { testNames(t, newEngine) })
	t.Run("Keys", func(t *testing.T) { testKeys(t, newEngine) })
	t.Run("KeyEnds", func(t *testing.T) { testKeyEnds(t, newEngine, true) })
	t.Run("KeyLife", func(t *testing.T) { testKeyLife(t, newEngine) })
	t.Run("SigningEnds", func(t *testing.T) { testSigningEnds(t, newEngine) })
	t.Run("TakesOver", func(t *testing.T) { testTakesOver(t, newEngine) })
	t.Run("Clock", func(t *testing.T) { testClock(t, newEngine) })
	t.Run("Attacks", func(t *testing.T) { testAttacks(t, newEngine) })
	t.Run("Bounds", func(t *testing.T) { testBounds(t, newEngine) })
	t.Run("Misuse", func(t *testing.T) { testMisuse(t, newEngine) })
}

// RunReading runs the part of the suite for engines that read tokens and write none.
func RunReading(t *testing.T, newEngine NewEngine) {
	t.Run("Open", func(t *testing.T) { testOpen(t, newEngine) })
	t.Run("Families", func(t *testing.T) { testFamilies(t, newEngine) })
	t.Run("Names", func(t *testing.T) { testNames(t, newEngine) })
	t.Run("KeyEnds", func(t *testing.T) { testKeyEnds(t, newEngine, false) })
	t.Run("KeyLife", func(t *testing.T) { testKeyLife(t, newEngine) })
	t.Run("Attacks", func(t *testing.T) { testAttacks(t, newEngine) })
	t.Run("Bounds", func(t *testing.T) { testBounds(t, newEngine) })
}

// Now is the time of all cases: 2026-06-01T12:00:00.25Z.
var Now = time.Date(2026, 6, 1, 12, 0, 0, 250_000_000, time.UTC)

// entropy is that of all signatures which the suite makes.
const entropy = "0123456789abcdefghijklmnopqrstuv"

// Entropy is fresh entropy that gives the same ids at every call: it differs in bytes of which no id is made.
func Entropy() []byte {
	b := []byte(entropy)
	binary.BigEndian.PutUint32(b[12:], drawn.Add(1))
	return b
}

var drawn atomic.Uint32

// Secret and OtherSecret are HMAC secrets; the suite's keys use the first.
const (
	Secret      = "a secret of sixty-four bytes, long enough for every HMAC of JWA."
	OtherSecret = "another secret of 64 bytes, which the engine under test has not."
)

// HMACKey is one key of HMACKeys.
type HMACKey struct {
	core.KeyInfo
	Secret string
}

// HMACKeys are keys for tests; they implement core.Keys and core.KeyMaterial.
type HMACKeys struct {
	set  core.KeySet
	keys []*jws.Key
}

// NewHMACKeys makes a key set with the given epoch whose first key signs.
func NewHMACKeys(epoch uint64, keys ...HMACKey) *HMACKeys {
	h := &HMACKeys{set: core.KeySet{Epoch: epoch, Signing: []core.SigningKey{{}}}}
	for _, k := range keys {
		key, err := jws.NewKey(k.Algorithm, []byte(k.Secret))
		if err != nil {
			panic("coretest: " + err.Error())
		}
		h.keys = append(h.keys, key)
		h.set.Keys = append(h.set.Keys, k.KeyInfo)
	}
	return h
}

// OneKey is a configured SIGNING_KEY: HS256 with Secret, which answers any kid.
func OneKey() *HMACKeys {
	return NewHMACKeys(1, HMACKey{core.KeyInfo{Algorithm: "HS256", Default: true, AnyID: true}, Secret})
}

func (h *HMACKeys) Set() core.KeySet { return h.set }

func (h *HMACKeys) Check(_ context.Context, key int, input, signature []byte) (bool, error) {
	return h.keys[key].Check(input, signature), nil
}

func (h *HMACKeys) Sign(_ context.Context, key int, input, entropy []byte) ([]byte, error) {
	return h.keys[key].Sign(input, entropy)
}

func (h *HMACKeys) Material(key int) ([]byte, error) { return h.keys[key].Material() }

// Sign makes a token from the texts of a header and claims.
func Sign(alg, secret, header, claims string) string {
	return signInput(alg, secret, encode(header)+"."+encode(claims))
}

// signInput makes a token from a signing input.
func signInput(alg, secret, input string) string {
	key, err := jws.NewKey(alg, []byte(secret))
	if err != nil {
		panic("coretest: " + err.Error())
	}
	signature, err := key.Sign([]byte(input), nil)
	if err != nil {
		panic("coretest: " + err.Error())
	}
	return input + "." + encode(string(signature))
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// token signs claims with the suite's key and the usual header.
func token(claims string) string {
	return Sign("HS256", Secret, `{"alg":"HS256","typ":"JWT"}`, claims)
}

// settings are the defaults, changed by change.
func settings(change func(*core.Settings)) core.Settings {
	s := core.DefaultSettings()
	if change != nil {
		change(&s)
	}
	return s
}

func open(t *testing.T, e core.Engine, token string) core.Opened {
	t.Helper()
	var o core.Opened
	if err := e.Open(t.Context(), []byte(token), &o); err != nil {
		t.Fatalf("Open(%.60q) = %v", token, err)
	}
	return o
}

func decide(t *testing.T, e core.Engine, req core.Request) core.Outcome {
	t.Helper()
	o, err := e.Decide(t.Context(), req)
	if err != nil {
		t.Fatalf("Decide(op %d) = %v", req.Op, err)
	}
	return o
}

// claimsOf is the claims part of a token, decoded.
func claimsOf(t *testing.T, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q has %d parts, want 3", token, len(parts))
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatalf("claims of %q: %v", token, err)
	}
	return string(b)
}
