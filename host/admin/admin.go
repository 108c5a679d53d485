// Package admin is the API by which an operator looks after a node, as HTTP with JSON, and its client.
//
//	POST   /customers              adds whole customers as customerjson reads them, all or none
//	POST   /customers?id=          adds just one, with this id; empty: with the next one
//	GET    /customers?after&limit  a page of customers in the order of their ids; &group=: of the members of a group
//	GET    /customers?email=       a page of the one customer with this e-mail address, or of none
//	GET    /customer?key=          the customer with this id or e-mail address
//	POST   /customer?key=          {"is_active": false} or {"password": "…"}; null: unusable
//	PATCH  /customer?key=          what changes: email, first_name, last_name, is_staff, is_superuser, attributes
//	DELETE /customer?key=
//	POST   /customers/import?run&dry&overwrite  joins whole customers, one a line, with those that are here
//	GET    /customers/export?after&limit  a page of whole customers, with the hashes of their passwords
//	POST   /groups/import?run&dry&overwrite  {"groups": […]}: the same for groups
//	GET    /origin                 what imports said of their sources
//	POST   /origin                 keeps that, as JSON
//	GET    /conflicts?limit        addresses and ids that two customers were given
//	POST   /rights?key=            {"grant": ["app.codename"], "revoke": […], "join": ["group"], "leave": […]}
//	GET    /groups                 all groups
//	POST   /groups                 {"name": "…", "permissions": […]}: a new group
//	PUT    /groups                 the same: a new group, or other permissions of one that is there
//	PATCH  /groups                 {"name": "…", "grant": […], "revoke": […]}
//	DELETE /groups?name=
//	POST   /token                  {"token": "…", "as": "refresh"}: what each check says of a token
//	POST   /revoke                 {"token": "…"}, {"customer": "…"}, {"family": "…", "customer": "…"} or
//	                               {"all": true}: ends the log-ins that it names
//	POST   /blacklist?dry=         {"jti": "…", "token": "…", …} …: ends the log-ins of a list of tokens, or with
//	                               dry=true says which of them have ended
//	GET    /blacklist?after&limit  a page of the refresh tokens that were revoked or spent and may not have expired
//	GET    /facts?after&limit      a page of the frames in the outbox, the oldest first
//	DELETE /facts?up_to=           removes the frames up to the one at this position from the outbox
//	POST   /compact                gives back what the store file does not use
//	POST   /backup                 a backup of the store (store/backup), with the sealed keys that the body has
//	GET    /clock                  what the clock says, and whether tokens are issued by it
//	POST   /clock                  has tokens issued by it, however far it is from the latest change
//	GET    /keys?all=              the keys, with all=true those too that are gone, and what happens next
//	POST   /keys                   {"algorithm": "…", "id": "…", "activate": true, "signs_from": "…"}: makes a key
//	POST   /keys/import            {"text": "base64…", …}: keys that come from elsewhere, all or none
//	POST   /keys/activate          {"id": "…", "at": "…"}: has a key sign
//	POST   /keys/retire            {"id": "…", "force": true}: ends a key
//	POST   /keys/export            {"id": "…", "format": "pem", "private": false}: a key in a format
//	GET    /keys/public            the JWK Set that the node publishes
//	GET    /keys/private           the JWK Set of all private keys and secrets that are here
//	GET    /bundle?since=          the trust bundle, or a delta from an epoch if that is remembered
//	GET    /bundle/root            the public root key by which verifiers check it, a JWK
//	POST   /bundle/root            has another root sign from now on, which the present one names
//	GET    /fleet                  what this node is in its fleet, and what it knows of it
//	POST   /fleet/invitations      {"name": "…", "life": 3600}: an invitation for one node, a secret
//	POST   /fleet/withdraw         {"number": 5, "stolen": false}: takes a node out of the fleet
//	POST   /fleet/recover          has a restored hub take back what was recorded, and says who is missing
//	POST   /fleet/resume           {"without": 5}: has a restored hub go on without what a node knows
//	POST   /reload                 has a node read its configuration anew
//
// Each is an Operation in operations.go: its method and path, the types that cross the wire, and the function that does
// it. A running node serves them on its admin socket and nowhere else, so there is no further authentication. What is
// refused is 400 with {"error": "…"}; what the store cannot do now is 503 with the same.
//
// The one rule: every answer has a type of its own, and no member of it is an interface, into which a number is read
// as a float64.
package admin

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/bundle"
	"github.com/edgetoken/edgetoken/host/claimmap"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/host/keys"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// Config is what the API works on.
type Config struct {
	Store       *store.DB
	Settings    core.Settings
	UserIDField store.Field // what tokens name a customer by
	FoldEmails  bool        // e-mail addresses that differ by case only are one (login.match)
	Outbox      bool        // the store keeps frames (outbox.enabled)

	// MinPassword is how many characters a password must have unless the caller forces it. Passwords are the costs of
	// a hash, and Hasher makes it: a node's own, or hashing.InProcess for a command.
	MinPassword int
	Passwords   password.Params
	Hasher      hashing.Hasher

	// Claims and LoginAnswer say what tokens and the answer to a log-in show of a customer. CheckAnswer says why no
	// answer can show it.
	Claims, LoginAnswer claimmap.Members
	CheckAnswer         func(claimmap.Members, store.Customer) error

	// Permissions are those that endpoints ask for. The API warns if any other is granted.
	Permissions []string

	// Engine is the engine that decides about tokens. Each call asks for it once.
	Engine func(context.Context) (core.Engine, error)

	// Keys looks after the keys.
	Keys *keys.Manager

	// Bundle makes the trust bundle, or a delta from an epoch; nil: none is made.
	Bundle func(ctx context.Context, since uint64) (bundle.Text, error)

	// Fleet is the part of a running node in its fleet; nil: it is in none, or no node runs.
	Fleet *FleetPart

	Log *slog.Logger // nil: nothing is logged
}

// server does the operations.
type server struct{ cfg Config }

// New gives the handler of the API, without /reload: only a running node has that.
func New(cfg Config) http.Handler {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &server{cfg}
	mux := http.NewServeMux()
	for _, r := range routes {
		r.route(mux, s)
	}
	return mux
}

// did logs a change of a customer.
func (s *server) did(what string, id core.CustomerID) {
	s.cfg.Log.Info("admin: "+what, "customer", id.String())
}
