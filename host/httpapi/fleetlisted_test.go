package httpapi_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// openLists opens a fleet that lists log-ins.
func openLists(t *testing.T) *fleet {
	return openFleet(t, func(c *node.Config, _ *httpapi.Config) { c.ListSessions = true })
}

// loginAs logs ana in at a node, by a client of a name.
func (m *member) loginAs(t *testing.T, name string) (refresh, access string) {
	t.Helper()
	r, err := m.Login(t.Context(), node.Client{Agent: name}, "ana@example.com", "right")
	if err != nil || r.Refused() || len(r.Tokens) != 2 {
		t.Fatalf("Login at node %d = %+v, %v", m.number, r.Outcome, err)
	}
	return r.Tokens[0].Value, r.Tokens[1].Value
}

// listed are the log-ins that a node lists, the asker's own with a star.
func (m *member) listed(t *testing.T, who node.Asker, offset, limit int) (agents []string, list node.SessionList) {
	t.Helper()
	list, err := m.Sessions(t.Context(), who, offset, limit)
	if err != nil || list.Refused() {
		t.Fatalf("Sessions at node %d = %+v, %v", m.number, list, err)
	}
	for _, s := range list.List {
		agents = append(agents, s.UserAgent+strings.Repeat("*", map[bool]int{true: 1}[s.Current]))
	}
	return agents, list
}

// TestFleetLists: an edge lists what began at any node, by the hub, and its own browser sessions in front.
func TestFleetLists(t *testing.T) {
	f := openLists(t)
	_, access := f.nodes[2].loginAs(t, "two")
	time.Sleep(2 * time.Millisecond) // so that the log-ins have an order
	_, other := f.nodes[3].loginAs(t, "three")
	time.Sleep(2 * time.Millisecond)
	_, hubs := f.nodes[1].loginAs(t, "hub")
	browser := node.Client{Agent: "browser"}
	secret, _, err := f.nodes[3].StartSession(t.Context(), browser, "ana@example.com", "right", "")
	if err != nil {
		t.Fatal(err)
	}
	f.spread()
	ana := core.Integer(7)
	before, _ := f.nodes[3].store.Get(t.Context(), ana)
	f.asksSince()
	for _, c := range []struct {
		at            uint16
		who           node.Asker
		offset, limit int
		want          string
		count         int
	}{
		{1, node.Asker{Customer: ana, Token: hubs}, 0, 9, "hub* three two", 3},
		{2, node.Asker{Customer: ana, Token: access}, 0, 9, "hub three two*", 3},
		{3, node.Asker{Customer: ana, Token: other}, 0, 9, "browser hub three* two", 4},
		{3, node.Asker{Customer: ana, Secret: secret}, 0, 9, "browser* hub three two", 4},
		{3, node.Asker{Customer: ana, Token: other}, 0, 1, "browser", 4},
		{3, node.Asker{Customer: ana, Token: other}, 1, 2, "hub three*", 4},
		{3, node.Asker{Customer: ana, Token: other}, 3, 2, "two", 4},
		{3, node.Asker{Customer: ana, Token: other}, 4, 2, "", 4},
	} {
		agents, list := f.nodes[c.at].listed(t, c.who, c.offset, c.limit)
		if got := strings.Join(agents, " "); got != c.want || list.Count != c.count {
			t.Errorf("node %d, %d from %d: %q of %d, want %q of %d", c.at, c.limit, c.offset, got, list.Count, c.want,
				c.count)
		}
	}
	if asks := f.asksSince(); !slices.Equal(asks, []uint16{1, 1, 1, 1, 1, 1, 1}) {
		t.Errorf("asked %v", asks)
	}
	if after, _ := f.nodes[3].store.Get(t.Context(), ana); !after.LastLogin.Equal(before.LastLogin) {
		t.Error("a look at the list is a log-in")
	}
	f.away[1] = node.ErrAway
	if _, err := f.nodes[2].Sessions(t.Context(), node.Asker{Customer: ana, Token: access}, 0, 9); !errors.Is(err,
		node.ErrAway) {
		t.Errorf("Sessions without the hub = %v", err)
	}
}

// TestFleetEndsListed: an edge ends what began at another, and refuses it at once; so does that, once it hears of it.
func TestFleetEndsListed(t *testing.T) {
	f := openLists(t)
	ana := core.Integer(7)
	refresh, access := f.nodes[2].loginAs(t, "two")
	_, own := f.nodes[3].loginAs(t, "three")
	f.spread()
	edge, who := f.nodes[3], node.Asker{Customer: ana, Token: own}
	_, list := edge.listed(t, who, 0, 9)
	victim := list.List[slices.IndexFunc(list.List, func(s node.ListedSession) bool { return s.UserAgent == "two" })].ID
	mine := list.List[slices.IndexFunc(list.List, func(s node.ListedSession) bool { return s.Current })].ID

	f.away[1] = node.ErrAway
	if _, err := edge.EndListed(t.Context(), who, victim); !errors.Is(err, node.ErrAway) {
		t.Errorf("EndListed without the hub = %v", err)
	}
	f.away[1] = nil
	f.sync = func() {} // the edge hears nothing of the hub
	if e, err := edge.EndListed(t.Context(), who, victim); err != nil || e.Refused() || e.Current {
		t.Fatalf("EndListed = %+v, %v", e, err)
	}
	if answer, body := edge.me(t, access); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a check at the edge afterwards: %d %s", answer.StatusCode, body)
	}
	f.spread()
	f.sync = f.spread
	for number, m := range f.nodes {
		if answer, body := m.me(t, access); answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("a check at node %d: %d %s", number, answer.StatusCode, body)
		}
		if r, err := m.Refresh(t.Context(), refresh); err != nil || !r.Refused() {
			t.Errorf("a refresh at node %d: %+v, %v", number, r.Outcome, err)
		}
		if answer, body := m.me(t, own); answer.StatusCode != http.StatusOK {
			t.Errorf("another log-in at node %d: %d %s", number, answer.StatusCode, body)
		}
	}
	for _, id := range []string{victim, "x", strings.Repeat("A", 22)} {
		if _, err := edge.EndListed(t.Context(), who, id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("EndListed(%q) = %v", id, err)
		}
	}
	if agents, _ := f.nodes[2].listed(t, node.Asker{Customer: ana, Token: own}, 0, 9); !slices.Equal(agents,
		[]string{"three*"}) {
		t.Errorf("there are %v left", agents)
	}
	// What the hub has not heard of yet ends here.
	f.sync = func() {}
	_, fresh := edge.loginAs(t, "fresh")
	var opened core.Opened
	if err := edge.Engine().Open(t.Context(), []byte(fresh), &opened); err != nil {
		t.Fatal(err)
	}
	here := store.Login{Family: opened.Family().Key("", ana)}.ListID()
	if _, err := edge.EndListed(t.Context(), who, here); err != nil {
		t.Errorf("EndListed of a log-in that the hub does not know yet = %v", err)
	}
	f.spread()
	f.sync = f.spread
	if e, err := edge.EndListed(t.Context(), who, mine); err != nil || !e.Current {
		t.Errorf("EndListed of the asker's own = %+v, %v", e, err)
	}
	if answer, body := edge.me(t, own); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a check with the asker's own: %d %s", answer.StatusCode, body)
	}
}

// TestFleetNotesUses: a refresh at an edge is a use that the hub hears of.
func TestFleetNotesUses(t *testing.T) {
	f := openLists(t)
	refresh, access := f.nodes[2].loginAs(t, "two")
	f.spread()
	r, err := f.nodes[3].Refresh(t.Context(), refresh) // the home is node 2
	if err != nil || r.Refused() {
		t.Fatalf("Refresh = %+v, %v", r.Outcome, err)
	}
	f.nodes[3].Used(r, node.Client{Agent: "elsewhere"})
	if err := f.nodes[3].store.FlushUses(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.spread()
	agents, list := f.nodes[2].listed(t, node.Asker{Customer: core.Integer(7), Token: access}, 0, 9)
	if !slices.Equal(agents, []string{"elsewhere*"}) || list.List[0].LastUsed.Before(list.List[0].Created) {
		t.Errorf("listed are %v: %+v", agents, list.List)
	}
}

// TestHubDoesNotListForOthers: the hub lists for whoever has a good token, and takes no edge's word.
func TestHubDoesNotListForOthers(t *testing.T) {
	f := openLists(t)
	_, access := f.nodes[2].loginAs(t, "two")
	f.spread()
	if err := f.nodes[1].store.Revoke(t.Context(), core.Integer(7)); err != nil {
		t.Fatal(err)
	}
	who := node.Asker{Customer: core.Integer(7), Token: access}
	if l, err := f.nodes[2].Sessions(t.Context(), who, 0, 9); err != nil || !l.Refused() || len(l.List) != 0 {
		t.Errorf("Sessions with a token that the hub refuses = %+v, %v", l, err)
	}
	if e, err := f.nodes[2].EndListed(t.Context(), who, strings.Repeat("A", 22)); err != nil || !e.Refused() {
		t.Errorf("EndListed with a token that the hub refuses = %+v, %v", e, err)
	}
	for _, call := range []byte{node.CallSessions, node.CallEndListed} {
		for _, request := range []string{"", "x", "\x01\x00\x00\x00\x00"} {
			answer, err := f.nodes[1].AnswerHub(t.Context(), 2, call, []byte(request))
			if err != nil || call == node.CallEndListed && (len(answer) != 3 || answer[1] != 0) {
				t.Errorf("call %d of %x: %x, %v", call, request, answer, err)
			}
		}
		if answer, err := f.nodes[3].AnswerHub(t.Context(), 2, call, nil); err != nil || len(answer) != 3 {
			t.Errorf("call %d at an edge: %x, %v", call, answer, err)
		}
	}
}
