package node

import (
	"context"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// Kinds of listed sessions.
const (
	TokenSession   = "token"   // a log-in that got tokens
	BrowserSession = "browser" // a session of this node
)

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

// Sessions lists the live log-ins of whoever asks, at most limit of them, without the first offset: first the browser
// sessions of this node, the latest first, then the log-ins by tokens, the most recently used first. In a fleet the
// hub knows the log-ins by tokens; the error is as of EndLogins if it is away.
func (n *Node) Sessions(ctx context.Context, who Asker, offset, limit int) (SessionList, error) {
	return SessionList{}, nil
}

// EndListed ends the log-in of whoever asks that a list names by an id. It is durable when it returns, and refused here
// at once. The error is store.ErrNotFound if that customer has no live log-in of this id. At an edge the hub decides
// about log-ins by tokens, and may refuse the token.
func (n *Node) EndListed(ctx context.Context, who Asker, id string) (EndedSession, error) {
	return EndedSession{}, store.ErrNotFound
}

// Used notes that a log-in by tokens was used: its refresh has just succeeded with this result. It waits for nothing.
func (n *Node) Used(r Result, c Client) {}

// SessionUsed notes that the browser session with a secret was used. It waits for nothing.
func (n *Node) SessionUsed(secret string, c Client) {}
