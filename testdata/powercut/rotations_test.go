package powercut_test

import (
	"cmp"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// rotations is how often the tokens of a log-in are spent, and askers how many ask at once each time.
const rotations, askers = 4, 3

// pair is what a refresh gives.
type pair struct{ refresh, access string }

func pairOf(r node.Result) pair {
	if r.Refused() {
		return pair{}
	}
	return pair{refresh: r.Tokens[1].Value, access: r.Tokens[0].Value}
}

// foreign is a refresh token of a customer's as Django issues it.
func foreign(id int64) string {
	now := time.Now().Unix()
	return coretest.Sign("HS256", string(secret), `{"alg":"HS256"}`, fmt.Sprintf(
		`{"token_type":"refresh","jti":"django%d","user_id":"%d","iat":%d,"exp":%d}`, id, id, now, now+3600))
}

// rotate spends the tokens of a log-in, or those that follow one of Django's, and ends it.
func (c *client) rotate(id int64, email string, wire core.Wire) error {
	n, err := newNode(c.db, wire)
	if err != nil {
		return err
	}
	token := foreign(id)
	if id%2 == 0 {
		var r node.Result
		if err := again(func() (err error) {
			r, err = n.Login(bg, address, email, password)
			return err
		}); err != nil || r.Refused() {
			return fmt.Errorf("log-in of %s: %+v, %w", email, r.Refusals, err)
		}
		token = r.Tokens[0].Value
	}
	asked := c.good("refresh token of "+email, wire, token)
	for g := range rotations {
		asked.set(c.ledger.record.now())
		next, err := c.spend(n, token, fmt.Sprintf("refresh %d of %s", g+1, email), uint32(g+1))
		if err != nil {
			return err
		}
		if next == (pair{}) { // on the exact wire a refresh whose answer is lost costs the log-in
			break
		}
		token = next.refresh
		asked = c.good("refresh token of "+email, wire, token)
	}
	asked.set(c.ledger.record.now())
	if err := again(func() error {
		_, err := n.Blacklist(bg, token)
		return err
	}); err != nil {
		return err
	}
	c.ledger.note("log-out of "+email, nil, func(_ *node.Node, db *store.DB) error {
		return isGood(db, wire, token, false)
	})
	return nil
}

// good notes that a refresh token is good, until somebody asks for its end.
func (c *client) good(what string, wire core.Wire, token string) (asked *moment) {
	asked = &moment{at: never}
	c.ledger.note(what, asked.get, func(_ *node.Node, db *store.DB) error { return isGood(db, wire, token, true) })
	return asked
}

// spend has several refresh a token at once, and notes what they were answered. It gives what follows the token.
func (c *client) spend(n *node.Node, token, what string, generation uint32) (next pair, err error) {
	wire := n.Settings().Wire
	var group sync.WaitGroup
	answers, errs := [askers]pair{}, [askers]error{}
	for i := range askers {
		group.Go(func() {
			var r node.Result
			if errs[i] = again(func() (err error) {
				r, err = n.Refresh(bg, token)
				return err
			}); errs[i] != nil {
				return
			}
			if answers[i] = pairOf(r); r.Refused() {
				c.ledger.note("refusal, "+what, nil, func(_ *node.Node, db *store.DB) error {
					return isGood(db, wire, token, false)
				})
				return
			}
			// From here on the token is spent; in the grace window it gives the same again.
			c.ledger.note(what, nil, func(_ *node.Node, db *store.DB) error {
				return isSpent(db, wire, token, answers[i], generation)
			})
		})
	}
	group.Wait()
	granted := 0
	for _, a := range answers {
		if a == (pair{}) {
			continue
		}
		if granted++; granted > 1 && (a != next || wire == core.Exact) {
			return pair{}, fmt.Errorf("%s: one token was good for two generations", what)
		}
		next = a
	}
	return next, errors.Join(errs[:]...)
}

// isGood is nil if a refresh token is good at a node on a store, or is not, as wanted.
func isGood(db *store.DB, wire core.Wire, token string, want bool) error {
	n, err := newNode(db, wire)
	if err != nil {
		return err
	}
	r, err := n.Verify(bg, token)
	if err == nil && r.Refused() == want {
		err = fmt.Errorf("it is good: %v", !want)
	}
	return err
}

// isSpent is nil if a token was spent for that generation, and for no other tokens than these.
func isSpent(db *store.DB, wire core.Wire, token string, next pair, generation uint32) error {
	n, err := newNode(db, wire)
	if err != nil {
		return err
	}
	var o core.Opened
	if err := n.Engine().Open(bg, []byte(token), &o); err != nil {
		return err
	}
	s, _, err := node.Load(bg, db, store.FieldID, o, time.Now())
	if err != nil || s.Family.Generation < generation {
		return cmp.Or(err, fmt.Errorf("the family is at generation %d, want %d", s.Family.Generation, generation))
	}
	if s.Family.Generation > generation {
		return nil
	}
	r, err := n.Refresh(bg, token)
	ended := s.Family.Dead || s.CutOff >= o.Family().Start
	switch again := pairOf(r); {
	case err != nil:
		return err
	case again != (pair{}) && (wire == core.Exact || again != next):
		return errors.New("the token was good for another generation")
	case again == (pair{}) && wire == core.Secure && !ended:
		return fmt.Errorf("the token does not give its successor again: %v", r.Refusals)
	}
	return nil
}
