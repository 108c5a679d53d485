package store

import (
	"context"
	"fmt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/change"
	"github.com/edgetoken/edgetoken/store/fact"
	"github.com/edgetoken/edgetoken/store/password"
)

// ReplacePassword is SetPassword if the customer still has the password of a revoke claim. Else it changes nothing and
// returns ErrConflict: whoever knows the old password must not undo that another was set.
func (db *DB) ReplacePassword(ctx context.Context, id core.CustomerID, claim, hash string) error {
	if err := checkText("password hash", hash); err != nil {
		return err
	}
	var same bool
	err := db.update(ctx, id, func(p person, f *fact.Customer) change.Change {
		if same = p.password.value.claim == claim; !same {
			return 0
		}
		f.Set, f.PasswordHash, f.RevokeClaim = fact.Password, hash, password.RevokeClaim(hash)
		return change.Password
	})
	if err == nil && !same {
		err = fmt.Errorf("password: %w", ErrConflict)
	}
	return err
}
