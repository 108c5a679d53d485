package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/edgetoken/edgetoken/store"
)

// RightsChange says which permissions and groups a customer gets and loses.
type RightsChange struct {
	Grant  []string `json:"grant,omitempty"`
	Revoke []string `json:"revoke,omitempty"`
	Join   []string `json:"join,omitempty"`
	Leave  []string `json:"leave,omitempty"`
}

// RightsChanged answers ChangeRights. Warnings say what the customer may do still.
type RightsChanged struct {
	Customer Customer `json:"customer"`
	Warnings []string `json:"warnings"`
}

func (s *server) changeRights(ctx context.Context, q CustomerQuery, change RightsChange) (RightsChanged, error) {
	before, err := s.find(ctx, q.Key)
	if err != nil {
		return RightsChanged{}, err
	}
	err = s.cfg.Store.ChangeRights(ctx, before.ID, store.RightsChange{
		Grant: change.Grant, Withdraw: change.Revoke, Join: change.Join, Leave: change.Leave,
	})
	if errors.Is(err, store.ErrNotHeld) {
		return RightsChanged{}, s.notHeld(ctx, before, change)
	}
	if err != nil {
		return RightsChanged{}, err
	}
	s.did("rights changed", before.ID)
	c, err := s.load(ctx, before.ID)
	if err != nil {
		return RightsChanged{}, err
	}
	warnings := list(s.unknownPermissions(change.Grant))
	if err := s.canLogIn(c); err != nil {
		warnings = append(warnings, fmt.Sprintf("customer %v %v", c.ID, err))
	}
	if len(change.Revoke)+len(change.Leave) > 0 && before.IsSuperuser {
		warnings = append(warnings, fmt.Sprintf("customer %v is a superuser, who may do everything: "+
			"see edgetoken customers set --superuser=false", c.ID))
	}
	for _, p := range change.Revoke {
		if slices.Contains(c.Rights, p) {
			from, err := s.groupsWith(ctx, c.Groups, p)
			if err != nil {
				return RightsChanged{}, err
			}
			warnings = append(warnings, fmt.Sprintf("customer %v still has %s from %s", c.ID, p, from))
		}
	}
	return RightsChanged{viewOf(c), warnings}, nil
}

// notHeld says what of a change a customer does not have, and where it has the permission from.
func (s *server) notHeld(ctx context.Context, c store.Customer, change RightsChange) error {
	for _, p := range change.Revoke {
		if slices.Contains(c.Permissions, p) || slices.Contains(change.Grant, p) {
			continue
		}
		from, err := s.groupsWith(ctx, c.Groups, p)
		switch {
		case err != nil:
			return err
		case from != "":
			return fmt.Errorf("customer %v has %s from %s only: take the customer out with --group, "+
				"or take it from the group (edgetoken customers groups revoke)", c.ID, p, from)
		}
		return fmt.Errorf("customer %v does not have %s: nothing was changed", c.ID, p)
	}
	for _, g := range change.Leave {
		if !slices.Contains(c.Groups, g) && !slices.Contains(change.Join, g) {
			return fmt.Errorf("customer %v is not in group %q: nothing was changed", c.ID, g)
		}
	}
	return errors.New("the customer changed just now: look again")
}
