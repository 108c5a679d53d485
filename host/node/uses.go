package node

import (
	"context"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/store"
)

// Used notes that a log-in by tokens was used: its refresh has just succeeded with this result. It waits for nothing.
func (n *Node) Used(r Result, c Client) {
	if !n.cfg.ListSessions || r.Refused() || r.Customer.ID.IsZero() {
		return
	}
	if login, ok := r.listed.login(r.Customer.ID, c); ok {
		n.cfg.Store.UseLogin(login)
	}
}

// SessionUsed notes that the browser session with a secret was used. It waits for nothing.
func (n *Node) SessionUsed(secret string, c Client) {
	if id, ok := sessionID(secret); ok && n.cfg.ListSessions {
		n.cfg.Store.UseSession(id, c.shown())
	}
}

// listed is the log-in that a list shows after it got tokens.
type listed struct {
	family core.Family
	until  int64 // Unix seconds: the exp of its token that lives longest
}

// login is the log-in of a customer for the store; ok is false if no list shows it, such as one whose tokens have no id
// of ours.
func (l listed) login(customer core.CustomerID, c Client) (login store.NewLogin, ok bool) {
	login = store.NewLogin{Family: l.family.Key("", customer), Until: min(l.until, core.LastUntil), Client: c.shown()}
	return login, l.family.Listed && l.family.Ours && l.until > 0
}

// listedBy is the log-in that a list shows after it got tokens for the one that was opened, nil at a log-in. A refresh
// token or a sliding token among them says more than that. It is zero where nothing is listed.
func (n *Node) listedBy(ctx context.Context, engine *keyedEngine, o *core.Opened, tokens []core.Token) (l listed) {
	if !n.cfg.ListSessions {
		return listed{}
	}
	if o != nil && o.Issuer == "" {
		l.family = o.Family()
		l.until, _ = o.Expires()
	}
	for _, t := range tokens {
		if t.Type == core.AccessToken {
			continue
		}
		var opened core.Opened
		if err := engine.Open(ctx, []byte(t.Value), &opened); err == nil && opened.Cause == cause.OK {
			l.family = opened.Family()
			l.until, _ = opened.Expires()
		}
	}
	return l
}
