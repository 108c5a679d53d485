package node

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/admission"
	"github.com/edgetoken/edgetoken/store"
)

// DefaultSessionAge is how long a session lasts where Config has no other: Django's SESSION_COOKIE_AGE, two weeks.
const DefaultSessionAge = 14 * 24 * time.Hour

// secretBytes is the length of a session's secret before it is encoded.
const secretBytes = 32

// StartSession logs a customer in as Login does and begins a session instead of issuing tokens. secret is what the
// browser's cookie holds:
//
//	base64url of 32 random bytes, 43 characters
//
// The store knows only its hash. replaces is the secret that the browser sent, "" for none. That session ends, since
// somebody else may have put its cookie there (session fixation). On the exact wire the customer's own session goes on
// under its old secret, as Django's does. Also as in Django, last_login is written whatever UPDATE_LAST_LOGIN says.
//
// Nothing of the store is held while the password is hashed. A password that is changed meanwhile, and a customer
// that is disabled or removed, is refused as bad credentials.
func (n *Node) StartSession(
	ctx context.Context, client Client, email, given, replaces string,
) (secret string, r Result, err error) {
	if err := n.issues(core.Login); err != nil { // before any hashing
		return "", Result{}, err
	}
	query := store.Query{Login: email, HasLogin: true, Fold: n.cfg.FoldEmails, Field: n.cfg.UserIDField}
	_, customer, err := n.cfg.Store.Load(ctx, query)
	if err != nil {
		return "", Result{}, err
	}
	customer = credentials(customer)
	r.Customer = customer
	good, err := n.passwordGood(ctx, admission.Work{Client: client.Prefix, Account: n.Account(email)}, customer, given)
	if err != nil {
		return "", r, err
	}
	seen := n.look()
	if err := n.young(core.Login, nil, seen); err != nil {
		return "", r, err
	}
	if good && customer.IsActive {
		secret, err = n.beginSession(ctx, customer, client, replaces)
	}
	if err == nil || errors.Is(err, store.ErrConflict) {
		err = n.young(core.Login, nil, seen)
	}
	if err != nil {
		return "", r, err
	}
	if secret == "" {
		r.Refusals = []core.Refusal{{Cause: cause.BadCredentials}}
	}
	return secret, r, nil
}

// beginSession begins a session for a customer, which is as it was when its password was checked.
func (n *Node) beginSession(
	ctx context.Context, customer store.Customer, client Client, replaces string,
) (secret string, err error) {
	random := make([]byte, secretBytes)
	if _, err := io.ReadFull(n.cfg.Rand, random); err != nil {
		return "", fmt.Errorf("read entropy: %w", err)
	}
	secret = base64.RawURLEncoding.EncodeToString(random)
	if n.Settings().Wire == core.Exact {
		own, err := n.Session(ctx, replaces)
		if err != nil {
			return "", err
		}
		if own.ID == customer.ID {
			secret = replaces
		}
	}
	id, _ := sessionID(secret)
	replaced, _ := sessionID(replaces)
	session := store.NewSession{ID: id, Customer: customer, Expires: n.now().Add(n.cfg.SessionAge), Replaces: replaced,
		Listed: n.cfg.ListSessions, Client: client.shown()}
	if err := n.cfg.Store.StartSession(ctx, session); err != nil {
		return "", err
	}
	return secret, nil
}

// Session is the customer, with its effective rights, whose session has this secret. It is zero if there is no such
// session, if that has ended, and if the text has not the form of a secret.
func (n *Node) Session(ctx context.Context, secret string) (store.Customer, error) {
	id, ok := sessionID(secret)
	if !ok {
		return store.Customer{}, nil
	}
	seen := n.look()
	_, customer, err := n.cfg.Store.LoadSession(ctx, id, store.Query{Rights: true})
	if err == nil {
		err = n.young(core.Authenticate, nil, seen)
	}
	if err != nil {
		return store.Customer{}, err
	}
	return customer, nil
}

// EndSession ends the session with this secret, if there is one: a log-out.
func (n *Node) EndSession(ctx context.Context, secret string) error {
	id, ok := sessionID(secret)
	if !ok {
		return nil
	}
	return n.cfg.Store.EndSession(ctx, id)
}

// SessionAge is how long a session lasts after its log-in, whether it is used or not.
func (n *Node) SessionAge() time.Duration { return n.cfg.SessionAge }

// Entropy is the node's source of entropy.
func (n *Node) Entropy() io.Reader { return n.cfg.Rand }

// sessionID is the store's id of the session with a secret. If the text has not the form of a secret ok is false.
func sessionID(secret string) (id store.SessionID, ok bool) {
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(secret)
	if err != nil || len(decoded) != secretBytes {
		return store.SessionID{}, false
	}
	return sha256.Sum256([]byte(secret)), true
}
