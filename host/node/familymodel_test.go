package node_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/anishathalye/porcupine"

	"github.com/edgetoken/edgetoken/core"
)

// family is all that clients can tell of a log-in whose refresh tokens are spent: the model that histories are held to
// (R1, R2, R3). Tokens stand there by their claims, since not every key signs twice alike.
type family struct {
	spent, current string // the refresh token that was spent last, and its successor
	access         string // which came with the successor
	dead           bool
}

// question is what a client asks about a log-in.
type question struct{ what, token string }

const (
	refreshing  = "refresh"
	verifying   = "verify"
	checking    = "check" // an access token in a header
	blacklisted = "blacklist"
	ending      = "end" // of the log-in, in a way that refuses no token
	loggingIn   = "log-in"
	disabling   = "disable"
	enabling    = "enable"
)

// answer says whether the token is good, and what it was exchanged for.
type answer struct {
	good            bool
	refresh, access string
}

func (q question) String() string { return q.what + " of " + sequence(q.token) }
func (a answer) String() string   { return fmt.Sprint(a.good, " ", sequence(a.refresh)) }

// sequence is what the ids of a family's tokens differ in, from the claims of one.
func sequence(claims string) string {
	b, _ := base64.RawURLEncoding.DecodeString(claims)
	var c struct{ JTI string }
	_ = json.Unmarshal(b, &c)
	return c.JTI[max(0, len(c.JTI)-9):]
}

// familyModel is how a family answers on a wire while no time passes: the window of a spent token is open until its
// successor is spent.
func familyModel(wire core.Wire, first family) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return first },
		Step: func(state, input, output any) (bool, any) {
			return state.(family).step(wire == core.Secure, input.(question), output.(answer))
		},
	}
}

// step reports whether a family answers so, and gives the family afterwards.
func (f family) step(secure bool, q question, a answer) (bool, family) {
	replayed := secure && q.token == f.spent
	good := !f.dead && (q.token == f.current || replayed)
	after := f
	switch q.what {
	case refreshing:
		switch {
		case !good:
			after.dead = f.dead || secure // reuse
		case replayed:
			return a == answer{true, f.current, f.access}, f
		case a.refresh == f.current || a.refresh == f.spent:
			return false, f
		default:
			after = family{spent: f.current, current: a.refresh, access: a.access}
		}
	case blacklisted:
		after.dead = f.dead || secure || good
	case checking:
		good = !f.dead || !secure
	case ending:
		good, after.dead = true, true
	}
	return a.good == good, after
}

// account is what clients can tell of a customer on the secure wire: the model of log-ins (R4).
type account struct {
	disabled bool
	alive    string // the access tokens of log-ins that have not ended, each in front of a line break
}

func accountModel() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return account{} },
		Step: func(state, input, output any) (bool, any) {
			return state.(account).step(input.(question), output.(answer))
		},
	}
}

func (c account) step(q question, a answer) (bool, account) {
	switch q.what {
	case loggingIn:
		if a.good {
			c.alive += a.access + "\n"
		}
		return a.good == !c.disabled, c
	case checking:
		return a.good == (!c.disabled && strings.Contains(c.alive, q.token)), c
	case disabling:
		return true, account{disabled: true}
	}
	c.disabled = false
	return true, c
}

// claims are what two signatures of one token have in common.
func claims(token string) string {
	if parts := strings.Split(token, "."); len(parts) == 3 {
		return parts[1]
	}
	return token
}
