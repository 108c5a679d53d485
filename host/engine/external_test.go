package engine_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/engine/enginetest"
	"github.com/edgetoken/edgetoken/host/keyring"
)

// slowSigner is a key elsewhere that says when it is asked, and waits until it may sign.
type slowSigner struct {
	crypto.Signer
	asked chan struct{}
	may   chan struct{}
}

func (s slowSigner) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	s.asked <- struct{}{}
	<-s.may
	return s.Signer.Sign(random, digest, opts)
}

func newPrivate(t *testing.T) crypto.Signer {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return private
}

// elsewhere is a ring whose key is elsewhere.
func elsewhere(t *testing.T, s crypto.Signer) *keyring.Ring {
	t.Helper()
	key, err := keyring.External(s, "ES256", "kms", keyring.ExternalLimits{Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	member := keyring.Member{Key: key, Info: core.KeyInfo{ID: "kms", Algorithm: "ES256"}}
	keys, err := keyring.NewRing([]keyring.Member{member}, []core.SigningKey{{Key: 0}})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// TestSlowSignerHoldsNoInstance: while a signer elsewhere takes its time, the only instance of the module serves
// others. Nothing of the request that waited is mixed up with theirs.
func TestSlowSignerHoldsNoInstance(t *testing.T) {
	slow := slowSigner{newPrivate(t), make(chan struct{}, 8), make(chan struct{})}
	e := newEngine(t, engine.Config{Settings: core.DefaultSettings(), Keys: elsewhere(t, slow), MaxInstances: 1})

	type made struct {
		core.Outcome
		error
	}
	first := make(chan made, 1)
	go func() {
		customer := core.Customer{ID: core.Integer(7), UserID: core.Integer(7), Active: true}
		o, err := e.Decide(t.Context(), core.Request{Op: core.Login, Now: time.Unix(1_800_000_000, 0),
			Entropy: coretest.Entropy(), State: core.State{Customer: customer, PasswordGood: true}})
		first <- made{o, err}
	}()
	<-slow.asked
	// The signer has the first token now. The one instance opens others meanwhile.
	var o core.Opened
	for range 3 {
		if err := e.Open(t.Context(), []byte("no token"), &o); err != nil || o.Cause != cause.Malformed {
			t.Errorf("Open while the signer works = %v, %v, want malformed", o.Cause, err)
		}
	}
	close(slow.may)
	m := <-first
	if m.error != nil || len(m.Tokens) != 2 {
		t.Fatalf("the log-in = %v, %v, want two tokens", m.Outcome, m.error)
	}
	for _, token := range m.Tokens {
		if err := e.Open(t.Context(), []byte(token.Value), &o); err != nil || o.Cause != cause.OK {
			t.Errorf("its %v = %v, %v", token.Type, o.Cause, err)
		}
	}
}

// TestSelfContainedRefusesKeysElsewhere: a module that signs by itself cannot have a key that is elsewhere.
func TestSelfContainedRefusesKeysElsewhere(t *testing.T) {
	_, err := engine.New(t.Context(), engine.Config{Settings: core.DefaultSettings(),
		Keys: elsewhere(t, newPrivate(t)), SelfContained: true, Module: enginetest.Module(t, true), CacheDir: cacheDir})
	if err == nil || !strings.Contains(err.Error(), "signs elsewhere") || errors.Is(err, core.ErrSigner) {
		t.Errorf("New = %v, want an error that says where the key is", err)
	}
}
