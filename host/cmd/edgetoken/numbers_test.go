package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	edgetoken "github.com/edgetoken/edgetoken/host/cmd/edgetoken"
	"github.com/edgetoken/edgetoken/host/service/servicetest"
)

// numbered is what a customer has of numbers, as JSON writes them.
type numbered struct {
	ID         json.RawMessage `json:"id"`
	Email      string          `json:"email"`
	LastLogin  string          `json:"last_login"`
	DateJoined string          `json:"date_joined"`
	Attributes json.RawMessage `json:"attributes"`
}

// entry is the customer as add --json reads it.
func (n numbered) entry(password string) string {
	return fmt.Sprintf(`{"id":%s,"email":%q,"last_login":%q,"date_joined":%q,"attributes":%s,"password":%s}`,
		n.ID, n.Email, n.LastLogin, n.DateJoined, n.Attributes, password)
}

// odd are the numbers that a float64 does not hold, or is shown otherwise than it was written, and the times at the
// ends of what can be written.
func odd() []numbered {
	ids := []string{
		"-9223372036854775808", "-9223372036854775807", "-9007199254740993", "-9007199254740992", "-1000000", "-1",
		"0", "1", "999999", "1000000", "1000099", "16777217", "9007199254740991", "9007199254740992",
		"9007199254740993", "1000000000000000000", "9223372036854775806", "9223372036854775807",
	}
	times := []string{
		"0001-01-01T00:00:00.000001Z", "0999-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z",
		"1970-01-01T00:00:00Z", "2024-02-29T12:00:00.1Z",
		"2026-01-02T03:04:05.678901Z", "9999-12-31T23:59:59.999999Z",
	}
	numbers := []string{"1e400", "-1e400", "12345678901234567890", "9007199254740993", "-0", "-0.0", "1.0", "1.10",
		"1E+2", "0.1e-7", "1e6", "1000000"}
	all := make([]numbered, len(ids))
	for i, id := range ids {
		n := numbers[i%len(numbers)]
		all[i] = numbered{
			ID: json.RawMessage(id), Email: fmt.Sprintf("c%d@example.com", i),
			LastLogin: times[(i+1)%len(times)], DateJoined: times[i%len(times)],
			Attributes: json.RawMessage(`{"n":` + n + `,"deep":[{"n":` + n + `}],"text":"<&>\u2028é"}`),
		}
	}
	return all
}

// TestNumbersAreExact holds every id, time and number to pass every command, on the store and through a running node,
// and the API, as it was given.
func TestNumbersAreExact(t *testing.T) {
	t.Setenv("EDGETOKEN_PASSWORD_MEMORY", "8")
	t.Setenv("EDGETOKEN_PASSWORD_ITERATIONS", "1")
	t.Run("on the store", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "data")
		e := exactness{t: t, flags: []string{"--data", dir}}
		e.add()
		e.commands()
	})
	t.Run("through a node", func(t *testing.T) {
		n := servicetest.Start(t, servicetest.Sandbox())
		n.Configure(t, "log: {level: error}\nclaims: {n: attributes.n}\nlogin: {answer: {id: id}}\n")
		n.Admin(t, "POST", "/reload", http.StatusOK)
		e := exactness{t: t, flags: []string{"--data", n.Dir, "--config", n.File("edgetoken.yaml")}}
		e.run("", "customers", "remove", "--yes", "ana@example.com") // its id is one of those
		e.add()
		e.overHTTP(n)
		e.commands()
	})
}

type exactness struct {
	t     *testing.T
	flags []string
}

func (e *exactness) run(stdin string, args ...string) string {
	e.t.Helper()
	out, errs, exit := edgetoken.Run(stdin, slices.Concat(args, e.flags)...)
	if exit != 0 {
		e.t.Fatalf("%q exits with %d: %s", args, exit, errs)
	}
	return out
}

// is holds a customer as JSON to be one of those that were added.
func (e *exactness) is(what string, out []byte, want numbered) {
	e.t.Helper()
	var got numbered
	if err := json.Unmarshal(out, &got); err != nil {
		e.t.Fatalf("%s: %s: %v", what, out, err)
	}
	var attributes bytes.Buffer
	if err := json.Compact(&attributes, got.Attributes); err != nil {
		e.t.Fatal(err)
	}
	if string(got.ID) != string(want.ID) || got.LastLogin != want.LastLogin || got.DateJoined != want.DateJoined ||
		attributes.String() != string(want.Attributes) {
		e.t.Errorf("%s shows %s %s %s %s, want %s %s %s %s", what, got.ID, got.LastLogin, got.DateJoined,
			attributes.Bytes(),
			want.ID, want.LastLogin, want.DateJoined, want.Attributes)
	}
}

// add adds all but the last from a file, and that one by flags.
func (e *exactness) add() {
	e.t.Helper()
	all := odd()
	var file strings.Builder
	for _, c := range all[:len(all)-1] {
		fmt.Fprintln(&file, c.entry(`"correct horse 1"`))
	}
	var added struct{ Customers []json.RawMessage }
	if err := json.Unmarshal([]byte(e.run(file.String(), "customers", "add", "--json", "-")), &added); err != nil ||
		len(added.Customers) != len(all)-1 {
		e.t.Fatalf("add --json gives %d customers, %v", len(added.Customers), err)
	}
	for i, c := range added.Customers {
		e.is("add --json", c, all[i])
	}
	last := all[len(all)-1]
	out := e.run("correct horse 1", "customers", "add", "x@example.com", "--password-stdin", "--id", string(last.ID))
	if want := "added customer " + string(last.ID) + " x@example.com\n"; out != want {
		e.t.Errorf("add prints %q, want %q", out, want)
	}
	e.run("", "customers", "remove", "--yes", string(last.ID))
	e.run(last.entry("null"), "customers", "add", "--json", "-")
}

// commands are all that name or show a customer.
func (e *exactness) commands() {
	e.t.Helper()
	all := odd()
	if got := e.pages(); !slices.Equal(got, ids(all)) {
		e.t.Errorf("paging by next lists %v, want %v", got, ids(all))
	}
	if got := e.advisedPages(); !slices.Equal(got, ids(all)) {
		e.t.Errorf("paging as advised lists %v, want %v", got, ids(all))
	}
	for _, c := range all {
		id := []string{"--", string(c.ID)}
		for _, args := range [][]string{{"show"}, {"disable"}, {"enable"}, {"set", "--first-name", "Ana"}, {"logout"}} {
			what := slices.Concat([]string{"customers"}, args, []string{"--json"})
			out := e.runOn(what, id)
			e.is(strings.Join(what, " "), []byte(out), c)
		}
		for _, args := range [][]string{{"grant"}, {"revoke"}} {
			what := slices.Concat([]string{"customers"}, args, []string{"--json"})
			e.is(strings.Join(what, " "), []byte(e.runOn(what, append(id[:2:2], "customers.view_customer"))), c)
		}
		var ended struct{ Customer json.RawMessage }
		revoked := e.run("", "token", "revoke", "--json", "--customer="+string(c.ID))
		if err := json.Unmarshal([]byte(revoked), &ended); err != nil {
			e.t.Error(err)
		}
		e.is("token revoke --json", ended.Customer, c)
		want := "disabled customer " + string(c.ID) + " " + c.Email + "\n"
		if out := e.runOn([]string{"customers", "disable"}, id); out != want {
			e.t.Errorf("disable prints %q, want %q", out, want)
		}
		if out := e.runOn([]string{"customers", "show"}, id); !strings.Contains(out, "\nemail        "+c.Email) ||
			!strings.HasPrefix(out, "id           "+string(c.ID)+"\n") {
			e.t.Errorf("show %s prints %s", c.ID, out)
		}
		e.is("remove --json", []byte(e.runOn([]string{"customers", "remove", "--json", "--yes"}, id)), c)
	}
	if got := e.pages(); len(got) != 0 {
		e.t.Errorf("once all are removed there are %v", got)
	}
}

// runOn runs a command on arguments that may look like flags.
func (e *exactness) runOn(args, rest []string) string {
	e.t.Helper()
	out, errs, exit := edgetoken.Run("", slices.Concat(args, e.flags, rest)...)
	if exit != 0 {
		e.t.Fatalf("%q %q exits with %d: %s", args, rest, exit, errs)
	}
	return out
}

// pages are the ids of all customers, two at a time, from next to next, whose customers are all shown as they are.
func (e *exactness) pages() (list []string) {
	e.t.Helper()
	want := map[string]numbered{}
	for _, c := range odd() {
		want[string(c.ID)] = c
	}
	after := ""
	for len(list) < 100 {
		var page struct {
			Customers []json.RawMessage
			Next      json.RawMessage
		}
		out := e.run("", "customers", "list", "--json", "--limit", "2", "--after", after)
		if err := json.Unmarshal([]byte(out), &page); err != nil {
			e.t.Fatal(err)
		}
		for _, c := range page.Customers {
			var one numbered
			if err := json.Unmarshal(c, &one); err != nil {
				e.t.Fatal(err)
			}
			list = append(list, string(one.ID))
			e.is("list --json", c, want[string(one.ID)])
		}
		if after = string(page.Next); after == "null" {
			return list
		}
	}
	return list
}

// advisedPages are the ids of all customers as tables show them, three at a time, by the command that each of them
// advises.
func (e *exactness) advisedPages() (list []string) {
	e.t.Helper()
	args := slices.Concat([]string{"customers", "list", "--limit", "3"}, e.flags)
	for len(list) < 100 {
		out, advice, exit := edgetoken.Run("", args...)
		if exit != 0 {
			e.t.Fatalf("%q exits with %d: %s", args, exit, advice)
		}
		for _, row := range strings.Split(strings.TrimSpace(out), "\n")[1:] {
			list = append(list, strings.Fields(row)[0])
		}
		found := regexp.MustCompile(`^there are more: edgetoken (.*)\n$`).FindStringSubmatch(advice)
		if found == nil {
			return list
		}
		args = strings.Fields(found[1])
	}
	return list
}

func ids(customers []numbered) (list []string) {
	for _, c := range customers {
		list = append(list, string(c.ID))
	}
	return list
}

// overHTTP logs customers in: their ids, times and claims are in answers and tokens as they were given, and a token
// names its customer by them.
func (e *exactness) overHTTP(n *servicetest.Node) {
	e.t.Helper()
	ask := func(method, path, token, body string) []byte {
		e.t.Helper()
		r, err := http.NewRequest(method, n.URL()+path, strings.NewReader(body))
		if err != nil {
			e.t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		answer, err := n.Client.Do(r)
		if err != nil {
			e.t.Fatal(err)
		}
		defer answer.Body.Close()
		b, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			e.t.Fatalf("%s %s answers %d %s, %v", method, path, answer.StatusCode, b, err)
		}
		return b
	}
	for i, c := range odd()[:len(odd())-1] {
		var pair struct {
			ID              json.RawMessage
			Access, Refresh string
		}
		login := ask("POST", "/auth/token/", "", `{"email":"`+c.Email+`","password":"correct horse 1"}`)
		if err := json.Unmarshal(login, &pair); err != nil {
			e.t.Fatal(err)
		}
		var own struct{ N json.RawMessage }
		if err := json.Unmarshal(c.Attributes, &own); err != nil {
			e.t.Fatal(err)
		}
		if string(pair.ID) != string(c.ID) {
			e.t.Errorf("a log-in of %s answers id %s", c.ID, pair.ID)
		}
		var renewed struct{ Access string }
		if err := json.Unmarshal(ask("POST", "/auth/token/refresh/", "", `{"refresh":"`+pair.Refresh+`"}`),
			&renewed); err != nil {
			e.t.Fatal(err)
		}
		for _, access := range []string{pair.Access, renewed.Access} {
			var j struct {
				Claims   struct{ N json.RawMessage }
				Customer numbered
			}
			if err := json.Unmarshal([]byte(e.run(access, "token", "explain", "-", "--json")), &j); err != nil {
				e.t.Fatal(err)
			}
			if string(j.Claims.N) != string(own.N) || string(j.Customer.ID) != string(c.ID) {
				e.t.Errorf("token explain of %s shows n %s and customer %s, want n %s", c.ID, j.Claims.N, j.Customer.ID,
					own.N)
			}
			var me numbered
			if err := json.Unmarshal(ask("GET", "/customers/me/", access, ""), &me); err != nil {
				e.t.Fatal(err)
			}
			// The API writes six digits of a second, or none.
			if string(me.ID) != string(c.ID) || strings.Replace(me.DateJoined, ".100000Z", ".1Z", 1) != c.DateJoined {
				e.t.Errorf("/customers/me/ of %s shows %s %s, want %s", c.ID, me.ID, me.DateJoined, c.DateJoined)
			}
		}
		if i == 0 {
			e.run("", "customers", "set", "--staff", "--superuser", c.Email)
			var list []numbered
			if err := json.Unmarshal(ask("GET", "/customers/", renewed.Access, ""), &list); err != nil ||
				!slices.Equal(ids(list), ids(odd())) {
				e.t.Errorf("/customers/ lists %v, %v; want %v", ids(list), err, ids(odd()))
			}
		}
		// The log-in wrote last_login: what commands are to show is added again.
		e.run("", "customers", "remove", "--yes", c.Email)
		e.run(c.entry("null"), "customers", "add", "--json", "-")
	}
}

// TestIDsAreReadAsShown holds no other spelling of an integer to name a customer: it may be an e-mail address.
func TestIDsAreReadAsShown(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	run := func(args ...string) (string, string, int) { return edgetoken.Run("", append(args, "--data", dir)...) }
	if _, errs, exit := run("customers", "add", "a@example.com", "--no-password", "--id", "7"); exit != 0 {
		t.Fatal(errs)
	}
	for _, id := range []string{"007", "+7", "7.0", "7e0", "0x7", "7_", " 7", "９", "9223372036854775808",
		"-9223372036854775809", "-0", "9.007199254740992e+15"} {
		for _, args := range [][]string{
			{"customers", "add", "b@example.com", "--no-password", "--id", id},
			{"customers", "list", "--after", id}, {"customers", "show", id},
		} {
			if id[0] == '-' && args[1] == "show" {
				continue // a flag
			}
			if out, _, exit := run(args...); exit == 0 {
				t.Errorf("%q is taken: %s", args, out)
			}
		}
	}
}
