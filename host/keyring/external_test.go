package keyring_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/host/keyring"
)

// signer is a key elsewhere that does what answer says with a signature.
type signer struct {
	crypto.Signer
	answer func([]byte, error) ([]byte, error)
}

func (s signer) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return s.answer(s.Signer.Sign(random, digest, opts))
}

// newSigner is a private key of the standard library for an algorithm.
func newSigner(t *testing.T, algorithm string) crypto.Signer {
	t.Helper()
	der, err := generateKey(t, algorithm).MarshalPrivate()
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		t.Fatal(err)
	}
	return private.(crypto.Signer)
}

// ringOf is a ring of one key that signs.
func ringOf(t *testing.T, k keyring.Key, err error) *keyring.Ring {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	r, err := keyring.NewRing([]keyring.Member{{Key: k, Info: core.KeyInfo{ID: k.ID(), Algorithm: k.Algorithm()}}},
		[]core.SigningKey{{Key: 0}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestExternal: a key elsewhere signs with each algorithm as one here does, and leaves nothing to export.
func TestExternal(t *testing.T) {
	for _, algorithm := range jws.Algorithms() {
		if strings.HasPrefix(algorithm, "HS") {
			continue
		}
		t.Run(algorithm, func(t *testing.T) {
			private := newSigner(t, algorithm)
			k, err := keyring.External(private, algorithm, "", keyring.ExternalLimits{})
			r := ringOf(t, k, err)
			here, err := keyring.NewKeyOf(algorithm, private)
			if err != nil {
				t.Fatal(err)
			}
			if k.ID() != here.ID() || !k.CanSign() || k.Symmetric() {
				t.Errorf("the key is %v and can sign: %v; want that of %v", k, k.CanSign(), here)
			}
			signature, err := r.Sign(t.Context(), 0, []byte("input"), make([]byte, core.EntropyBytes))
			if err != nil {
				t.Fatal(err)
			}
			if ok, err := ringOf(t, here, nil).Check(t.Context(), 0, []byte("input"), signature); !ok || err != nil {
				t.Errorf("Check of what it signed = %v, %v", ok, err)
			}
			again, err := r.Sign(t.Context(), 0, []byte("input"), []byte(strings.Repeat("x", core.EntropyBytes)))
			if err != nil || string(again) != string(signature) {
				t.Errorf("the same is signed differently, %v", err)
			}
			if _, err := k.MarshalPrivate(); err == nil {
				t.Error("MarshalPrivate gave something")
			}
			if _, err := r.Material(0); err == nil {
				t.Error("Material gave something")
			}
		})
	}
	if _, err := keyring.External(newSigner(t, "ES256"), "ES384", "", keyring.ExternalLimits{}); !errors.Is(err,
		jws.ErrOtherKey) {
		t.Errorf("a key for another algorithm: %v, want ErrOtherKey", err)
	}
}

// TestExternalFaults: whatever else a signer does than sign, the error is core.ErrSigner, and the fault is counted.
func TestExternalFaults(t *testing.T) {
	other := newSigner(t, "ES256")
	for name, c := range map[string]struct {
		answer func([]byte, error) ([]byte, error)
		fault  keyring.SignerFault
	}{
		"an error": {func([]byte, error) ([]byte, error) { return nil, errors.New("no such slot") }, "failed"},
		"the end of a context of its own": {func([]byte, error) ([]byte, error) {
			return nil, context.DeadlineExceeded
		}, "failed"},
		"a panic":    {func([]byte, error) ([]byte, error) { panic("a bug") }, "failed"},
		"nothing":    {func([]byte, error) ([]byte, error) { return nil, nil }, "failed"},
		"half of it": {func(b []byte, err error) ([]byte, error) { return b[:len(b)/2], err }, "failed"},
		"a bit more": {func(b []byte, err error) ([]byte, error) { return append(b, 0), err }, "failed"},
		"another key": {func([]byte, error) ([]byte, error) {
			return other.Sign(nil, make([]byte, 32), crypto.SHA256)
		}, "wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			var faults keyring.SignerFaults
			k, err := keyring.External(signer{newSigner(t, "ES256"), c.answer}, "ES256", "kms-1",
				keyring.ExternalLimits{Faults: &faults})
			r := ringOf(t, k, err)
			signature, err := r.Sign(t.Context(), 0, []byte("input"), nil)
			if !errors.Is(err, core.ErrSigner) || errors.Is(err, context.DeadlineExceeded) || signature != nil ||
				!strings.Contains(err.Error(), "key kms-1: "+string(c.fault)) {
				t.Errorf("Sign = %x, %v, want core.ErrSigner for %s", signature, err, c.fault)
			}
			for _, f := range keyring.AllSignerFaults {
				if n := faults.Count(f); (n == 1) != (f == c.fault) {
					t.Errorf("%s was counted %d times", f, n)
				}
			}
		})
	}
}

// TestExternalHangs: a signer that hangs costs each request its timeout and no more; while it has all turns others
// fail at once, and when it comes back it signs again.
func TestExternalHangs(t *testing.T) {
	const turns = 3
	var faults keyring.SignerFaults
	free := make(chan struct{})
	k, err := keyring.External(signer{newSigner(t, "ES256"), func(b []byte, err error) ([]byte, error) {
		<-free
		return b, err
	}}, "ES256", "", keyring.ExternalLimits{Timeout: 20 * time.Millisecond, InFlight: turns, Faults: &faults})
	r := ringOf(t, k, err)
	sign := func(ctx context.Context, input string) error {
		_, err := r.Sign(ctx, 0, []byte(input), nil)
		return err
	}
	var all sync.WaitGroup
	for i := range turns - 1 {
		all.Go(func() {
			if err := sign(t.Context(), fmt.Sprint(i)); !errors.Is(err, core.ErrSigner) {
				t.Errorf("a signer that hangs: %v, want core.ErrSigner", err)
			}
		})
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if err := sign(gone, "gone"); !errors.Is(err, context.Canceled) || errors.Is(err, core.ErrSigner) {
		t.Errorf("a client that is gone: %v, want context.Canceled", err)
	}
	all.Wait()
	if err := sign(t.Context(), "more"); !errors.Is(err, core.ErrSigner) {
		t.Errorf("with all turns taken: %v, want core.ErrSigner", err)
	}
	if slow, busy := faults.Count(keyring.SignerSlow), faults.Count(keyring.SignerBusy); slow != turns-1 || busy != 1 {
		t.Errorf("%d were slow and %d met no turn, want %d and 1", slow, busy, turns-1)
	}
	close(free)
	for sign(t.Context(), "free") != nil {
		if t.Context().Err() != nil {
			t.Fatal("the signer never came back")
		}
	}
}

// TestSameSignatures: requests that sign the same at once get one signature, though the key makes another each time,
// and what is remembered is bounded.
func TestSameSignatures(t *testing.T) {
	for _, make := range map[string]func() (keyring.Key, error){
		"ES256 elsewhere": func() (keyring.Key, error) {
			return keyring.External(newSigner(t, "ES256"), "ES256", "", keyring.ExternalLimits{})
		},
		"PS256 here": func() (keyring.Key, error) { return keyring.NewKeyOf("PS256", newSigner(t, "PS256")) },
	} {
		k, err := make()
		r := ringOf(t, k, err)
		var all sync.WaitGroup
		given := [8]string{}
		for i := range given {
			all.Go(func() {
				signature, err := r.Sign(t.Context(), 0, []byte("input"), []byte(strings.Repeat(fmt.Sprint(i), 32)))
				if err != nil {
					t.Error(err)
				}
				given[i] = string(signature)
			})
		}
		all.Wait()
		for _, s := range given {
			if s != given[0] {
				t.Fatalf("%v: two signatures at once differ", k)
			}
		}
	}
	s := keyring.NewSignatures()
	for i := range 100_000 {
		s.Keep([]byte(fmt.Sprint(i)), make([]byte, 64))
	}
	if n := s.Len(); n < 4_000 || n*224 > 2<<20+448 {
		t.Errorf("%d signatures are remembered", n)
	}
}
