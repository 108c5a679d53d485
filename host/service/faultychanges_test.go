package service_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// change is a change of the state.
type change struct {
	do    func() (acknowledged bool, said reply) // may be done again
	holds func() bool
	// others ask meanwhile: told says that the answer rests on the change.
	others map[string]func() (told bool, said reply)
}

// changes are all requests that write. Each makes what it changes first.
var changes = map[string]func(*testing.T, *node) change{
	"log-in": func(t *testing.T, n *node) change {
		a := n.account(t)
		return change{
			do:    func() (bool, reply) { r := a.logIn(); return r.status == http.StatusOK, r },
			holds: func() bool { return !strings.Contains(a.view(), `"last_login":null`) },
		}
	},
	"log-in in a browser": func(t *testing.T, n *node) change {
		a := n.account(t)
		b := a.browser()
		return change{
			do: func() (bool, reply) { r := b.logIn(); return r.status == http.StatusFound, r },
			holds: func() bool {
				return !strings.Contains(a.view(), `"last_login":null`) && b.profile().status == http.StatusOK
			},
		}
	},
	"log-out in a browser": func(t *testing.T, n *node) change {
		b := n.account(t).browser()
		b.logIn()
		stays := b.copy() // keeps its cookies
		return change{
			do:    func() (bool, reply) { r := stays.copy().logOut(); return r.status == http.StatusOK, r },
			holds: func() bool { return stays.profile().status != http.StatusOK },
			others: map[string]func() (bool, reply){"the profile": func() (bool,
				reply) {
				r := stays.profile()
				return r.status == http.StatusFound, r
			}},
		}
	},
	"blacklist": func(t *testing.T, n *node) change {
		return n.account(t).loggedIn().ended("POST", "/auth/token/blacklist/")
	},
	"log out everywhere": func(t *testing.T, n *node) change {
		a := n.account(t).loggedIn()
		c := a.ended("", "")
		c.do = func() (bool, reply) {
			r := n.ask(t, "POST", "/auth/logout/all/", "", "Authorization: Bearer "+a.access)
			return r.status == http.StatusOK || r.status == http.StatusUnauthorized, r
		}
		return c
	},
	"revoke a token": func(t *testing.T, n *node) change {
		a := n.account(t).loggedIn()
		return a.revoked("POST", "/revoke", fmt.Sprintf(`{"token": %q}`, a.refresh))
	},
	"revoke a customer": func(t *testing.T, n *node) change {
		a := n.account(t).loggedIn()
		return a.revoked("POST", "/revoke", fmt.Sprintf(`{"customer": %q}`, a.email))
	},
	"revoke all": func(t *testing.T, n *node) change {
		return n.account(t).loggedIn().revoked("POST", "/revoke", `{"all": true}`)
	},
	"disable": func(t *testing.T, n *node) change {
		a := n.account(t).loggedIn()
		return a.revoked("POST", "/customer?key="+a.email, `{"is_active": false}`)
	},
	"new password": func(t *testing.T, n *node) change {
		a := n.account(t).loggedIn()
		return a.revoked("POST", "/customer?key="+a.email, `{"password": "another horse 1"}`)
	},
	"remove": func(t *testing.T, n *node) change {
		a := n.account(t).loggedIn()
		c := a.revoked("DELETE", "/customer?key="+a.email, "")
		remove := c.do
		c.do = func() (bool, reply) {
			ok, r := remove()
			return ok || strings.Contains(r.body, "no customer has"), r
		}
		return c
	},
	"add": func(t *testing.T, n *node) change {
		a := &account{t: t, n: n, email: newEmail()}
		add := func() (bool, reply) {
			r := n.askAdmin(t, "POST", "/customers",
				fmt.Sprintf(`{"email": %q, "password": "correct horse 1"}`, a.email))
			return r.status == http.StatusOK || strings.Contains(r.body, "taken"), r
		}
		return change{do: add, holds: func() bool { return a.logIn().status == http.StatusOK },
			others: map[string]func() (bool, reply){"another who adds": add}}
	},
	"another address": func(t *testing.T, n *node) change {
		a, other := n.account(t), newEmail()
		c := n.changed(t, "PATCH", "/customer?key="+a.email, fmt.Sprintf(`{"email": %q}`, other),
			"/customer?key="+other, other)
		set := c.do
		c.do = func() (bool, reply) {
			ok, r := set()
			return ok || strings.Contains(r.body, "no customer has"), r
		}
		return c
	},
	"rights": func(t *testing.T, n *node) change {
		a := n.account(t)
		return n.changed(t, "POST", "/rights?key="+a.email,
			`{"grant": ["customers.view_customer"], "join": ["editors"]}`, "/customer?key="+a.email,
			"customers.view_customer")
	},
	"add a group": func(t *testing.T, n *node) change {
		name := newEmail()
		c := n.changed(t, "POST", "/groups", fmt.Sprintf(`{"name": %q, "permissions": []}`, name), "/groups", name)
		add := c.do
		c.do = func() (bool, reply) {
			ok, r := add()
			return ok || strings.Contains(r.body, "already"), r
		}
		return c
	},
	"put a group": func(t *testing.T, n *node) change {
		name := newEmail()
		return n.changed(t, "PUT", "/groups", fmt.Sprintf(`{"name": %q, "permissions": []}`, name), "/groups", name)
	},
	"change a group": func(t *testing.T, n *node) change {
		permission := "a." + strings.Split(newEmail(), "@")[0]
		return n.changed(t, "PATCH", "/groups",
			fmt.Sprintf(`{"name": "editors", "grant": [%q], "revoke": []}`, permission), "/groups", permission)
	},
	"remove a group": func(t *testing.T, n *node) change {
		name := newEmail()
		n.Admin(t, "PUT", "/groups", http.StatusOK, fmt.Sprintf(`{"name": %q, "permissions": []}`, name))
		gone := func(r reply) bool { return r.status == http.StatusOK && !strings.Contains(r.body, name) }
		return change{
			do: func() (bool, reply) {
				r := n.askAdmin(t, "DELETE", "/groups?name="+url.QueryEscape(name), "")
				return r.status == http.StatusOK || strings.Contains(r.body, "no such group"), r
			},
			holds: func() bool { return gone(n.askAdmin(t, "GET", "/groups", "")) },
			others: map[string]func() (bool, reply){"the list": func() (bool,
				reply) {
				r := n.askAdmin(t, "GET", "/groups", "")
				return gone(r), r
			}},
		}
	},
}

// changed is a change over the admin socket after which what is read there has a text.
func (n *node) changed(t *testing.T, method, path, body, read, has string) change {
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
	n               *node
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

func (n *node) account(t *testing.T) *account {
	a := &account{t: t, n: n, email: newEmail()}
	n.Admin(t, "POST", "/customers", http.StatusOK,
		fmt.Sprintf(`{"email": %q, "password": "correct horse 1"}`, a.email))
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

// refused are those who are told that the account's log-in has ended, at every endpoint that takes its tokens.
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
	r := b.n.ask(b.t, method, path, form.Encode(), "Content-Type: application/x-www-form-urlencoded",
		"Accept: text/html", "Sec-Fetch-Mode: navigate",
		"Sec-Fetch-Site: same-origin", "Origin: "+b.n.URL(), "Referer: "+b.n.URL()+"/",
		"Cookie: "+strings.Join(cookies, "; "))
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
