package kit_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/verify"
	"github.com/edgetoken/edgetoken/testdata/kit"
)

func read(t *testing.T) *kit.Kit {
	t.Helper()
	k, err := kit.Read(".")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestUpToDate: the files are what the generator makes.
func TestUpToDate(t *testing.T) {
	folder := t.TempDir()
	if out, err := exec.Command("go", "run", "./generate", folder).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"policies.json", "bundles.json", "cases.json"} {
		made, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if kept, err := os.ReadFile(name); err != nil || !bytes.Equal(kept, made) {
			t.Errorf("%s is out of date (%v): go run ./testdata/kit/generate", name, err)
		}
	}
}

// TestFormat: names are as README.md says.
func TestFormat(t *testing.T) {
	k := read(t)
	seen := map[string]bool{}
	for _, c := range k.Cases {
		group, name, ok := strings.Cut(c.Name, "/")
		if !ok || group == "" || name == "" || strings.Trim(c.Name, " \n") != c.Name || seen[c.Name] {
			t.Errorf("case %q: the name is not GROUP/CASE, or there twice", c.Name)
		}
		seen[c.Name] = true
		if len(c.Steps) != len(c.Want) {
			t.Errorf("case %q has %d steps and %d wants", c.Name, len(c.Steps), len(c.Want))
		}
		for _, s := range c.Steps {
			if s.Verify != nil && s.Now == nil {
				t.Errorf("case %q: a step has no time", c.Name)
			}
		}
	}
	if len(k.Cases) < 400 {
		t.Errorf("%d cases, want 400 at least", len(k.Cases))
	}
}

// TestEveryCause: each cause that a verifier can give is wanted somewhere.
func TestEveryCause(t *testing.T) {
	wanted := map[string]bool{}
	for _, c := range read(t).Cases {
		for _, want := range c.Want {
			wanted[want] = true
		}
	}
	// Those of customers, of refreshing and of headers are a node's, and a bug is no case.
	of := []cause.Cause{cause.MissingClaim, cause.NotConfigured, cause.NoBundle, cause.BadClock, cause.BundleExpired,
		cause.BundleNotYetValid, cause.SignatureNeeded, cause.BundleMalformed, cause.BundleForged, cause.BundleOlder,
		cause.BundleBase, cause.BundleUnwanted, cause.NoCustomerClaim, cause.Blacklisted, cause.CutOff}
	for c := cause.TooLong; c <= cause.WrongType; c++ {
		of = append(of, c)
	}
	for _, c := range of {
		if !wanted[c.String()] {
			t.Errorf("no case wants %v", c)
		}
	}
}

// TestNative: package verify gives each verdict, whoever checks signatures.
func TestNative(t *testing.T) {
	k := read(t)
	helped := func(k *verify.Key, input, signature []byte) (bool, bool) { return k.Check(input, signature), true }
	for name, fresh := range map[string]func() kit.Verifier{
		"by itself": func() kit.Verifier { return &kit.Native{} },
		"helped":    func() kit.Verifier { return &kit.Native{Helper: helped} },
		"asked":     func() kit.Verifier { return &asked{} },
	} {
		t.Run(name, func(t *testing.T) {
			for _, c := range k.Cases {
				for i, got := range kit.Run(k.Resolve(c), fresh()) {
					if got != c.Want[i] {
						t.Errorf("%s: step %d %s gives %.200s, want %.200s", c.Name, i, c.Steps[i].Note, got, c.Want[i])
					}
				}
			}
		})
	}
}

// asked is a host that checks signatures between Ask and Vouch.
type asked struct {
	v     verify.Verifier
	trust *verify.Trust
}

func (a *asked) Configure(policy string) error {
	trust, err := verify.Read([]byte(kit.HostSignatures(policy)))
	if err == nil {
		a.trust = trust
		a.v.Use(trust)
	}
	return err
}

func (a *asked) Update(bundle string) error {
	trust, c := a.trust.Update(bundle)
	if c != cause.OK {
		return errors.New(c.String())
	}
	a.trust = trust
	a.v.Use(trust)
	return nil
}

func (a *asked) Verify(token string, now int64, alone bool) (string, error) {
	bad := false
	if q, _ := a.v.Ask([]byte(token)); q.Needed && !alone {
		signature, err := base64.RawURLEncoding.DecodeString(token[q.Signature:])
		if bad = err != nil || !q.Key.Check([]byte(token[:q.Input]), signature); !bad {
			a.v.Vouch(q.Name)
		}
	}
	o, c := a.v.Verify([]byte(token), now)
	switch {
	case c == cause.SignatureNeeded && bad:
		return "", errors.New(cause.BadSignature.String())
	case c != cause.OK:
		return "", errors.New(c.String())
	}
	return string(o.Claims), nil
}
