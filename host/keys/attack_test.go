package keys_test

import (
	"bytes"
	"crypto/rand"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
)

// A key that is gone stays gone, and so does what it signed, though the key that took over from it signs anew.
func TestGoneStaysGone(t *testing.T) {
	for name, again := range map[string]time.Duration{"at once": 0, "later": day} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			m := w.manager(nil)
			a := w.started(m).Signs.ID
			w.now = w.now.Add(time.Hour)
			b := w.generate(m, keys.Generate{Activate: true}).Key.ID
			w.now = w.now.Add(day)
			c := w.generate(m, keys.Generate{Activate: true}).Key.ID
			w.now = w.now.Add(2*day + time.Hour)
			w.want(m, a, "gone")
			w.want(m, b, "verifying")
			w.want(m, c, "signing")
			var at time.Time
			if again != 0 {
				at = w.now.Add(again)
			}
			if _, err := m.Activate(t.Context(), b, at); err != nil {
				t.Fatal(err)
			}
			w.want(m, a, "gone")
			w.now = w.now.Add(again + time.Second)
			w.want(m, a, "gone")
			w.want(m, b, "signing")
			w.want(m, c, "verifying")
		})
	}
}

// A key that ends before it would sign is not scheduled: from then on none would sign.
func TestEndsBeforeItSigns(t *testing.T) {
	w := newWorld(t)
	m := w.manager(nil)
	w.started(m)
	b := w.imported(m, "ES256", w.now.Add(5*day))
	_, err := m.Activate(t.Context(), b, w.now.Add(5*day))
	w.refused(err, keys.ErrRefused, "no key would sign")
	if _, err := m.Activate(t.Context(), b, w.now.Add(4*day)); err != nil {
		t.Error(err)
	}
}

// imported imports a private key that ends at a time, and gives its kid.
func (w *world) imported(m *keys.Manager, algorithm string, until time.Time) string {
	w.Helper()
	key, err := keyring.GenerateKey(algorithm, nil)
	if err != nil {
		w.Fatal(err)
	}
	text, err := key.Export("pem", true)
	if err == nil {
		_, err = m.Import(w.Context(), keys.Import{Text: text, Until: until})
	}
	if err != nil {
		w.Fatal(err)
	}
	return key.ID()
}

// A key that was retired under a clock that was ahead does not come back once the clock is right.
func TestRetiredWhateverTheClock(t *testing.T) {
	w := newWorld(t)
	m := w.manager(nil)
	a := w.started(m).Signs.ID
	w.now = w.now.Add(300 * day)
	b := w.generate(m, keys.Generate{Activate: true}).Key.ID
	if _, err := m.Retire(t.Context(), a, false); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(-300 * day)
	m = w.manager(nil)
	w.want(m, a, "gone")
	if w.signer(m) != "" {
		t.Error("a key signs, be it the one that was retired, be it the one that does later")
	}
	_, err := m.Activate(t.Context(), a, time.Time{})
	w.refused(err, keys.ErrRefused, "is gone")
	if _, err := m.Activate(t.Context(), b, time.Time{}); err != nil || w.signer(m) != b {
		t.Errorf("activate: %v, and %s signs", err, w.signer(m))
	}
}

// A key that signs at random goes on knowing what it signed while other keys are made: a refresh that is repeated gets
// the same answer.
func TestSignaturesOutliveChanges(t *testing.T) {
	w := newWorld(t)
	m := w.manager(func(c *keys.Config) { c.Algorithm = "PS256" })
	w.started(m)
	sign := func() []byte {
		entropy := make([]byte, core.EntropyBytes)
		_, _ = rand.Read(entropy)
		signature, err := w.ring(m).Sign(t.Context(), 0, []byte("input"), entropy)
		if err != nil {
			t.Fatal(err)
		}
		return signature
	}
	first := sign()
	w.generate(m, keys.Generate{Activate: true})
	if !bytes.Equal(first, sign()) {
		t.Error("it signs anew")
	}
}
