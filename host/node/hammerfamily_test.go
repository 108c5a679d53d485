package node_test

import (
	"cmp"
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/engine/enginetest"
	"github.com/edgetoken/edgetoken/host/node"
)

// spends has a node spend refresh tokens on a wire, and sign with keys.
func spends(wire core.Wire, keys core.Keys) func(*node.Config) {
	return func(c *node.Config) {
		spending(wire)(&c.Settings)
		c.Engine = core.NewNative(c.Settings, keys)
	}
}

var wires = []core.Wire{core.Exact, core.Secure}

// R1, R2: a thousand refreshes of one token make one generation, and in the window each gets the same. RSA takes most
// of the time, so it has fewer clients: HAMMER=4 makes them a thousand too.
func TestHammerOneToken(t *testing.T) {
	for _, c := range []struct {
		key     string
		wire    core.Wire
		alike   bool // the key signs twice alike
		clients int
	}{
		{"HS256", core.Exact, true, 1000}, {"HS256", core.Secure, true, 1000}, {"RS256", core.Secure, true, 250},
		{"ES256", core.Secure, true, 1000}, {"EdDSA", core.Secure, true, 1000}, {"PS256", core.Secure, false, 250},
		{"KMS", core.Secure, false, 1000},
	} {
		t.Run(c.key+"/"+string(c.wire), func(t *testing.T) {
			keys := ringOf(1, map[string]*jws.Key{"a": signer(t, c.key)}, []string{"a"}, core.SigningKey{})
			w := newWorld(t, spends(c.wire, keys))
			hammerOne(newHammer(t, w), c.wire, often(c.clients), c.alike)
		})
	}
}

// R1, R2 of a token that Django issued.
func TestHammerForeignToken(t *testing.T) {
	for _, wire := range wires {
		w := newWorld(t, spends(wire, newKeys(t, "")))
		h := newHammer(t, w)
		h.first = pair{refresh: w.djangosOf(t, "refresh", "django", "1", day)}
		h.latest = h.first.refresh
		hammerOne(h, wire, often(200), true)
	}
}

// hammerOne has many clients exchange one token, and some the next.
func hammerOne(h *hammer, wire core.Wire, clients int, alike bool) {
	for _, clients := range []int{clients, clients / 20} {
		token := h.last()
		together(clients, func(int) { h.refresh(token) })
		if n := len(h.given[token]); n == 0 || n > 1 && alike {
			h.Errorf("one token was exchanged for %d pairs", n)
		}
	}
	h.mustBe(h.family(wire))
}

// R1, R2 in the sandbox.
func TestHammerOneTokenInTheSandbox(t *testing.T) {
	for _, wire := range wires {
		settings := core.DefaultSettings()
		spending(wire)(&settings)
		sandbox, err := engine.New(t.Context(), engine.Config{Settings: settings, Keys: newKeys(t, ""),
			Module: enginetest.Module(t, false), CacheDir: enginetest.CacheDir(t), MaxInstances: 4})
		must(t, err)
		w := newWorld(t, func(c *node.Config) { c.Settings, c.Engine = settings, sandbox })
		hammerOne(newHammer(t, w), wire, often(100), true)
		must(t, sandbox.Close(context.Background()))
	}
}

// R3, R4, R5: whatever many clients ask about a log-in while it ends, they are answered as one after the other: the
// newest refresh token and those before it, access tokens, log-outs.
func TestHammerAgainstEnds(t *testing.T) {
	for name, end := range map[string]func(*world, *hammer) error{
		"log-out":         func(w *world, h *hammer) error { return w.EndLogin(h.Context(), h.first.access) },
		"password change": func(w *world, h *hammer) error { return changePassword(w, h.Context()) },
		"disabling":       func(w *world, h *hammer) error { return disable(w, h.Context()) },
		"removal":         func(w *world, h *hammer) error { return remove(w, h.Context()) },
		"blacklist":       nil,
	} {
		for _, wire := range wires {
			if wire == core.Exact && end != nil && name != "log-out" {
				continue // what a cut-off ends there depends on the settings
			}
			t.Run(name+"/"+string(wire), func(t *testing.T) {
				for round := range often(6) {
					w := newWorld(t, spends(wire, newKeys(t, "")))
					h := newHammer(t, w)
					together(10, func(client int) {
						random := rand.New(rand.NewPCG(uint64(round), uint64(client)))
						for step := range 8 {
							switch n := random.IntN(80); {
							case client == 0 && step == 4 && end != nil:
								h.change(ending, func() error { return end(w, h) })
							case client == 0 && step == 4:
								h.blacklist(h.last())
							case n == 0:
								h.refresh(h.first.refresh)
							case n < 8:
								h.verify(h.last())
							case n < 16:
								h.check(h.first.access)
							case n < 24:
								h.verify(h.first.refresh)
							default:
								h.refresh(h.last())
							}
						}
					})
					h.mustBe(h.family(wire))
				}
			})
		}
	}
}

// Within one second tokens differ by their ids alone, and the one that was spent stays so.
func TestHammerWithinOneSecond(t *testing.T) {
	for _, wire := range wires {
		w := newWorld(t, spends(wire, newKeys(t, "")))
		h := newHammer(t, w)
		seen := map[string]bool{}
		for range 20 {
			token := h.last()
			together(3, func(int) { h.refresh(token) })
			if seen[token] || len(h.given[token]) != 1 {
				t.Errorf("%s: one token was exchanged for %d pairs, or given twice", wire, len(h.given[token]))
			}
			seen[token] = true
			w.passes(40 * time.Millisecond)
		}
		h.verify(h.last())
		h.mustBe(h.family(wire))
	}
}

// R4: of a customer who is disabled and enabled again while he logs in, only what began since is good.
func TestHammerLoginAgainstDisable(t *testing.T) {
	for round := range often(6) {
		w := newWorld(t, spends(core.Secure, newKeys(t, "")))
		h := &hammer{T: t, node: w.Node}
		together(6, func(client int) {
			random := rand.New(rand.NewPCG(uint64(round), uint64(client)))
			for range 4 {
				switch {
				case client == 0:
					h.change(disabling, func() error { return disable(w, t.Context()) })
					h.change(enabling, func() error { return w.store.SetActive(t.Context(), core.Integer(1), true) })
				case random.IntN(2) == 0:
					if access := h.logIn(); access != "" {
						h.check(access)
						h.check(access)
					}
				}
			}
		})
		h.mustBe(accountModel())
	}
}

// R2: in the window the successor is written again as it was, whatever key signs since and however long tokens live
// since. Where the key of the successor is gone or has ended another one signs the same claims.
func TestHammerWhileSettingsChange(t *testing.T) {
	keys := map[string]*jws.Key{"a": signer(t, "ES256"), "b": signer(t, "ES256"), "c": signer(t, "ES256")}
	use := func(w *world, r ring) { w.UseEngine(core.NewNative(w.config.Settings, r)) }
	for name, c := range map[string]struct {
		before, after func(w *world) // the refresh
		pairs         int            // for how many pairs the token is exchanged
	}{
		"key activated": {func(w *world) {
			use(w, ringOf(2, keys, []string{"a", "b"}, core.SigningKey{},
				core.SigningKey{Key: 1, From: w.now.Unix() + 2}))
		}, func(w *world) {}, 1},
		"key gone": {func(w *world) {
			use(w, ringOf(2, keys, []string{"a", "b"}, core.SigningKey{Key: 1}))
		}, func(w *world) {
			use(w, ringOf(3, keys, []string{"a", "c"}, core.SigningKey{Key: 1}))
		}, 2},
		"key ended": {func(w *world) {
			r := ringOf(2, keys, []string{"a", "b", "c"}, core.SigningKey{Key: 1},
				core.SigningKey{Key: 2, From: w.now.Unix() + 2})
			r.set.Keys[1].NotAfter = w.now.Unix() + 2
			use(w, r)
		}, func(w *world) {}, 2},
		"lifetimes": {func(w *world) {}, func(w *world) {
			w.config.Settings.AccessTokenLifetime, w.config.Settings.RefreshTokenLifetime = time.Minute, 30*day
			w.config.Engine = core.NewNative(w.config.Settings, ringOf(2, keys, []string{"a"}, core.SigningKey{}))
			w.restart(t)
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, spends(core.Secure, ringOf(1, keys, []string{"a"}, core.SigningKey{})))
			h := newHammer(t, w)
			c.before(w)
			h.refresh(h.first.refresh)
			w.passes(3 * time.Second)
			c.after(w)
			h.node = w.Node
			together(often(100), func(int) { h.refresh(h.first.refresh) })
			if n := len(h.given[h.first.refresh]); n != c.pairs {
				t.Errorf("the token was exchanged for %d pairs, want %d", n, c.pairs)
			}
			h.verify(h.refresh(h.first.refresh).refresh)
			h.mustBe(h.family(core.Secure))
		})
	}
}

// The hammer finds what it is there to find. A node that forgets is one on a copy of the store from before.
func TestHammerFinds(t *testing.T) {
	for name, c := range map[string]struct {
		do    func(h *hammer, forget func())
		wire  core.Wire
		model func(h *hammer) porcupine.Model // nil: that of a family
	}{
		"a token that is spent twice": {do: func(h *hammer, forget func()) {
			h.refresh(h.first.refresh)
			forget()
			h.refresh(h.first.refresh)
		}},
		"a revocation that is lost": {do: func(h *hammer, forget func()) {
			h.blacklist(h.first.refresh)
			forget()
			h.refresh(h.first.refresh)
		}},
		"a spent token that is verified": {do: func(h *hammer, forget func()) {
			h.refresh(h.first.refresh)
			forget()
			h.verify(h.first.refresh)
		}},
		"a log-in of a disabled customer": {do: func(h *hammer, forget func()) {
			h.change(disabling, func() error { return nil })
			h.logIn()
		}, model: func(*hammer) porcupine.Model { return accountModel() }},
		"two successors in the window": {do: func(h *hammer, forget func()) {
			h.refresh(h.first.refresh)
			h.ask(refreshing, h.first.refresh, func() (answer, error) { return answer{true, "another", "pair"}, nil })
		}, wire: core.Secure},
		"an older token in the window of another": {do: func(h *hammer, forget func()) {
			h.refresh(h.first.refresh)
			h.refresh(h.last())
			h.ask(refreshing, h.first.refresh, func() (answer, error) { return answer{good: true}, nil })
		}, wire: core.Secure},
		"a refusal without a reason": {do: func(h *hammer, _ func()) {
			h.ask(refreshing, h.first.refresh, func() (answer, error) { return answer{}, nil })
		}},
	} {
		t.Run(name, func(t *testing.T) {
			wire := cmp.Or(c.wire, core.Exact)
			w := newWorld(t, spends(wire, newKeys(t, "")))
			h := newHammer(t, w)
			before := w.copied(t)
			c.do(h, func() { h.node = before.Node })
			m := h.family(wire)
			if c.model != nil {
				m = c.model(h)
			}
			if porcupine.CheckOperations(m, h.list) {
				t.Error("not found")
			}
		})
	}
}
