package admin

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/edgetoken/edgetoken/host/admin/customerjson"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// AddQuery says how customers are added. With ID the body is one customer, and what is most likely a mistake is refused
// unless Force is set. Without ID it is any number of them, and a mistake gives a warning.
type AddQuery struct {
	ID    *string // empty: the next id
	Force bool
}

func (q AddQuery) values() url.Values {
	if q.ID == nil {
		return nil
	}
	return forced(q.Force, url.Values{"id": {*q.ID}})
}

func addQueryOf(v url.Values) AddQuery {
	q := AddQuery{Force: isForced(v)}
	if v.Has("id") {
		id := v.Get("id")
		q.ID = &id
	}
	return q
}

// NewCustomer is one customer to be added. customerjson reads it.
type NewCustomer struct {
	Email       string   `json:"email"`
	FirstName   string   `json:"first_name"`
	LastName    string   `json:"last_name"`
	IsActive    bool     `json:"is_active"`
	IsStaff     bool     `json:"is_staff"`
	IsSuperuser bool     `json:"is_superuser"`
	Password    *string  `json:"password"` // null: none
	Permissions []string `json:"permissions"`
	Groups      []string `json:"groups"`
}

// Stream is the customer as AddCustomers takes it.
func (c NewCustomer) Stream() Stream {
	b, _ := encodeJSON(c) // texts and flags can always be written
	return Stream{bytes.NewReader(b)}
}

// Added answers AddCustomers.
type Added struct {
	Customers []Customer `json:"customers"`
	Warnings  []string   `json:"warnings"`
}

func (s *server) addCustomers(ctx context.Context, q AddQuery, body Stream) (answer Added, err error) {
	if q.ID != nil {
		return s.addCustomer(ctx, q, body)
	}
	given, err := customerjson.Read(body)
	if err != nil {
		return answer, err
	}
	place := func(i int) string { return customerjson.Place(i+1, given[i]) + ": " }
	if err := s.checkLogIns(ctx, given, place); err != nil {
		return answer, err
	}
	customers := make([]store.NewCustomer, len(given))
	for i, c := range given {
		if customers[i], err = s.withHash(ctx, c); err != nil {
			return answer, fmt.Errorf("%s%w", place(i), err)
		}
	}
	added, err := s.cfg.Store.AddAll(ctx, customers)
	if err != nil {
		return answer, err
	}
	if answer, err = s.didAdd(ctx, added); err != nil {
		return answer, err
	}
	answer.Warnings = append(answer.Warnings, s.mistakes(given)...)
	return answer, nil
}

// addCustomer adds just one, so that errors need not say which.
func (s *server) addCustomer(ctx context.Context, q AddQuery, body Stream) (answer Added, err error) {
	given, err := customerjson.ReadOne(body)
	if err != nil {
		return answer, err
	}
	if err := checkAt(given.Email, q.Force); err != nil {
		return answer, err
	}
	if err := s.checkLength(given, q.Force); err != nil {
		return answer, err
	}
	if *q.ID != "" {
		var ok bool
		if given.ID, ok = s.id(*q.ID); !ok {
			return answer, noID(*q.ID)
		}
	}
	if err := s.checkLogIns(ctx, []customerjson.Customer{given}, func(int) string { return "" }); err != nil {
		return answer, err
	}
	n, err := s.withHash(ctx, given)
	if err != nil {
		return answer, err
	}
	c, err := s.cfg.Store.Add(ctx, n)
	if err != nil {
		return answer, err
	}
	if answer, err = s.didAdd(ctx, []store.Customer{c}); err != nil {
		return answer, err
	}
	answer.Warnings = append(answer.Warnings, s.unknownPermissions(given.Permissions)...)
	return answer, nil
}

// withHash is the customer to store. Passwords are hashed one at a time, so that log-ins are not kept waiting.
func (s *server) withHash(ctx context.Context, c customerjson.Customer) (store.NewCustomer, error) {
	err := ctx.Err()
	switch {
	case err != nil:
	case c.Unusable:
		c.PasswordHash, err = password.Unusable(rand.Reader)
	case c.Password != nil:
		c.PasswordHash, err = hashing.Make(ctx, s.cfg.Hasher, *c.Password, s.cfg.Passwords)
	}
	return c.NewCustomer, err
}

// didAdd is the answer for customers that were added, with warnings of those that cannot log in as they are.
func (s *server) didAdd(ctx context.Context, added []store.Customer) (answer Added, err error) {
	answer.Warnings = []string{}
	if answer.Customers, err = s.views(ctx, added...); err != nil {
		return answer, err
	}
	unread := map[string]int{}
	var withoutAt []string
	for _, c := range added {
		s.did("customer added", c.ID)
		if !strings.Contains(c.Email, "@") {
			withoutAt = append(withoutAt, c.Email)
		}
		if kind := unchecked(c.PasswordHash); kind != "" {
			unread[kind]++
		}
	}
	if n := len(withoutAt); n > 0 {
		warning := fmt.Sprintf("%d of the e-mail addresses %s no @, such as %q", n, have(n), withoutAt[0])
		answer.Warnings = append(answer.Warnings, warning)
	}
	for _, kind := range slices.Sorted(maps.Keys(unread)) {
		text := "%d password hashes (%s) are stored as they are, but this version cannot check them"
		if unread[kind] == 1 {
			text = "%d password hash (%s) is stored as it is, but this version cannot check it"
		}
		text += ": log-in is refused until edgetoken customers passwd sets a new password"
		answer.Warnings = append(answer.Warnings, fmt.Sprintf(text, unread[kind], kind))
	}
	return answer, nil
}

// have is the verb for n things.
func have(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}
