package httpapi_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// lasting is a shop whose ana is staff, with some pages of customers, and the ways in which ana may ask.
type lasting struct {
	*shop
	ahead   atomic.Int64              // of the clock
	another atomic.Pointer[node.Node] // that of the configuration of now
	refresh string
	person  *tab
	ways    map[string][]string
}

func openLasting(t *testing.T) *lasting {
	t.Helper()
	l := &lasting{}
	var first node.Config
	l.shop = openShop(t, func(n *node.Config, h *httpapi.Config) {
		inCookies(h)
		n.Now = func() time.Time { return time.Now().Add(time.Duration(l.ahead.Load())) }
		first = *n
		h.Current = func() *node.Node {
			if n := l.another.Load(); n != nil {
				return n
			}
			return h.Node
		}
	})
	l.another.Store(anotherNode(t, first, core.NewNative(first.Settings, testKeys(t))))
	if _, err := l.store.Set(t.Context(), core.Integer(7), store.Change{IsStaff: new(true)}, 0); err != nil {
		t.Fatal(err)
	}
	list := make([]store.NewCustomer, 4*httpapi.ListPage)
	for i := range list {
		list[i] = store.NewCustomer{ID: core.Integer(int64(100 + i)), Email: string(rune('a'+i)) + "@example.com"}
	}
	if _, err := l.store.AddAll(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	app, person := l.app(t), l.browser()
	app.enter(t)
	person.logIn(t)
	person.token = person.cookies["csrftoken"]
	l.refresh, l.person = app.cookies["refresh"], person
	l.ways = map[string][]string{
		"token": {"Authorization: Bearer " + app.cookies["access"]},
		"cookie": {"Cookie: access=" + app.cookies["access"] + "; csrftoken=" + app.cookies["csrftoken"],
			"X-CSRFToken: " + app.token},
		"session": {"Cookie: sessionid=" + person.cookies["sessionid"] + "; csrftoken=" + person.cookies["csrftoken"],
			"X-CSRFToken: " + person.cookies["csrftoken"]},
	}
	return l
}

// anotherNode is a node on the same store as one of this configuration, with another engine.
func anotherNode(t *testing.T, c node.Config, engine core.Engine) *node.Node {
	t.Helper()
	c.Engine = engine
	n, err := node.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// losses are the ways to lose the right to go on, and whom they meet; nil: all.
var losses = []struct {
	name string
	ways []string
	lose func(*testing.T, *lasting) error
}{
	{"nothing", nil, func(*testing.T, *lasting) error { return nil }},
	{"disabled", nil, func(t *testing.T, l *lasting) error {
		return l.store.SetActive(t.Context(), core.Integer(7), false)
	}},
	{"staff no more", nil, func(t *testing.T, l *lasting) error {
		_, err := l.store.Set(t.Context(), core.Integer(7), store.Change{IsStaff: new(false)}, 0)
		return err
	}},
	{"removed", nil, func(t *testing.T, l *lasting) error {
		return l.store.Remove(t.Context(), core.Integer(7), time.Hour)
	}},
	{"logged out everywhere", nil, func(t *testing.T, l *lasting) error {
		return l.store.Revoke(t.Context(), core.Integer(7))
	}},
	{"all revoked", nil, func(t *testing.T, l *lasting) error { return l.store.RevokeAll(t.Context()) }},
	{"a new password", nil, func(t *testing.T, l *lasting) error {
		return l.store.SetPassword(t.Context(), core.Integer(7), hashOf(t, "new"))
	}},
	{"blacklisted", []string{"token", "cookie"}, func(t *testing.T, l *lasting) error {
		if answer, _ := l.post(t, "/auth/token/blacklist/",
			`{"refresh":"`+l.refresh+`"}`); answer.StatusCode != http.StatusOK {
			return errors.New(answer.Status)
		}
		return nil
	}},
	{"expired", []string{"token", "cookie"}, func(_ *testing.T, l *lasting) error {
		l.ahead.Store(int64(15 * 24 * time.Hour))
		return nil
	}},
	{"logged out", []string{"session"}, func(t *testing.T, l *lasting) error {
		if answer, _ := l.person.submit(t, "/auth/logout/", nil); answer.StatusCode != http.StatusOK {
			return errors.New(answer.Status)
		}
		return nil
	}},
}

// TestListEndsWithTheRight: who may not see customers any more gets no further page, and can tell that this is not
// the whole list.
func TestListEndsWithTheRight(t *testing.T) {
	t.Parallel()
	for _, loss := range losses {
		for _, way := range []string{"token", "cookie", "session"} {
			if loss.ways != nil && !slices.Contains(loss.ways, way) {
				continue
			}
			t.Run(loss.name+"/"+way, func(t *testing.T) {
				l := openLasting(t)
				recorder := httptest.NewRecorder()
				w := &meddling{ResponseWriter: recorder, write: func(writes int) error {
					if writes == 2 {
						return loss.lose(t, l)
					}
					return nil
				}}
				r := httptest.NewRequestWithContext(t.Context(), "GET", "/customers/", nil)
				for _, h := range l.ways[way] {
					name, value, _ := strings.Cut(h, ": ")
					r.Header.Set(name, value)
				}
				aborted := func() (reason any) {
					defer func() { reason = recover() }()
					l.Config.Handler.ServeHTTP(w, r)
					return nil
				}()
				whole, record := loss.name == "nothing", l.log.String()
				if whole != (aborted == nil) || whole != strings.HasSuffix(recorder.Body.String(), "]") ||
					whole == (w.writes == 2) {
					t.Errorf("ended with %v after %d writes: …%s", aborted, w.writes,
						recorder.Body.String()[max(0, recorder.Body.Len()-50):])
				}
				if whole == (strings.Contains(record, `"cut":true`) && strings.Contains(record, `"level":"WARN"`)) ||
					strings.Contains(record, `"level":"ERROR"`) {
					t.Errorf("logged %s", record)
				}
				httpapi.TakeLists(l.Config.Handler)()
			})
		}
	}
}

// TestBodyOutlastsTheRight: who loses the right to ask while the body still arrives is refused as if the request had
// come then.
func TestBodyOutlastsTheRight(t *testing.T) {
	t.Parallel()
	for _, loss := range losses {
		for _, way := range []string{"token", "cookie", "session"} {
			if loss.ways != nil && !slices.Contains(loss.ways, way) || loss.name == "staff no more" {
				continue
			}
			t.Run(loss.name+"/"+way, func(t *testing.T) {
				l := openLasting(t)
				body, sender := io.Pipe()
				r := httptest.NewRequestWithContext(t.Context(), "POST", "/customers/me/", body)
				r.ContentLength = -1
				r.Header.Set("Content-Type", "application/json")
				for _, h := range l.ways[way] {
					name, value, _ := strings.Cut(h, ": ")
					r.Header.Set(name, value)
				}
				answer := httptest.NewRecorder()
				done := make(chan struct{})
				go func() { defer close(done); l.Config.Handler.ServeHTTP(answer, r) }()
				_, err := io.WriteString(sender, "{") // once it is read, the customer was judged
				err = errors.Join(err, loss.lose(t, l))
				_, failed := io.WriteString(sender, "}")
				if err := errors.Join(err, failed, sender.Close()); err != nil {
					t.Fatal(err)
				}
				<-done
				want := http.StatusUnauthorized
				if loss.name == "nothing" {
					want = http.StatusOK
				}
				if answer.Code != want {
					t.Errorf("%d %s, want %d", answer.Code, answer.Body, want)
				}
			})
		}
	}
}

// TestListAfterAReload: a list that goes on after the keys were exchanged is judged by the new ones.
func TestListAfterAReload(t *testing.T) {
	l := openLasting(t)
	other := keysFor(t, recordedSettings{"ALGORITHM": "HS256", "SIGNING_KEY": strings.Repeat("o", 32)})
	settings := core.DefaultSettings()
	recorder := httptest.NewRecorder()
	w := &meddling{ResponseWriter: recorder, write: func(writes int) error {
		if writes == 2 {
			l.another.Store(anotherNode(t, node.Config{Store: l.store, Settings: settings, Passwords: cheap},
				core.NewNative(settings, other)))
		}
		return nil
	}}
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/customers/", nil)
	r.Header.Set("Authorization", strings.TrimPrefix(l.ways["token"][0], "Authorization: "))
	defer func() {
		if recover() != http.ErrAbortHandler || w.writes != 2 {
			t.Errorf("the list of a token under the old key went on: %d writes", w.writes)
		}
	}()
	l.Config.Handler.ServeHTTP(w, r)
}
