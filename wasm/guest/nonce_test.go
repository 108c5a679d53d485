package guest_test

import (
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/wasm/guest"
)

// configured is a guest with the suite's key and the given settings.
func configured(t *testing.T, s core.Settings) host {
	h := host{new(guest.Guest), t, coretest.OneKey()}
	h.ok("Configure", h.Configure(h.write(message(t, s, h.keys)), nil))
	return h
}

// TestInterleaving: while a host waits for the check of a good token it inspects a forged one. Whatever it accepts
// then, the forged claims never come out.
func TestInterleaving(t *testing.T) {
	h := configured(t, core.DefaultSettings())
	good := []byte(coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, `{"user_id":1}`))
	forged := []byte(coretest.Sign("HS256", coretest.OtherSecret, `{"alg":"HS256"}`, `{"user_id":2}`))
	first := h.inspected(good)
	second := h.inspected(forged)
	if got := h.Accept(h.nonce(first)); got != abi.StatusOutOfOrder {
		t.Fatalf("the nonce of the good token accepts the forged one: %v", got)
	}

	// A token that was overtaken does not take the other one with it.
	last := h.inspected(good)
	for _, old := range []uint64{first, second, last + 1, 0} {
		if got := h.Accept(h.nonce(old)); got != abi.StatusOutOfOrder {
			t.Errorf("another nonce is accepted: %v", got)
		}
	}
	h.ok("Accept", h.Accept(h.nonce(last)))
	if o := h.opened(h.keys.Set()); string(o.Claims) != `{"user_id":1}` {
		t.Errorf("accepted %s", o.Claims)
	}

	// Nor does a nonce survive another configuration, or fit another instance.
	nonce := h.inspected(good)
	h.ok("Configure", h.Configure(h.write(message(t, core.DefaultSettings(), h.keys)), nil))
	if got := h.Accept(h.nonce(nonce)); got != abi.StatusOutOfOrder {
		t.Errorf("a nonce from before Configure is accepted: %v", got)
	}
	other := configured(t, core.DefaultSettings())
	other.inspected(forged)
	if got := other.Accept(other.nonce(h.inspected(good))); got != abi.StatusOutOfOrder {
		t.Errorf("a nonce of another instance is accepted: %v", got)
	}
}

func TestJudge(t *testing.T) {
	issuer := "us"
	s := core.DefaultSettings()
	s.Issuer, s.Audience = &issuer, []string{"shop"}
	h := configured(t, s)
	judge := func(nonce uint64, required ...string) (cause.Cause, abi.Status) {
		j := abi.Judging{Nonce: nonce, Now: coretest.Now, Type: core.AccessToken, Required: required}
		status := h.Judge(h.write(j.Append(nil)))
		c, _ := abi.ReadJudged(h.Output())
		return c, status
	}
	const rest = `"exp":4102444800,"jti":"x"`
	for _, c := range []struct {
		name, claims string
		want         cause.Cause
	}{
		{"good", `"token_type":"access","iss":"us","aud":"shop","plan":1,` + rest, cause.OK},
		{"a refresh token", `"token_type":"refresh","iss":"us","aud":"shop","plan":1,` + rest, cause.WrongType},
		{"another issuer", `"token_type":"access","iss":"them","aud":"shop","plan":1,` + rest, cause.WrongIssuer},
		{"another audience", `"token_type":"access","iss":"us","aud":"bank","plan":1,` + rest, cause.WrongAudience},
		{"a claim that is missing", `"token_type":"access","iss":"us","aud":"shop",` + rest, cause.MissingClaim},
		{"expired", `"token_type":"access","iss":"us","aud":"shop","plan":1,"exp":1,"jti":"x"`, cause.Expired},
	} {
		nonce := h.inspected([]byte(coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, "{"+c.claims+"}")))
		if _, status := judge(nonce); status != abi.StatusOutOfOrder {
			t.Errorf("%s: judged before Accept: %v", c.name, status)
		}
		h.ok("Accept", h.Accept(h.nonce(nonce)))
		for range 2 { // which uses nothing up
			if got, status := judge(nonce, "plan"); got != c.want || status != abi.StatusOK {
				t.Errorf("%s: %v, %v; want %v", c.name, got, status, c.want)
			}
		}
		if _, status := judge(nonce - 1); status != abi.StatusOutOfOrder {
			t.Errorf("%s: judged by another nonce: %v", c.name, status)
		}
		h.inspected([]byte("no token"))
		if _, status := judge(nonce); status != abi.StatusOutOfOrder {
			t.Errorf("%s: judged after the next Inspect: %v", c.name, status)
		}
	}
	if got := h.Judge(h.write([]byte("no message"))); got != abi.StatusBadMessage {
		t.Errorf("Judge of no message = %v", got)
	}
}
