// Package admin is the API by which commands look after a node, as HTTP with JSON:
//
//	POST   /customers               whole customers as readEntries takes them; all are added or none; ?id= (may be empty): just one, with this id
//	GET    /customers?after=&limit= a page of customers in the order of their ids
//	GET    /customers?group=        with after and limit: the same of the members of this group
//	GET    /customers?email=        the same with the one customer of this e-mail address, or none
//	GET    /customer?key=           the customer with this id or e-mail address
//	POST   /customer?key=           {"is_active": false} or {"password": "…"}; null: unusable
//	PATCH  /customer?key=           what changes: email, first_name, last_name, is_staff, is_superuser, attributes
//	DELETE /customer?key=
//	POST   /rights?key=             {"grant": ["app.codename"], "revoke": […], "join": ["group"], "leave": […]}
//	GET    /groups                  all groups
//	POST   /groups                  {"name": "…", "permissions": […]}: a new group
//	PUT    /groups                  the same: a new group, or other permissions of one that is there
//	PATCH  /groups                  {"name": "…", "grant": […], "revoke": […]}
//	DELETE /groups?name=
//	POST   /token                   {"token": "…", "as": "refresh"}: the judgement of it, step by step
//	POST   /revoke                  {"token": "…"}, {"customer": "…"}, {"family": "…", "customer": "…"} or {"all": true}: ends what it names
//	POST   /compact                 gives back what the store file does not use
//	GET    /clock                   what the clock says, and whether tokens are issued by it
//	POST   /clock                   has tokens issued by it, as far as it is from the latest change
//
// A running node serves it on its admin socket and nowhere else: there is no further authentication. What is refused
// is 400 with {"error": "…"}, and what the store cannot do now is 503 with the same.
package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/claimmap"
	"github.com/edgetoken/edgetoken/host/exactjson"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// Config is what an admin API needs.
type Config struct {
	Store       *store.DB
	Settings    core.Settings
	UserIDField store.Field // what tokens name a customer by
	FoldEmails  bool        // e-mail addresses that differ by case only are one (login.match)

	// MinPassword is how many characters a password needs that nobody forces; Passwords are the costs of its hash,
	// which Hasher makes: of a node where all do, of a command in its own process.
	MinPassword int
	Passwords   password.Params
	Hasher      hashing.Hasher

	// Claims and LoginAnswer are what tokens and the answer to a log-in show of a customer. CheckAnswer says why no
	// answer can show it.
	Claims, LoginAnswer claimmap.Members
	CheckAnswer         func(claimmap.Members, store.Customer) error

	// Permissions are those that end points ask for: of a grant of others the API warns.
	Permissions []string

	// Judge gives the engine that judges tokens, and its keys.
	Judge func(context.Context) (core.Engine, core.KeySet, error)

	Log *slog.Logger // nil: none
}

// server answers the calls.
type server struct{ cfg Config }

// refusal is the body of an answer that is not 200.
type refusal struct {
	Error string `json:"error"`
}

// Reloaded answers POST /reload.
type Reloaded struct {
	Changed  []string `json:"changed"`  // keys of the configuration with new values, and "signing.key" where that file holds another key
	Restart  []string `json:"restart"`  // keys whose new values are read at the start only
	Warnings []string `json:"warnings"` // of the new configuration
}

// New gives the handler of an admin API.
func New(cfg Config) http.Handler {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &server{cfg}
	mux := http.NewServeMux()
	for pattern, handler := range map[string]http.HandlerFunc{
		"POST /customers":  Answering(cfg.Log, s.addCustomers),
		"GET /customers":   Answering(cfg.Log, s.listCustomers),
		"GET /customer":    Answering(cfg.Log, s.showCustomer),
		"POST /customer":   Answering(cfg.Log, s.changeCustomer),
		"PATCH /customer":  Answering(cfg.Log, s.setCustomer),
		"DELETE /customer": Answering(cfg.Log, s.removeCustomer),
		"POST /rights":     Answering(cfg.Log, s.changeRights),
		"GET /groups":      Answering(cfg.Log, s.listGroups),
		"POST /groups":     Answering(cfg.Log, s.addGroup),
		"PUT /groups":      Answering(cfg.Log, s.putGroup),
		"PATCH /groups":    Answering(cfg.Log, s.changeGroup),
		"DELETE /groups":   Answering(cfg.Log, s.removeGroup),
		"POST /token":      Answering(cfg.Log, s.explainToken),
		"POST /revoke":     Answering(cfg.Log, s.revoke),
		"POST /compact":    Answering(cfg.Log, s.compact),
		"GET /clock":       Answering(cfg.Log, s.showClock),
		"POST /clock":      Answering(cfg.Log, s.acceptClock),
	} {
		mux.HandleFunc(pattern, handler)
	}
	return mux
}

// Answering writes what an operation answers, and logs where the store could not do it. Every answer has a type of
// its own, none with an interface in it: what is read into one loses digits.
func Answering[Answer any](log *slog.Logger, op func(*http.Request) (Answer, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusOK
		answer, err := op(r)
		body, failed := encodeJSON(answer)
		if err = cmp.Or(err, failed); err != nil {
			status = http.StatusBadRequest
			if errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrClosed) {
				status = http.StatusServiceUnavailable
				w.Header().Set("Retry-After", "1")
				log.Error("admin: the store cannot do it", "request", r.Pattern, "error", err)
			}
			body, _ = encodeJSON(refusal{Error: err.Error()}) // a text can always be written
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		// An error here says that the command is gone.
		_, _ = w.Write(append(body, '\n'))
	}
}

// did leaves a record of a change in the log of a running node.
func (s *server) did(what string, id core.CustomerID) {
	s.cfg.Log.Info("admin: "+what, "customer", id.String())
}

// find is the customer whom key names: by id first, then by e-mail address, as a log-in compares it.
func (s *server) find(ctx context.Context, key string) (store.Customer, error) {
	if id, ok := s.id(key); ok {
		c, err := s.cfg.Store.Get(ctx, id)
		if !errors.Is(err, store.ErrNotFound) {
			return c, err
		}
	}
	c, err := s.cfg.Store.GetByEmail(ctx, key)
	if !errors.Is(err, store.ErrNotFound) {
		return c, err
	}
	_, alike, err := s.cfg.Store.Load(ctx, store.Query{Login: key, HasLogin: true, Fold: true})
	if err != nil {
		return store.Customer{}, err
	}
	missing := fmt.Sprintf("no customer has the id or the e-mail address %q", key)
	switch fold := s.cfg.FoldEmails; {
	case fold && !alike.ID.IsZero():
		return alike, nil
	case fold:
		return store.Customer{}, errors.New(missing)
	case !alike.ID.IsZero():
		return store.Customer{}, fmt.Errorf("%s; e-mail addresses are compared exactly, and there is %q", missing, alike.Email)
	}
	return store.Customer{}, errors.New(missing + "; e-mail addresses are compared exactly")
}

// id reads a text as an id of the store's kind.
func (s *server) id(text string) (core.CustomerID, bool) {
	if s.cfg.Store.IDs() == core.TextID {
		return core.Text(text), true
	}
	n, ok := integerID(text)
	return core.Integer(n), ok
}

// noID says that a text is no id of the store.
func (s *server) noID(text string) error {
	return fmt.Errorf("%q is no id of this store, which has integers from -2^63 to 2^63-1", text)
}

// maxCall bounds the body of a call but an import, in bytes.
const maxCall = 1 << 20

// readJSON reads the body of a call.
func readJSON(r *http.Request, v any) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxCall+1))
	if err != nil {
		return fmt.Errorf("read call: %w", err)
	}
	if len(body) > maxCall {
		return fmt.Errorf("read call: it has more than %d bytes", maxCall)
	}
	if err := exactjson.Unmarshal(body, v); err != nil {
		return fmt.Errorf("read call: %w", err)
	}
	return nil
}
