package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// Only the hub of a fleet changes customers, and it checks by itself who asks for that. An edge passes on what it was
// given: a token, or the current password. It vouches only for its browser sessions, which nobody else has: an edge
// that lies about them can end log-ins, as it could by signing tokens.

// errNotHub is the error of a call that came to another node than the hub.
var errNotHub = errors.New("this node is not the hub")

// EndLogins ends every log-in that a customer has now, browser sessions included. token is the access token that says
// who asks, "" if a browser session does. A customer who is gone has no log-ins. At an edge the hub decides, and may
// refuse the token.
func (n *Node) EndLogins(ctx context.Context, customer core.CustomerID, token string) (Result, error) {
	if !n.isEdge() {
		return Result{}, n.endLogins(ctx, customer)
	}
	query := store.Query{UserID: customer, HasUser: true}
	token, r, err := n.tokenOf(ctx, query, token)
	if err != nil || r.Refused() {
		return r, err
	}
	m := logoutAll{token: token}
	return n.askHub(ctx, CallLogoutAll, m.append(nil), query)
}

// tokenOf is the token by which an edge asks the hub in the name of a customer: the one that the customer has shown, or
// where a browser session says who asks, "", one that the edge gives to itself. The result has why there is none.
func (n *Node) tokenOf(ctx context.Context, query store.Query, token string) (string, Result, error) {
	if token != "" {
		return token, Result{}, nil
	}
	r, err := n.speakFor(ctx, query)
	if err != nil || r.Refused() {
		return "", Result{Outcome: core.Outcome{Refusals: r.Refusals}}, err
	}
	shown := func(t core.Token) bool { return t.Type != core.RefreshToken }
	return r.Tokens[slices.IndexFunc(r.Tokens, shown)].Value, Result{}, nil
}

// speakFor gives tokens to this node itself, by which it asks the hub in the name of a customer who has a session.
func (n *Node) speakFor(ctx context.Context, query store.Query) (Result, error) {
	op := core.Login
	if !slices.Contains(n.cfg.Settings.AuthTokenClasses, core.AccessToken) {
		op = core.SlidingLogin
	}
	if err := n.issues(op); err != nil {
		return Result{}, err
	}
	return n.transact(ctx, n.engine.Load(), &core.Request{Op: op}, query, nil, func(state *core.State) {
		state.PasswordGood = true // the session began with it, and ends with it
	})
}

// endLogins is EndLogins where customers are changed.
func (n *Node) endLogins(ctx context.Context, customer core.CustomerID) error {
	if err := n.cfg.Store.Revoke(ctx, customer); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return n.confirmed(ctx)
}

// AnswerHub answers at the hub what an edge asks by Fleet.AskHub: call is one of the calls of this package. The error
// is that of ctx; any other is an answer.
func (n *Node) AnswerHub(ctx context.Context, _ uint16, call byte, request []byte) ([]byte, error) {
	var (
		a   answer
		err error
	)
	switch {
	case n.cfg.Store.Membership().Role != store.Hub:
		err = errNotHub
	case call == CallLogoutAll:
		a, err = n.answerLogoutAll(ctx, request)
	case call == CallPassword:
		a, err = n.answerPassword(ctx, request)
	case call == CallEndListed:
		a, err = n.answerEndListed(ctx, request)
	case call == CallSessions:
		return n.answerSessions(ctx, request)
	default:
		err = errMessage
	}
	return n.answered(ctx, a, err)
}

func (n *Node) answerLogoutAll(ctx context.Context, request []byte) (a answer, err error) {
	m, err := readLogoutAll(request)
	if err != nil {
		return answer{}, err
	}
	r, err := n.Authenticate(ctx, m.token)
	if a.outcome = r.Outcome; err != nil || r.Refused() {
		return a, err
	}
	if err = n.endLogins(ctx, r.Customer.ID); err == nil {
		a.cutOff, err = n.cutOff(ctx, store.Query{UserID: r.Customer.ID, HasUser: true})
	}
	return a, err
}

func (n *Node) answerPassword(ctx context.Context, request []byte) (a answer, err error) {
	m, err := readNewPassword(request)
	if err != nil {
		return answer{}, err
	}
	r, err := n.changePassword(ctx, m)
	if a.outcome = r.Outcome; err == nil && !r.Refused() {
		a.cutOff, err = n.cutOff(ctx, m.query(n.cfg.FoldEmails))
	}
	return a, err
}

// cutOff is the cut-off of the customer that a query names.
func (n *Node) cutOff(ctx context.Context, query store.Query) (int64, error) {
	state, _, err := n.cfg.Store.Load(ctx, query)
	return state.CutOff, err
}

// askHub asks the hub, and waits until this node has heard of the change, which query shows: after the answer it must
// accept nothing from before it (R3).
func (n *Node) askHub(ctx context.Context, call byte, request []byte, query store.Query) (Result, error) {
	asking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	raw, err := n.cfg.Fleet.AskHub(asking, call, request)
	if err != nil {
		return Result{}, failed(ctx, ErrUnanswered, err)
	}
	a, err := n.answerOf(fact.HubNumber, raw)
	if err != nil || a.outcome.Refused() {
		return Result{Outcome: a.outcome}, err
	}
	for a.cutOff != 0 {
		switch known, err := n.cutOff(asking, query); {
		case err != nil:
			return Result{}, failed(ctx, ErrUnconfirmed, err)
		case known >= a.cutOff:
			return Result{}, nil
		}
		select {
		case <-time.After(hearEvery):
		case <-asking.Done():
			return Result{}, failed(ctx, ErrUnconfirmed, fmt.Errorf("it is done at the hub, and %w", asking.Err()))
		}
	}
	return Result{}, nil
}

// hearEvery is the time between two looks whether a change has come from the hub. It takes some 20 ms.
const hearEvery = 5 * time.Millisecond
