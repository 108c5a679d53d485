package node

import (
	"context"
	"errors"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// Kinds of listed sessions.
const (
	TokenSession   = "token"   // a log-in that got tokens
	BrowserSession = "browser" // a session of this node
)

// maxListed bounds the log-ins of one answer.
const maxListed = 100

// Asker is the customer who asks about its own log-ins.
type Asker struct {
	Customer core.CustomerID
	Token    string // the access or sliding token that says who asks; "" if a browser session does
	Secret   string // of the browser session, "" if there is none
}

// ListedSession is a log-in as its customer sees it.
type ListedSession struct {
	ID                string // 22 characters of base64url
	Kind              string // TokenSession or BrowserSession
	Created, LastUsed time.Time
	UserAgent         string
	Address           string // coarse: Client.Address
	Current           bool   // whoever asks has this one
}

// SessionList is a part of the log-ins of a customer.
type SessionList struct {
	Result     // Refusals: the hub refused the token of whoever asks
	Count  int // of all that are listed
	List   []ListedSession
}

// EndedSession is a log-in that its customer ended.
type EndedSession struct {
	Result       // Refusals: the hub refused the token of whoever asks
	Current bool // whoever asked had this one
}

// ListsSessions reports whether log-ins are recorded and listed: Config.ListSessions.
func (n *Node) ListsSessions() bool { return n.cfg.ListSessions }

// Sessions lists the live log-ins of whoever asks, at most limit of them and 100, without the first offset: first the
// browser sessions of this node, then the log-ins by tokens, the most recently used of each first. In a fleet the hub
// knows the log-ins by tokens: an edge asks it, and the error is as of EndLogins if it is away.
func (n *Node) Sessions(ctx context.Context, who Asker, offset, limit int) (SessionList, error) {
	offset, limit = max(offset, 0), min(max(limit, 0), maxListed)
	seen := n.look()
	browser, err := n.cfg.Store.SessionsOf(ctx, who.Customer)
	if err != nil {
		return SessionList{}, err
	}
	var list []ListedSession
	for _, s := range browser[min(offset, len(browser)):min(offset+limit, len(browser))] {
		list = append(list, n.listedSession(s, who))
	}
	part := loginsPart{offset: max(0, offset-len(browser)), limit: limit - len(list)}
	logins, result, err := n.logins(ctx, who, part)
	if err != nil || result.Refused() {
		return SessionList{Result: result}, err
	}
	current, err := n.familyOf(ctx, who)
	if err != nil {
		return SessionList{}, err
	}
	for _, l := range logins.list {
		list = append(list, listedLogin(l, current))
	}
	if err := n.young(core.Authenticate, nil, seen); err != nil {
		return SessionList{}, err
	}
	return SessionList{Count: len(browser) + logins.count, List: list}, nil
}

// listedLogin is a log-in by tokens as whoever asks sees it, whose token is of the family current.
func listedLogin(l store.Login, current core.Family) ListedSession {
	return ListedSession{ID: l.ListID(), Kind: TokenSession, Created: time.UnixMilli(l.Family.Start).UTC(),
		LastUsed: l.Used, UserAgent: l.Client.Agent, Address: l.Client.Address, Current: isOf(current, l.Family)}
}

// listedSession is a browser session as whoever asks sees it.
func (n *Node) listedSession(s store.UsedSession, who Asker) ListedSession {
	id, ok := sessionID(who.Secret)
	return ListedSession{ID: s.ListID(), Kind: BrowserSession, Created: time.UnixMilli(s.Started).UTC(),
		LastUsed: s.Used, UserAgent: s.Client.Agent, Address: s.Client.Address, Current: ok && id == s.ID}
}

// familyOf is the family of the token of whoever asks; zero if there is none.
func (n *Node) familyOf(ctx context.Context, who Asker) (core.Family, error) {
	if who.Token == "" {
		return core.Family{}, nil
	}
	var opened core.Opened
	if err := n.engine.Load().Open(ctx, []byte(who.Token), &opened); err != nil {
		return core.Family{}, err
	}
	return opened.Family(), nil
}

// loginsPart is a part of the log-ins by tokens of a customer: without offset of them, at most limit.
type loginsPart struct{ offset, limit int }

// listedLogins are a part of the log-ins by tokens of a customer, and how many there are.
type listedLogins struct {
	count int
	list  []store.Login
}

// logins are a part of the log-ins by tokens of whoever asks. At an edge the hub knows them, and may refuse the token.
func (n *Node) logins(ctx context.Context, who Asker, part loginsPart) (l listedLogins, r Result, err error) {
	if n.isEdge() {
		return n.askSessions(ctx, who, part)
	}
	l.list, l.count, err = n.cfg.Store.Logins(ctx, who.Customer, part.offset, part.limit)
	return l, Result{}, err
}

// EndListed ends the log-in of whoever asks that a list names by an id. It is durable when it returns, and refused here
// at once: on the secure wire with all its tokens, on the exact wire access tokens are good until they expire. The
// error is store.ErrNotFound if that customer has no live log-in of this id. At an edge the hub decides about log-ins
// by tokens, and may refuse the token.
func (n *Node) EndListed(ctx context.Context, who Asker, id string) (EndedSession, error) {
	s, err := n.cfg.Store.ListedSession(ctx, who.Customer, id)
	switch {
	case err == nil:
		own, ok := sessionID(who.Secret)
		return EndedSession{Current: ok && own == s.ID}, n.cfg.Store.EndSession(ctx, s.ID)
	case !errors.Is(err, store.ErrNotFound):
		return EndedSession{}, err
	}
	k, ok := store.ReadListID(id)
	if !ok {
		return EndedSession{}, store.ErrNotFound
	}
	family, err := n.familyOf(ctx, who)
	if err != nil {
		return EndedSession{}, err
	}
	e := EndedSession{Current: isOf(family, k)}
	if k.Customer = who.Customer; n.isEdge() {
		e.Result, err = n.endAtHub(ctx, who, k)
	} else {
		err = n.endListed(ctx, k)
	}
	return e, err
}

// isOf reports whether a family of a token is that which a list names.
func isOf(f core.Family, k core.FamilyKey) bool {
	return f.Ours && f.Start == k.Start && f.Bits == k.Bits
}

// endListed ends a listed log-in by tokens of which this node knows.
func (n *Node) endListed(ctx context.Context, k core.FamilyKey) error {
	if _, err := n.cfg.Store.ListedLogin(ctx, k); err != nil {
		return err
	}
	return n.endFamily(ctx, k)
}

// endFamily ends a family of ours.
func (n *Node) endFamily(ctx context.Context, k core.FamilyKey) error {
	family := core.Family{Listed: true, Ours: true, Bits: k.Bits, Start: k.Start}
	query := store.Query{UserID: k.Customer, HasUser: true, Family: family, HasFamily: true}
	request := core.Request{Op: core.Revoke}
	request.Opened.SetFamily(family)
	if _, _, err := Revoke(ctx, n.cfg.Store, &n.cfg.Settings, query, request); err != nil {
		return err
	}
	return n.told(ctx)
}
