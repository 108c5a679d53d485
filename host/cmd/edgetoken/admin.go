package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/host/strictjson"
	"github.com/edgetoken/edgetoken/store"
)

// admin answers the commands that look after a node, as HTTP with JSON:
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
type admin struct {
	cfg   *config.Config
	store *store.DB
	log   *slog.Logger // nil: a command at work on its own
	// hasher makes password hashes: of a node where all do, of a command in its own process.
	hasher hashing.Hasher

	// engine judges tokens. Where it is nil, engineName is made at the first use, of the keys in the data directory.
	engine     core.Engine
	keys       core.KeySet
	engineName string
	opening    sync.Mutex
	closing    func() error // closes what judge opened
}

// refusal is the body of an answer that is not 200.
type refusal struct {
	Error string `json:"error"`
}

func (a *admin) handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, handler := range map[string]http.HandlerFunc{
		"POST /customers":  answering(a.log, a.addCustomers),
		"GET /customers":   answering(a.log, a.listCustomers),
		"GET /customer":    answering(a.log, a.showCustomer),
		"POST /customer":   answering(a.log, a.changeCustomer),
		"PATCH /customer":  answering(a.log, a.setCustomer),
		"DELETE /customer": answering(a.log, a.removeCustomer),
		"POST /rights":     answering(a.log, a.changeRights),
		"GET /groups":      answering(a.log, a.listGroups),
		"POST /groups":     answering(a.log, a.addGroup),
		"PUT /groups":      answering(a.log, a.putGroup),
		"PATCH /groups":    answering(a.log, a.changeGroup),
		"DELETE /groups":   answering(a.log, a.removeGroup),
		"POST /token":      answering(a.log, a.explainToken),
		"POST /revoke":     answering(a.log, a.revoke),
		"POST /compact":    answering(a.log, a.compact),
		"GET /clock":       answering(a.log, a.showClock),
		"POST /clock":      answering(a.log, a.acceptClock),
	} {
		mux.HandleFunc(pattern, handler)
	}
	return mux
}

// answering writes what an operation answers, and logs where the store could not do it. Every answer has a type of
// its own, none with an interface in it: what is read into one loses digits.
func answering[Answer any](log *slog.Logger, op func(*http.Request) (Answer, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusOK
		answer, err := op(r)
		body, failed := encodeJSON(answer)
		if err = cmp.Or(err, failed); err != nil {
			status = http.StatusBadRequest
			if errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrClosed) {
				status = http.StatusServiceUnavailable
				w.Header().Set("Retry-After", "1")
				if log != nil {
					log.Error("admin: the store cannot do it", "request", r.Pattern, "error", err)
				}
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
func (a *admin) did(what string, id core.CustomerID) {
	if a.log != nil {
		a.log.Info("admin: "+what, "customer", id.String())
	}
}

// find is the customer whom key names: by id first, then by e-mail address, as a log-in compares it.
func (a *admin) find(ctx context.Context, key string) (store.Customer, error) {
	if id, ok := a.id(key); ok {
		c, err := a.store.Get(ctx, id)
		if !errors.Is(err, store.ErrNotFound) {
			return c, err
		}
	}
	c, err := a.store.GetByEmail(ctx, key)
	if !errors.Is(err, store.ErrNotFound) {
		return c, err
	}
	_, alike, err := a.store.Load(ctx, store.Query{Login: key, HasLogin: true, Fold: true})
	if err != nil {
		return store.Customer{}, err
	}
	missing := fmt.Sprintf("no customer has the id or the e-mail address %q", key)
	switch fold := a.cfg.LoginMatch == config.CaseInsensitive; {
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
func (a *admin) id(text string) (core.CustomerID, bool) {
	if a.store.IDs() == core.TextID {
		return core.Text(text), true
	}
	n, ok := integerID(text)
	return core.Integer(n), ok
}

// noID says that a text is no id of the store.
func (a *admin) noID(text string) error {
	return fmt.Errorf("%q is no id of this store, which has integers from -2^63 to 2^63-1", text)
}

// judge gives the engine that judges tokens and the keys it has.
func (a *admin) judge(ctx context.Context) (core.Engine, core.KeySet, error) {
	if a.engine != nil {
		return a.engine, a.keys, nil
	}
	a.opening.Lock()
	defer a.opening.Unlock()
	ring, err := datadir.Of(a.cfg).OpenKeys(false)
	if err != nil {
		return nil, core.KeySet{}, err
	}
	cfg := *a.cfg
	cfg.Engine = a.engineName
	instances, err := openInstances(ctx, &cfg, ring, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, core.KeySet{}, err
	}
	a.engine, a.keys = core.NewNative(cfg.Settings, ring), ring.Set()
	if instances != nil {
		a.engine, a.closing = instances, func() error { return instances.Close(context.Background()) }
	}
	return a.engine, a.keys, nil
}

// close closes the engine that judge made.
func (a *admin) close() error {
	if a.closing == nil {
		return nil
	}
	return a.closing()
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
	if err := strictjson.Unmarshal(body, v); err != nil {
		return fmt.Errorf("read call: %w", err)
	}
	return nil
}
