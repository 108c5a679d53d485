package node_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

var ana = core.Integer(1)

// lists has a node list log-ins, and lets another customer, eve (5), log in.
func lists(t testing.TB, change func(*node.Config)) *world {
	t.Helper()
	w := newWorld(t, func(c *node.Config) {
		c.ListSessions = true
		if change != nil {
			change(c)
		}
	})
	_, err := w.store.Add(t.Context(), store.NewCustomer{ID: core.Integer(5), Email: "eve@example.com", IsActive: true,
		PasswordHash: hash(t, "right")})
	must(t, err)
	return w
}

// by is a client of a name.
func by(name string) node.Client {
	return node.Client{Prefix: netip.MustParsePrefix("192.0.2.1/32"), Agent: name, Address: "192.0.2.0/24"}
}

// loginBy logs ana in.
func (w *world) loginBy(t testing.TB, c node.Client) (refresh, access string) {
	t.Helper()
	r, err := w.Login(t.Context(), c, "ana@example.com", "right")
	if err != nil || r.Refused() || len(r.Tokens) != 2 {
		t.Fatalf("Login = %+v, %v", r.Outcome, err)
	}
	return r.Tokens[0].Value, r.Tokens[1].Value
}

// sessionBy begins a session of ana's.
func (w *world) sessionBy(t testing.TB, c node.Client) string {
	t.Helper()
	secret, r, err := w.StartSession(t.Context(), c, "ana@example.com", "right", "")
	if err != nil || secret == "" {
		t.Fatalf("StartSession = %+v, %v", r.Outcome, err)
	}
	return secret
}

// page asks for a part of the log-ins.
func (w *world) page(t testing.TB, who node.Asker, offset, limit int) node.SessionList {
	t.Helper()
	l, err := w.Sessions(t.Context(), who, offset, limit)
	if err != nil || l.Refused() {
		t.Fatalf("Sessions = %+v, %v", l, err)
	}
	return l
}

// flush writes the uses that wait.
func (w *world) flush(t testing.TB) {
	t.Helper()
	must(t, w.store.FlushUses(t.Context()))
}

// wantRefused holds a token to be refused by every operation.
func (w *world) wantRefused(t testing.TB, what, refresh, access string) {
	t.Helper()
	for name, do := range map[string]func() (node.Result, error){
		"refresh":      func() (node.Result, error) { return w.Refresh(t.Context(), refresh) },
		"verify":       func() (node.Result, error) { return w.Verify(t.Context(), access) },
		"authenticate": func() (node.Result, error) { return w.Authenticate(t.Context(), access) },
	} {
		if r, err := do(); err != nil || !r.Refused() {
			t.Errorf("%s: %s = %+v, %v; want a refusal", what, name, r.Outcome, err)
		}
	}
}

// TestSessions: 300 log-ins are listed page by page, the most recently used first; one ends at once, and then all.
func TestSessions(t *testing.T) {
	w := lists(t, nil)
	var refresh, access []string
	for i := range 300 {
		r, a := w.loginBy(t, by(fmt.Sprint("agent ", i)))
		refresh, access = append(refresh, r), append(access, a)
		w.passes(time.Second)
	}
	secret := w.sessionBy(t, by("a browser"))
	who := node.Asker{Customer: ana, Token: access[123]}
	var all []node.ListedSession
	for offset := 0; ; offset += 50 {
		l := w.page(t, who, offset, 50)
		if l.Count != 301 {
			t.Fatalf("Count = %d, want 301", l.Count)
		}
		if len(l.List) == 0 {
			break
		}
		all = append(all, l.List...)
	}
	if len(all) != 301 || all[0].Kind != node.BrowserSession || all[0].UserAgent != "a browser" {
		t.Fatalf("%d are listed, %+v first", len(all), all[0])
	}
	ids := map[string]bool{}
	for i, s := range all[1:] {
		n := 299 - i
		want := node.ListedSession{ID: s.ID, Kind: node.TokenSession, Created: s.Created, LastUsed: s.Created,
			UserAgent: fmt.Sprint("agent ", n), Address: "192.0.2.0/24", Current: n == 123}
		if s != want || len(s.ID) != 22 || ids[s.ID] {
			t.Errorf("log-in %d is %+v", n, s)
		}
		ids[s.ID] = true
	}
	if l := w.page(t, node.Asker{Customer: ana, Secret: secret}, 0, 1); !l.List[0].Current {
		t.Errorf("the browser's own session is %+v", l.List[0])
	}
	if l := w.page(t, who, 0, 1000); len(l.List) != 100 {
		t.Errorf("%d are in one answer, want 100", len(l.List))
	}

	// One ends, and only that.
	end := func(s node.ListedSession) bool {
		t.Helper()
		e, err := w.EndListed(t.Context(), who, s.ID)
		if err != nil || e.Refused() {
			t.Fatalf("EndListed(%s) = %+v, %v", s.ID, e, err)
		}
		return e.Current
	}
	if end(all[300]) {
		t.Error("the log-in that ended is not the asker's")
	}
	w.wantRefused(t, "the log-in that ended", refresh[0], access[0])
	if r, err := w.Verify(t.Context(), access[1]); err != nil || r.Refused() {
		t.Errorf("another log-in: %+v, %v", r.Outcome, err)
	}
	if _, err := w.EndListed(t.Context(), who, all[300].ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a second end: %v", err)
	}
	if l := w.page(t, who, 0, 1); l.Count != 300 {
		t.Errorf("%d are left, want 300", l.Count)
	}
	if !end(all[1+299-123]) {
		t.Error("the asker's own log-in does not say so")
	}
	w.wantRefused(t, "the asker's own", refresh[123], access[123])
	who.Token = access[1]
	if end(all[0]) {
		t.Error("a browser's session is that of a token")
	}
	if c, err := w.Session(t.Context(), secret); err != nil || !c.ID.IsZero() {
		t.Errorf("the session goes on: %+v, %v", c, err)
	}

	// All end, by log-out everywhere and by a new password.
	if _, err := w.EndLogins(t.Context(), ana, access[1]); err != nil {
		t.Fatal(err)
	}
	w.wantRefused(t, "after log-out everywhere", refresh[7], access[7])
	r, a := w.loginBy(t, by("again"))
	if l := w.page(t, node.Asker{Customer: ana, Token: a}, 0, 50); l.Count != 1 || l.List[0].UserAgent != "again" {
		t.Errorf("after log-out everywhere and a log-in there are %+v", l)
	}
	if r, err := w.ChangePassword(t.Context(), by(""), "ana@example.com", "right", "next"); err != nil || r.Refused() {
		t.Fatalf("ChangePassword = %+v, %v", r.Outcome, err)
	}
	w.wantRefused(t, "after a new password", r, a)
	if l := w.page(t, node.Asker{Customer: ana, Token: a}, 0, 50); l.Count != 0 {
		t.Errorf("after a new password there are %+v", l)
	}
}

// TestEndListedOfAnother: nobody ends, or sees, what is another's, and no id tells whether it exists.
func TestEndListedOfAnother(t *testing.T) {
	w := lists(t, nil)
	refresh, access := w.loginBy(t, by("x"))
	secret := w.sessionBy(t, by("y"))
	l := w.page(t, node.Asker{Customer: ana, Token: access}, 0, 9)
	eve := node.Asker{Customer: core.Integer(5)}
	if l := w.page(t, eve, 0, 9); l.Count != 0 || len(l.List) != 0 {
		t.Errorf("eve sees %+v", l)
	}
	for _, id := range []string{l.List[0].ID, l.List[1].ID, strings.Repeat("A", 22), "", "x", l.List[0].ID + "A",
		strings.Repeat("A", 1<<16), "\x00", l.List[0].ID[:21] + "!"} {
		if _, err := w.EndListed(t.Context(), eve, id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("EndListed(%.30q) = %v, want ErrNotFound", id, err)
		}
	}
	if r, err := w.Refresh(t.Context(), refresh); err != nil || r.Refused() {
		t.Errorf("Refresh = %+v, %v", r.Outcome, err)
	}
	if c, err := w.Session(t.Context(), secret); err != nil || c.ID != ana {
		t.Errorf("Session = %+v, %v", c, err)
	}
}

// TestSessionsAreUsed: each refresh is a use by its client, whether refresh tokens rotate or not; a log-in from before
// the list appears with its first.
func TestSessionsAreUsed(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*core.Settings)
		rows   int // after the refresh of one log-in
	}{
		"rotation": {nil, 1},
		"none":     {func(s *core.Settings) { s.RotateRefreshTokens = false }, 1},
		"no blacklist": {func(s *core.Settings) {
			s.RotateRefreshTokens, s.BlacklistAfterRotation = true, false
		}, 2}, // the old refresh token goes on, too
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(config *node.Config) {
				config.Settings.RotateRefreshTokens, config.Settings.BlacklistAfterRotation = true, true
				if c.change != nil {
					c.change(&config.Settings)
				}
			})
			refresh, access := w.loginBy(t, by("old"))
			began := w.now
			if l := w.page(t, node.Asker{Customer: ana, Token: access}, 0, 9); l.Count != 0 {
				t.Errorf("without the list there are %+v", l)
			}
			w.config.ListSessions = true
			w.restart(t)
			w.passes(time.Hour)
			r, err := w.Refresh(t.Context(), refresh)
			w.wantCause(t, "Refresh", r, err, cause.OK)
			w.Used(r, by("new"))
			w.flush(t)
			who := node.Asker{Customer: ana, Token: access}
			l := w.page(t, who, 0, 9)
			if l.Count != 1 || l.List[0].UserAgent != "new" || !l.List[0].LastUsed.Equal(w.now) ||
				l.List[0].Created.Sub(began).Abs() > time.Second {
				t.Fatalf("after the refresh there are %+v; now it is %v", l, w.now)
			}
			// A log-in that is listed from its beginning on.
			refresh, access = w.loginBy(t, by("begins"))
			who.Token = access
			if l := w.page(t, who, 0, 1); l.Count != 2 || !l.List[0].Current || l.List[0].UserAgent != "begins" {
				t.Errorf("after a log-in there are %+v", l)
			}
			w.passes(10 * time.Minute)
			r, err = w.Refresh(t.Context(), refresh)
			w.wantCause(t, "Refresh", r, err, cause.OK)
			w.Used(r, by("goes on"))
			w.flush(t)
			l = w.page(t, who, 0, 9)
			if l.Count != 1+c.rows || !l.List[0].LastUsed.Equal(w.now) || l.List[0].UserAgent != "goes on" {
				t.Errorf("after its refresh there are %+v", l)
			}
			// A refusal is no use.
			w.Used(node.Result{Outcome: core.Outcome{Refusals: []core.Refusal{{}}}}, by("refused"))
			w.Used(node.Result{}, by("nobody"))
			// It ends with its last token.
			w.passes(w.config.Settings.RefreshTokenLifetime + time.Minute)
			w.flush(t)
			if l := w.page(t, who, 0, 9); l.Count != 0 {
				t.Errorf("after its end there are %+v", l)
			}
		})
	}
}

// TestSlidingSessions: sliding tokens are listed by the id that all of them share.
func TestSlidingSessions(t *testing.T) {
	w := lists(t, func(c *node.Config) { c.Settings.AuthTokenClasses = []core.TokenType{core.SlidingToken} })
	r, err := w.SlidingLogin(t.Context(), by("slides"), "ana@example.com", "right")
	w.wantCause(t, "SlidingLogin", r, err, cause.OK)
	token := r.Tokens[0].Value
	w.passes(time.Minute)
	r, err = w.SlidingRefresh(t.Context(), token)
	w.wantCause(t, "SlidingRefresh", r, err, cause.OK)
	w.Used(r, by("slides on"))
	w.flush(t)
	l := w.page(t, node.Asker{Customer: ana, Token: r.Tokens[0].Value}, 0, 9)
	if l.Count != 1 || !l.List[0].Current || l.List[0].UserAgent != "slides on" || !l.List[0].LastUsed.Equal(w.now) {
		t.Fatalf("there are %+v", l)
	}
	if _, err := w.EndListed(t.Context(), node.Asker{Customer: ana}, l.List[0].ID); err != nil {
		t.Fatal(err)
	}
	for i, token := range []string{token, r.Tokens[0].Value} {
		if r, err := w.Authenticate(t.Context(), token); err != nil || !r.Refused() {
			t.Errorf("token %d is accepted: %v", i, err)
		}
	}
}

// TestBrowserSessionsAreUsed: a page that a session opens is a use of it.
func TestBrowserSessionsAreUsed(t *testing.T) {
	w := lists(t, nil)
	one, two := w.sessionBy(t, by("one")), w.sessionBy(t, by("two"))
	w.passes(10 * time.Minute)
	w.SessionUsed(one, by("three"))
	w.SessionUsed("no secret", by("four"))
	w.flush(t)
	var got []string
	for _, s := range w.page(t, node.Asker{Customer: ana, Secret: two}, 0, 9).List {
		got = append(got, fmt.Sprintf("%s %v %v", s.UserAgent, s.Current, w.now.Sub(s.LastUsed)))
	}
	if want := []string{"three false 0s", "two true 10m0s"}; !slices.Equal(got, want) {
		t.Errorf("there are %v, want %v", got, want)
	}
}

// TestNothingIsListed: where the list is off, nothing is recorded of who asks.
func TestNothingIsListed(t *testing.T) {
	w := newWorld(t, nil)
	refresh, access := w.loginBy(t, by("secret agent"))
	secret := w.sessionBy(t, by("secret agent"))
	r, err := w.Refresh(t.Context(), refresh)
	w.wantCause(t, "Refresh", r, err, cause.OK)
	w.Used(r, by("secret agent"))
	w.SessionUsed(secret, by("secret agent"))
	before := w.store.Changes()
	w.flush(t)
	if after := w.store.Changes(); after != before {
		t.Error("uses were written")
	}
	s, err := w.store.Stats(t.Context())
	must(t, err)
	l := w.page(t, node.Asker{Customer: ana, Token: access}, 0, 9)
	if s.Logins != 0 || l.Count != 1 || l.List[0].UserAgent+l.List[0].Address != "" {
		t.Errorf("%d log-ins are recorded; listed are %+v", s.Logins, l)
	}
	must(t, w.store.Close())
	file, err := os.ReadFile(w.path)
	must(t, err)
	if bytes.Contains(file, []byte("secret agent")) {
		t.Error("the file has the user agent")
	}
}

// TestListNeedsABlacklist: a list of which nothing can end is a mistake.
func TestListNeedsABlacklist(t *testing.T) {
	w := newWorld(t, nil)
	c := w.config
	c.ListSessions, c.Settings.BlacklistApp = true, false
	if _, err := node.New(c); err == nil || !strings.Contains(err.Error(), "ListSessions") {
		t.Errorf("New = %v", err)
	}
}

// TestUsesAreWrittenAtTheEnd: a node that stops loses no use.
func TestUsesAreWrittenAtTheEnd(t *testing.T) {
	w := lists(t, nil)
	refresh, access := w.loginBy(t, by("one"))
	w.passes(10 * time.Minute)
	r, err := w.Refresh(t.Context(), refresh)
	w.wantCause(t, "Refresh", r, err, cause.OK)
	w.Used(r, by("two"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w.Run(ctx)
	if l := w.page(t, node.Asker{Customer: ana, Token: access}, 0, 9); l.List[0].UserAgent != "two" {
		t.Errorf("after the end there are %+v", l)
	}
}
