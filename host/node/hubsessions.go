package node

import (
	"context"
	"errors"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// The hub of a fleet knows the log-ins by tokens of all nodes. It checks by itself who asks for them.

// askSessions asks the hub for log-ins by tokens of whoever asks.
func (n *Node) askSessions(ctx context.Context, who Asker, part loginsPart) (l listedLogins, r Result, err error) {
	token, r, err := n.tokenOf(ctx, store.Query{UserID: who.Customer, HasUser: true}, who.Token)
	if err != nil || r.Refused() {
		return listedLogins{}, r, err
	}
	m := whichLogins{token: token, offset: uint32(min(part.offset, maxOffset)), limit: uint16(part.limit)}
	asking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	raw, err := n.cfg.Fleet.AskHub(asking, CallSessions, m.append(nil))
	if err != nil {
		return listedLogins{}, Result{}, failed(ctx, ErrUnanswered, err)
	}
	found, rest, err := readLogins(raw)
	if err != nil {
		return listedLogins{}, Result{}, failed(ctx, ErrUnanswered, err)
	}
	a, err := n.answerOf(fact.HubNumber, rest)
	return found, Result{Outcome: a.outcome}, err
}

// maxOffset is more than the log-ins that are listed of a customer.
const maxOffset = 1 << 20

// answerSessions answers CallSessions.
func (n *Node) answerSessions(ctx context.Context, request []byte) ([]byte, error) {
	var (
		a     answer
		found listedLogins
	)
	m, err := readWhichLogins(request)
	if err == nil {
		var r Result
		r, err = n.Authenticate(ctx, m.token)
		if a.outcome.Refusals = r.Refusals; err == nil && !r.Refused() {
			limit := min(int(m.limit), maxListed)
			found.list, found.count, err = n.cfg.Store.Logins(ctx, r.Customer.ID, int(m.offset), limit)
		}
	}
	raw, err := n.answered(ctx, a, err)
	if err != nil {
		return nil, err
	}
	return found.append(nil, raw), nil
}

// endAtHub has the hub end a log-in by tokens, and ends it here too, so that it is refused at once. One that the hub
// has not heard of yet may be known here.
func (n *Node) endAtHub(ctx context.Context, who Asker, k core.FamilyKey) (Result, error) {
	query := store.Query{UserID: who.Customer, HasUser: true}
	token, r, err := n.tokenOf(ctx, query, who.Token)
	if err != nil || r.Refused() {
		return r, err
	}
	m := whichLogin{token: token, start: k.Start, bits: k.Bits}
	r, err = n.askHub(ctx, CallEndListed, m.append(nil), query)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Result{}, n.endListed(ctx, k)
	case err != nil || r.Refused():
		return r, err
	}
	return Result{}, n.endFamily(ctx, k)
}

// answerEndListed answers CallEndListed.
func (n *Node) answerEndListed(ctx context.Context, request []byte) (a answer, err error) {
	m, err := readWhichLogin(request)
	if err != nil {
		return answer{}, err
	}
	r, err := n.Authenticate(ctx, m.token)
	if a.outcome.Refusals = r.Refusals; err != nil || r.Refused() {
		return a, err
	}
	return a, n.endListed(ctx, core.FamilyKey{Customer: r.Customer.ID, Start: m.start, Bits: m.bits})
}
