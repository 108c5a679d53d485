package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/testdata/faultdisk"
)

// TestFaultyDisk has the first, second, … write, truncation or sync of each change fail, until one succeeds without it, over HTTP and the
// admin socket. A change is acknowledged or answered with 503 and Retry-After; what was acknowledged, to whomever, holds; and the next
// attempt succeeds (R9).
func TestFaultyDisk(t *testing.T) {
	if faultdisk.Rerun(t) {
		return
	}
	n := startNode(t, "native")
	n.admin(t, "POST", "/groups", http.StatusOK, `{"name": "editors", "permissions": ["a.b"]}`)
	for name, prepare := range changes {
		for _, failures := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d in a row", name, failures), func(t *testing.T) { n.breaks(t, prepare, failures) })
		}
	}
}

// breaks has the disk fail in all places.
func (n *runningNode) breaks(t *testing.T, prepare func(*testing.T, *runningNode) change, failures int) {
	for at := 1; ; at++ {
		c := prepare(t, n)
		var asked sync.WaitGroup
		var seen sync.Map // what somebody else was told meanwhile that rests on the change
		d := &failing{at: at, failures: failures, meanwhile: func() {
			done := make(chan struct{})
			for name, ask := range c.others {
				asked.Go(func() {
					if told, said := ask(); told {
						seen.Store(name, said)
					}
				})
			}
			go func() {
				asked.Wait()
				close(done)
			}()
			select {
			case <-done:
			case <-time.After(10 * time.Millisecond): // they wait for the disk, as they should
			}
		}}
		faultdisk.Use(faultdisk.Before(d.before))
		acknowledged, said := c.do()
		asked.Wait()
		faultdisk.Use(faultdisk.Sound)
		eventually(t, "the node is ready", func() bool { return n.ask(t, "GET", "/readyz", "").status == http.StatusOK })
		place := fmt.Sprintf("operation %d, a %s, fails", at, d.kind)
		if !acknowledged && !said.busy() {
			t.Errorf("%s: the answer is %v, want an acknowledgement, or 503 with Retry-After", place, said)
		}
		if acknowledged && !c.holds() {
			t.Errorf("%s: the change was acknowledged (%v) and does not hold", place, said)
		}
		seen.Range(func(name, said any) bool {
			if !c.holds() {
				t.Errorf("%s: the change does not hold, but %s was answered with %v", place, name, said)
			}
			return true
		})
		if again, said := c.do(); !again || !c.holds() {
			t.Errorf("%s: the next attempt is answered with %v, and the change holds: %v", place, said, c.holds())
		}
		if !d.hit || t.Failed() {
			if at <= 4 {
				t.Errorf("the disk was asked %d times, want at least two writes and two syncs", at-1)
			}
			return
		}
	}
}

// failing is a disk of which one operation fails, and some that follow.
type failing struct {
	mu        sync.Mutex
	count, at int
	failures  int
	kind      faultdisk.Kind
	hit       bool
	meanwhile func() // called when the first fails
}

var errDisk = errors.New("input/output error of this test")

func (f *failing) before(op faultdisk.Op) error {
	f.mu.Lock()
	f.count++
	fails := f.count >= f.at && f.failures > 0
	first := fails && !f.hit
	if fails {
		f.failures--
	}
	if first {
		f.hit, f.kind = true, op.Kind
	}
	f.mu.Unlock()
	if first {
		f.meanwhile()
	}
	if fails {
		return errDisk
	}
	return nil
}

// reply is an answer.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) busy() bool {
	return r.status == http.StatusServiceUnavailable && r.header.Get("Retry-After") != ""
}

func (r reply) String() string { return fmt.Sprintf("%d %.200s", r.status, r.body) }

// ask sends a request to the node, headers being "Name: value".
func (n *runningNode) ask(t *testing.T, method, path, body string, headers ...string) reply {
	return send(t, n.client, method, n.url+path, body, headers)
}

func (n *runningNode) askAdmin(t *testing.T, method, path, body string) reply {
	return send(t, n.socket, method, "http://node"+path, body, nil)
}

func send(t *testing.T, client *http.Client, method, url, body string, headers []string) reply {
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return reply{}
	}
	r.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	c := http.Client{Transport: client.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := c.Do(r)
	if err != nil {
		t.Error(err)
		return reply{}
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Error(err)
	}
	return reply{answer.StatusCode, answer.Header, string(bytes.TrimSpace(b))}
}

// change is a change of the state.
type change struct {
	do    func() (acknowledged bool, said reply) // may be done again
	holds func() bool
	// others ask meanwhile: told says that the answer rests on the change.
	others map[string]func() (told bool, said reply)
}

// changes are all requests that write. Each makes what it changes first.
var changes = map[string]func(*testing.T, *runningNode) change{
	"log-in": func(t *testing.T, n *runningNode) change {
		a := n.account(t)
		return change{
			do:    func() (bool, reply) { r := a.logIn(); return r.status == http.StatusOK, r },
			holds: func() bool { return !strings.Contains(a.view(), `"last_login":null`) },
		}
	},
	"log-in in a browser": func(t *testing.T, n *runningNode) change {
		a := n.account(t)
		b := a.browser()
		return change{
			do: func() (bool, reply) { r := b.logIn(); return r.status == http.StatusFound, r },
			holds: func() bool {
				return !strings.Contains(a.view(), `"last_login":null`) && b.profile().status == http.StatusOK
			},
		}
	},
	"log-out in a browser": func(t *testing.T, n *runningNode) change {
		b := n.account(t).browser()
		b.logIn()
		stays := b.copy() // keeps its cookies
		return change{
			do:     func() (bool, reply) { r := stays.copy().logOut(); return r.status == http.StatusOK, r },
			holds:  func() bool { return stays.profile().status != http.StatusOK },
			others: map[string]func() (bool, reply){"the profile": func() (bool, reply) { r := stays.profile(); return r.status == http.StatusFound, r }},
		}
	},
	"blacklist": func(t *testing.T, n *runningNode) change {
		return n.account(t).loggedIn().ended("POST", "/auth/token/blacklist/")
	},
	"revoke a token": func(t *testing.T, n *runningNode) change {
		a := n.account(t).loggedIn()
		return a.revoked("POST", "/revoke", fmt.Sprintf(`{"token": %q}`, a.refresh))
	},
	"revoke a customer": func(t *testing.T, n *runningNode) change {
		a := n.account(t).loggedIn()
		return a.revoked("POST", "/revoke", fmt.Sprintf(`{"customer": %q}`, a.email))
	},
	"revoke all": func(t *testing.T, n *runningNode) change {
		return n.account(t).loggedIn().revoked("POST", "/revoke", `{"all": true}`)
	},
	"disable": func(t *testing.T, n *runningNode) change {
		a := n.account(t).loggedIn()
		return a.revoked("POST", "/customer?key="+a.email, `{"is_active": false}`)
	},
	"new password": func(t *testing.T, n *runningNode) change {
		a := n.account(t).loggedIn()
		return a.revoked("POST", "/customer?key="+a.email, `{"password": "another horse 1"}`)
	},
	"remove": func(t *testing.T, n *runningNode) change {
		a := n.account(t).loggedIn()
		c := a.revoked("DELETE", "/customer?key="+a.email, "")
		remove := c.do
		c.do = func() (bool, reply) {
			ok, r := remove()
			return ok || strings.Contains(r.body, "no customer has"), r
		}
		return c
	},
	"add": func(t *testing.T, n *runningNode) change {
		a := &account{t: t, n: n, email: newEmail()}
		add := func() (bool, reply) {
			r := n.askAdmin(t, "POST", "/customers", fmt.Sprintf(`{"email": %q, "password": "correct horse 1"}`, a.email))
			return r.status == http.StatusOK || strings.Contains(r.body, "taken"), r
		}
		return change{do: add, holds: func() bool { return a.logIn().status == http.StatusOK }, others: map[string]func() (bool, reply){"another who adds": add}}
	},
	"another address": func(t *testing.T, n *runningNode) change {
		a, other := n.account(t), newEmail()
		c := n.changed(t, "PATCH", "/customer?key="+a.email, fmt.Sprintf(`{"email": %q}`, other), "/customer?key="+other, other)
		set := c.do
		c.do = func() (bool, reply) {
			ok, r := set()
			return ok || strings.Contains(r.body, "no customer has"), r
		}
		return c
	},
	"rights": func(t *testing.T, n *runningNode) change {
		a := n.account(t)
		return n.changed(t, "POST", "/rights?key="+a.email, `{"grant": ["customers.view_customer"], "join": ["editors"]}`, "/customer?key="+a.email, "customers.view_customer")
	},
	"add a group": func(t *testing.T, n *runningNode) change {
		name := newEmail()
		c := n.changed(t, "POST", "/groups", fmt.Sprintf(`{"name": %q, "permissions": []}`, name), "/groups", name)
		add := c.do
		c.do = func() (bool, reply) {
			ok, r := add()
			return ok || strings.Contains(r.body, "already"), r
		}
		return c
	},
	"put a group": func(t *testing.T, n *runningNode) change {
		name := newEmail()
		return n.changed(t, "PUT", "/groups", fmt.Sprintf(`{"name": %q, "permissions": []}`, name), "/groups", name)
	},
	"change a group": func(t *testing.T, n *runningNode) change {
		permission := "a." + strings.Split(newEmail(), "@")[0]
		return n.changed(t, "PATCH", "/groups", fmt.Sprintf(`{"name": "editors", "grant": [%q], "revoke": []}`, permission), "/groups", permission)
	},
	"remove a group": func(t *testing.T, n *runningNode) change {
		name := newEmail()
		n.admin(t, "PUT", "/groups", http.StatusOK, fmt.Sprintf(`{"name": %q, "permissions": []}`, name))
		gone := func(r reply) bool { return r.status == http.StatusOK && !strings.Contains(r.body, name) }
		return change{
			do: func() (bool, reply) {
				r := n.askAdmin(t, "DELETE", "/groups?name="+url.QueryEscape(name), "")
				return r.status == http.StatusOK || strings.Contains(r.body, "no such group"), r
			},
			holds:  func() bool { return gone(n.askAdmin(t, "GET", "/groups", "")) },
			others: map[string]func() (bool, reply){"the list": func() (bool, reply) { r := n.askAdmin(t, "GET", "/groups", ""); return gone(r), r }},
		}
	},
}

// changed is a change over the admin socket after which what is read there has a text.
func (n *runningNode) changed(t *testing.T, method, path, body, read, has string) change {
	look := func() (bool, reply) {
		r := n.askAdmin(t, "GET", read, "")
		return r.status == http.StatusOK && strings.Contains(r.body, has), r
	}
	return change{
		do:     func() (bool, reply) { r := n.askAdmin(t, method, path, body); return r.status == http.StatusOK, r },
		holds:  func() bool { is, _ := look(); return is },
		others: map[string]func() (bool, reply){"GET " + read: look},
	}
}

// account is a customer of its own for each place where the disk fails.
type account struct {
	t               *testing.T
	n               *runningNode
	email           string
	refresh, access string
}

var emails struct {
	sync.Mutex
	n int
}

func newEmail() string {
	emails.Lock()
	defer emails.Unlock()
	emails.n++
	return fmt.Sprintf("c%d@example.com", emails.n)
}

func (n *runningNode) account(t *testing.T) *account {
	a := &account{t: t, n: n, email: newEmail()}
	n.admin(t, "POST", "/customers", http.StatusOK, fmt.Sprintf(`{"email": %q, "password": "correct horse 1"}`, a.email))
	return a
}

func (a *account) logIn() reply {
	return a.n.ask(a.t, "POST", "/auth/token/", fmt.Sprintf(`{"email": %q, "password": "correct horse 1"}`, a.email))
}

func (a *account) loggedIn() *account {
	a.t.Helper()
	var pair struct{ Refresh, Access string }
	if r := a.logIn(); json.Unmarshal([]byte(r.body), &pair) != nil || pair.Refresh == "" {
		a.t.Fatalf("log-in answers %v", r)
	}
	a.refresh, a.access = pair.Refresh, pair.Access
	return a
}

func (a *account) view() string { return a.n.askAdmin(a.t, "GET", "/customer?key="+a.email, "").body }

func (a *account) post(path string) reply {
	return a.n.ask(a.t, "POST", path, fmt.Sprintf(`{"refresh": %q, "token": %[1]q}`, a.refresh))
}

// refused are those who are told that the account's log-in has ended, at every end point that takes its tokens.
func (a *account) refused() map[string]func() (bool, reply) {
	told := func(r reply) (bool, reply) {
		return slices.Contains([]int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden}, r.status), r
	}
	bearer := "Authorization: Bearer " + a.access
	return map[string]func() (bool, reply){
		"a refresh":            func() (bool, reply) { return told(a.post("/auth/token/refresh/")) },
		"a verification":       func() (bool, reply) { return told(a.post("/auth/token/verify/")) },
		"another blacklisting": func() (bool, reply) { return told(a.post("/auth/token/blacklist/")) },
		"a check":              func() (bool, reply) { return told(a.n.ask(a.t, "GET", "/auth/check/", "", bearer)) },
		"the customer":         func() (bool, reply) { return told(a.n.ask(a.t, "GET", "/customers/me/", "", bearer)) },
	}
}

// ended is a change over HTTP that ends the log-in. To be told that it has ended already acknowledges it, too.
func (a *account) ended(method, path string) change {
	return change{
		do: func() (bool, reply) {
			r := a.post(path)
			return r.status == http.StatusOK || r.status == http.StatusUnauthorized, r
		},
		holds:  func() bool { return a.post("/auth/token/refresh/").status == http.StatusUnauthorized },
		others: a.refused(),
	}
}

// revoked is a change over the admin socket that ends the log-in.
func (a *account) revoked(method, path, body string) change {
	c := a.ended("", "")
	c.do = func() (bool, reply) {
		r := a.n.askAdmin(a.t, method, path, body)
		return r.status == http.StatusOK, r
	}
	return c
}

// browser is a browser of the account's.
type browser struct {
	*account
	cookies map[string]string
}

func (a *account) browser() *browser { return &browser{a, map[string]string{}} }

func (b *browser) copy() *browser {
	c := b.account.browser()
	for name, value := range b.cookies {
		c.cookies[name] = value
	}
	return c
}

func (b *browser) open(method, path string, form url.Values) reply {
	var cookies []string
	for name, value := range b.cookies {
		cookies = append(cookies, name+"="+value)
	}
	r := b.n.ask(b.t, method, path, form.Encode(), "Content-Type: application/x-www-form-urlencoded", "Accept: text/html", "Sec-Fetch-Mode: navigate",
		"Sec-Fetch-Site: same-origin", "Origin: "+b.n.url, "Referer: "+b.n.url+"/", "Cookie: "+strings.Join(cookies, "; "))
	answer := http.Response{Header: r.header}
	for _, c := range answer.Cookies() {
		b.cookies[c.Name] = c.Value
	}
	return r
}

var csrfInput = regexp.MustCompile(`name="csrfmiddlewaretoken" value="([^"]+)"`)

// submit opens the log-in page for its CSRF token and posts a form.
func (b *browser) submit(path string, form url.Values) reply {
	page := b.open("GET", "/auth/login/", nil)
	found := csrfInput.FindStringSubmatch(page.body)
	if found == nil {
		return page
	}
	form.Set("csrfmiddlewaretoken", found[1])
	return b.open("POST", path, form)
}

func (b *browser) logIn() reply {
	return b.submit("/auth/login/", url.Values{"username": {b.email}, "password": {"correct horse 1"}})
}

func (b *browser) logOut() reply { return b.submit("/auth/logout/", url.Values{}) }

func (b *browser) profile() reply { return b.open("GET", "/accounts/profile/", nil) }
