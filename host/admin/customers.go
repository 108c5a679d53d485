package admin

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// Added answers POST /customers.
type Added struct {
	Customers []Customer `json:"customers"`
	Warnings  []string   `json:"warnings"`
}

// Addition is the one customer of POST /customers?id=, as readEntries takes it.
type Addition struct {
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

// Page answers GET /customers. Next is the id to ask for after; null where the page is the last.
type Page struct {
	Customers []Customer `json:"customers"`
	Next      ID         `json:"next"`
}

// Access is the body of POST /customer. Exactly one member is there.
type Access struct {
	IsActive *bool           `json:"is_active,omitempty"`
	Password json.RawMessage `json:"password,omitempty"` // a text, or null for unusable
}

func (s *server) addCustomers(r *http.Request) (answer Added, err error) {
	if r.URL.Query().Has("id") {
		return s.addCustomer(r)
	}
	entries, err := readEntries(r.Body)
	if err != nil {
		return answer, err
	}
	if err := s.checkShown(r.Context(), entries, func(i int) string { return fmt.Sprintf("entry %d%s: ", i+1, named(entries[i])) }); err != nil {
		return answer, err
	}
	list := make([]store.NewCustomer, len(entries))
	for i, e := range entries {
		if list[i], err = s.withHash(r.Context(), e); err != nil {
			return answer, fmt.Errorf("entry %d%s: %w", i+1, named(e), err)
		}
	}
	added, err := s.cfg.Store.AddAll(r.Context(), list)
	if err != nil {
		return answer, err
	}
	if answer, err = s.didAdd(r.Context(), added); err != nil {
		return answer, err
	}
	answer.Warnings = append(answer.Warnings, s.oddities(entries)...)
	return answer, nil
}

// addCustomer adds just one, of whom errors need not say which.
func (s *server) addCustomer(r *http.Request) (answer Added, err error) {
	e, err := readOne(r.Body)
	if err != nil {
		return answer, err
	}
	if err := checkAt(r, e.Email); err != nil {
		return answer, err
	}
	if e.password != nil {
		if err := s.checkLength(r, *e.password); err != nil {
			return answer, err
		}
	}
	if text := r.URL.Query().Get("id"); text != "" {
		var ok bool
		if e.ID, ok = s.id(text); !ok {
			return answer, s.noID(text)
		}
	}
	if err := s.checkShown(r.Context(), []entry{e}, func(int) string { return "" }); err != nil {
		return answer, err
	}
	n, err := s.withHash(r.Context(), e)
	if err != nil {
		return answer, err
	}
	c, err := s.cfg.Store.Add(r.Context(), n)
	if err != nil {
		return answer, err
	}
	if answer, err = s.didAdd(r.Context(), []store.Customer{c}); err != nil {
		return answer, err
	}
	answer.Warnings = append(answer.Warnings, s.unknownPermissions(e.Permissions)...)
	return answer, nil
}

// didAdd is the answer for customers that were added, with a warning where one of them cannot log in as he is.
func (s *server) didAdd(ctx context.Context, added []store.Customer) (Added, error) {
	answer := Added{Warnings: []string{}}
	var err error
	if answer.Customers, err = s.views(ctx, added...); err != nil {
		return answer, err
	}
	unread := map[string]int{}
	var odd []string
	for _, c := range added {
		s.did("customer added", c.ID)
		if !strings.Contains(c.Email, "@") {
			odd = append(odd, c.Email)
		}
		if hash := c.PasswordHash; password.IsUsable(hash) {
			if _, err := password.ParamsOf(hash); errors.Is(err, password.ErrUnknownFormat) {
				unread[passwordFormat(hash)]++
			} else if err != nil {
				unread["damaged "+passwordFormat(hash)]++
			}
		}
	}
	if len(odd) > 0 {
		have := "have"
		if len(odd) == 1 {
			have = "has"
		}
		answer.Warnings = append(answer.Warnings, fmt.Sprintf("%d of the e-mail addresses %s no @, such as %q", len(odd), have, odd[0]))
	}
	for _, format := range slices.Sorted(maps.Keys(unread)) {
		text := "%d password hashes (%s) are stored as they are, but this version cannot check them"
		if unread[format] == 1 {
			text = "%d password hash (%s) is stored as it is, but this version cannot check it"
		}
		answer.Warnings = append(answer.Warnings, fmt.Sprintf(text+": log-in is refused until edgetoken customers passwd sets a new password", unread[format], format))
	}
	return answer, nil
}

// withHash is the customer to store. Passwords are hashed one at a time, so that log-ins are not kept waiting.
func (s *server) withHash(ctx context.Context, e entry) (store.NewCustomer, error) {
	if err := ctx.Err(); err != nil {
		return e.NewCustomer, err
	}
	var err error
	switch {
	case e.unusable:
		e.PasswordHash, err = password.Unusable(rand.Reader)
	case e.password != nil:
		e.PasswordHash, err = hashing.Make(ctx, s.cfg.Hasher, *e.password, s.cfg.Passwords)
	}
	return e.NewCustomer, err
}

func (s *server) listCustomers(r *http.Request) (answer Page, err error) {
	if r.URL.Query().Has("email") {
		return s.listByEmail(r)
	}
	var after core.CustomerID
	if text := r.URL.Query().Get("after"); text != "" {
		var ok bool
		if after, ok = s.id(text); !ok {
			return answer, s.noID(text)
		}
	}
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit < 1 || limit > 999 {
		return answer, errors.New("the limit must be between 1 and 999")
	}
	// One more than asked for says whether there is a next page.
	page, err := s.page(r.Context(), r.URL.Query()["group"], after, limit+1)
	if err != nil {
		return answer, err
	}
	if len(page) > limit {
		page = page[:limit]
		answer.Next = ID(page[limit-1].ID)
	}
	answer.Customers, err = s.views(r.Context(), page...)
	return answer, err
}

// page is a page of customers, where groups are named of those who are in all of them: it looks at each customer then.
func (s *server) page(ctx context.Context, groups []string, after core.CustomerID, limit int) ([]store.Customer, error) {
	if len(groups) == 0 {
		return s.cfg.Store.List(ctx, after, limit)
	}
	if err := s.checkGroups(ctx, groups); err != nil {
		return nil, err
	}
	var members []store.Customer
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
func (s *server) listByEmail(r *http.Request) (Page, error) {
	answer := Page{Customers: []Customer{}}
	c, err := s.cfg.Store.GetByEmail(r.Context(), r.URL.Query().Get("email"))
	if errors.Is(err, store.ErrNotFound) {
		return answer, nil
	}
	if err != nil {
		return answer, err
	}
	answer.Customers, err = s.views(r.Context(), c)
	return answer, err
}

func (s *server) showCustomer(r *http.Request) (Customer, error) {
	c, err := s.find(r.Context(), r.URL.Query().Get("key"))
	if err != nil {
		return Customer{}, err
	}
	return s.view(r.Context(), c.ID)
}

func (s *server) changeCustomer(r *http.Request) (v Customer, err error) {
	var change Access
	if err := readJSON(r, &change); err != nil {
		return v, err
	}
	c, err := s.find(r.Context(), r.URL.Query().Get("key"))
	if err != nil {
		return v, err
	}
	switch {
	case change.IsActive != nil && change.Password == nil:
		if err := s.cfg.Store.SetActive(r.Context(), c.ID, *change.IsActive); err != nil {
			return v, err
		}
		s.did(map[bool]string{true: "customer enabled", false: "customer disabled"}[*change.IsActive], c.ID)
	case change.Password != nil && change.IsActive == nil:
		var e entry
		if err := members["password"](&e, change.Password); err != nil {
			return v, fmt.Errorf("password %w", err)
		}
		if e.password != nil {
			if err := s.checkLength(r, *e.password); err != nil {
				return v, err
			}
		}
		n, err := s.withHash(r.Context(), e)
		if err != nil {
			return v, err
		}
		if err := s.cfg.Store.SetPassword(r.Context(), c.ID, n.PasswordHash); err != nil {
			return v, err
		}
		s.did("password set", c.ID)
	default:
		return v, errors.New("a change has is_active or password")
	}
	return s.view(r.Context(), c.ID)
}

func (s *server) removeCustomer(r *http.Request) (v Customer, err error) {
	c, err := s.find(r.Context(), r.URL.Query().Get("key"))
	if err != nil {
		return v, err
	}
	if v, err = s.view(r.Context(), c.ID); err != nil {
		return v, err
	}
	if err := s.cfg.Store.Remove(r.Context(), c.ID, s.tokensLive()); err != nil {
		return v, err
	}
	s.did("customer removed", c.ID)
	return v, nil
}

// tokensLive is how long a token that was issued until now can be in use under these settings, with a day for clocks;
// the store knows of earlier ones.
func (s *server) tokensLive() time.Duration {
	set := s.cfg.Settings
	return max(set.AccessTokenLifetime, set.RefreshTokenLifetime) + set.Leeway + 24*time.Hour
}
