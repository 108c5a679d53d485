package admin

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// CustomersQuery asks for a page of customers, After an id.
type CustomersQuery struct {
	PageQuery
	Groups []string // only customers who are in all of them
	// Email asks for the one customer with this address, or none, whatever else is asked for; nil: for a page.
	Email *string
}

func (q CustomersQuery) values() url.Values {
	if q.Email != nil {
		return url.Values{"email": {*q.Email}}
	}
	v := q.PageQuery.values()
	v["group"] = q.Groups
	return v
}

func customersQueryOf(v url.Values) CustomersQuery {
	q := CustomersQuery{PageQuery: pageQueryOf(v), Groups: v["group"]}
	if v.Has("email") {
		email := v.Get("email")
		q.Email = &email
	}
	return q
}

// Page answers ListCustomers. Next is the id to ask for after it; null where the page is the last.
type Page struct {
	Customers []Customer `json:"customers"`
	Next      ID         `json:"next"`
}

func (s *server) listCustomers(ctx context.Context, q CustomersQuery, _ None) (answer Page, err error) {
	if q.Email != nil {
		return s.listByEmail(ctx, *q.Email)
	}
	after, err := s.pageAfter(q.PageQuery)
	if err != nil {
		return answer, err
	}
	// One more than asked for says whether there is a next page.
	page, err := s.page(ctx, q.Groups, after, q.Limit+1)
	if err != nil {
		return answer, err
	}
	if len(page) > q.Limit {
		page = page[:q.Limit]
		answer.Next = ID(page[q.Limit-1].ID)
	}
	answer.Customers, err = s.views(ctx, page...)
	return answer, err
}

// page is a page of customers; with groups, of those who are in all of them. It looks at every customer then.
func (s *server) page(
	ctx context.Context, groups []string, after core.CustomerID, limit int,
) (members []store.Customer, err error) {
	if len(groups) == 0 {
		return s.cfg.Store.List(ctx, after, limit)
	}
	if err := s.checkGroups(ctx, groups); err != nil {
		return nil, err
	}
	for {
		const most = 1000
		page, err := s.cfg.Store.List(ctx, after, most)
		if err != nil {
			return nil, err
		}
		for _, c := range page {
			if !slices.ContainsFunc(groups, func(g string) bool { return !slices.Contains(c.Groups, g) }) {
				if members = append(members, c); len(members) == limit {
					return members, nil
				}
			}
			after = c.ID
		}
		if len(page) < most {
			return members, nil
		}
	}
}

// listByEmail is a page of the one customer with an e-mail address, or of none.
func (s *server) listByEmail(ctx context.Context, email string) (Page, error) {
	answer := Page{Customers: []Customer{}}
	c, err := s.cfg.Store.GetByEmail(ctx, email)
	if errors.Is(err, store.ErrNotFound) {
		return answer, nil
	}
	if err != nil {
		return answer, err
	}
	answer.Customers, err = s.views(ctx, c)
	return answer, err
}

func (s *server) showCustomer(ctx context.Context, q CustomerQuery, _ None) (Customer, error) {
	c, err := s.find(ctx, q.Key)
	if err != nil {
		return Customer{}, err
	}
	return s.view(ctx, c.ID)
}

// removeCustomer answers with the customer as it was.
func (s *server) removeCustomer(ctx context.Context, q CustomerQuery, _ None) (v Customer, err error) {
	c, err := s.find(ctx, q.Key)
	if err != nil {
		return v, err
	}
	if v, err = s.view(ctx, c.ID); err != nil {
		return v, err
	}
	if err := s.cfg.Store.Remove(ctx, c.ID, s.tokensLive()); err != nil {
		return v, err
	}
	s.did("customer removed", c.ID)
	return v, nil
}

// tokensLive is how long a token that was issued until now may be in use under these settings, with a day for clocks
// that differ. The store knows of earlier settings.
func (s *server) tokensLive() time.Duration {
	set := &s.cfg.Settings
	return max(set.AccessTokenLifetime, set.RefreshTokenLifetime) + set.Leeway + 24*time.Hour
}
