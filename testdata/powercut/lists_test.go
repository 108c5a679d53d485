package powercut_test

import (
	"errors"
	"fmt"
	"slices"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// listed notes that a log-in is in the list of its customer, until its end is asked for.
func (c *client) listed(email, token string, until func() int) {
	c.ledger.note("listed log-in of "+email, until, func(n *node.Node, db *store.DB) error {
		is, err := inList(n, db, token)
		if err == nil && !is {
			err = errors.New("it is in no list")
		}
		return err
	})
}

// inList reports whether the log-in of a refresh token is in the list of its customer.
func inList(n *node.Node, db *store.DB, token string) (bool, error) {
	var o core.Opened
	if err := n.Engine().Open(bg, []byte(token), &o); err != nil {
		return false, err
	}
	id, ok := o.CustomerKey(core.IntegerID)
	if !ok {
		return false, fmt.Errorf("a token without a customer: %+v", o)
	}
	list, _, err := db.Logins(bg, id, 0, 100)
	k := o.Family().Key("", id)
	return slices.ContainsFunc(list, func(l store.Login) bool { return l.Family == k }), err
}
