package hostile_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	asJSON = "Content-Type: application/json"
	asForm = "Content-Type: application/x-www-form-urlencoded"
	asPart = "Content-Type: multipart/form-data; boundary=XbX"
)

// atOnce is how many requests are under way together, and open how many connections stay open where they stall.
const (
	atOnce = 32
	open   = 1900
)

// TestMemory sends as many of each kind to one node, one kind after the other, so that what each leaves behind adds up.
func TestMemory(t *testing.T) {
	count := 20
	if text := os.Getenv("HOSTILE_REQUESTS"); text != "" {
		var err error
		if count, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	n := startNode(t)
	t.Logf("idle: %d MiB; the stated bound is %d MiB", n.peak()>>20, n.bound>>20)
	refresh, access := n.login(t)
	long, parts := strings.Repeat("x", 2_400_000), strings.Repeat("--XbX\r\nContent-Disposition: form-data; "+
		"name=\"a\"\r\n\r\nb\r\n", 20_000)
	login := func(email, password string) {
		n.ask("POST", "/auth/token/", `{"email":"`+email+`","password":"`+password+`"}`, asJSON)
	}
	for _, kind := range []kind{
		{"log-ins of nobody, each with another address", func(i int) {
			login(fmt.Sprintf("nobody%d@example.com", i),
				"wrong")
		}},
		{"log-ins from ever new addresses", func(i int) {
			n.ask("POST", "/auth/token/", `{"email":"a@example.com","password":"x"}`, asJSON,
				fmt.Sprintf("X-Forwarded-For: %d.%d.%d.1", 1+i>>16, i>>8&255, i&255))
		}},
		{"good log-ins", func(int) { login(ana, right) }},
		{"tokens that are none", func(i int) {
			n.ask("POST", "/auth/token/verify/", fmt.Sprintf(`{"token":"a%d.b.c"}`,
				i), asJSON)
		}},
		{"tokens with ever new key ids", func(i int) {
			n.ask("GET", "/auth/check/", "", "Authorization: Bearer "+headed(fmt.Sprintf(`{"alg":"HS256","kid":"%d%s"}`,
				i, long[:2000]), access))
		}},
		{"tokens with another signature",
			func(i int) { n.ask("GET", "/auth/check/", "", fmt.Sprintf("Authorization: Bearer %s%d", access, i)) }},
		{"good tokens, each another one", func(int) {
			_, body := n.ask("POST", "/auth/token/refresh/", `{"refresh":"`+refresh+`"}`, asJSON)
			var answer struct{ Access string }
			_ = json.Unmarshal([]byte(body), &answer)
			n.ask("GET", "/auth/check/", "", "Authorization: Bearer "+answer.Access)
		}},
		{"short members in JSON below 64 KiB", func(int) { n.ask("POST", "/auth/token/", members(6_000), asJSON) }},
		{"sessions", func(int) { n.form(ana, right) }},
		{"session and CSRF cookies of nobody", func(i int) {
			n.ask("GET", "/auth/login/", "", fmt.Sprintf("Cookie: sessionid=%043d; csrftoken=%032d", i, i))
		}},
		{"many cookies", func(i int) {
			n.ask("GET", "/auth/login/", "", "Cookie: "+strings.Repeat(fmt.Sprintf("a%d=b; ", i), 5000))
		}},
		{"paths", func(i int) { n.ask("GET", fmt.Sprintf("/%d%s/", i, long[:10_000]), "") }},
		{"queries", func(i int) {
			n.ask("GET", fmt.Sprintf("/auth/token/?%d=%s", i, strings.Repeat("a=b&", 10_000)),
				"")
		}},
		{"methods", func(i int) { n.ask(fmt.Sprintf("M%d", i), "/auth/token/", "") }},
		{"hosts", func(i int) { n.ask("GET", "/auth/token/", "", fmt.Sprintf("X-Forwarded-Host: %d.example.com", i)) }},
		{"origins", func(i int) {
			n.ask("OPTIONS", "/auth/token/", "", fmt.Sprintf("Origin: https://%d.example.com", i),
				"Access-Control-Request-Method: POST")
		}},
		{"media types", func(i int) {
			n.ask("POST", "/auth/token/", "x", fmt.Sprintf("Content-Type: a%d/b; c=%s", i, long[:5000]))
		}},
		{"accepted types", func(i int) {
			n.ask("GET", "/auth/token/", "", fmt.Sprintf("Accept: a%d/b%s", i, strings.Repeat(", c/d", 8000)))
		}},
		{"pages that show what was sent", func(i int) {
			n.ask("POST", "/auth/token/", `{"email":"`+long[:60_000]+`"}`, asJSON, "Accept: text/html")
		}},
		{"indented answers", func(int) {
			n.ask("POST", "/auth/token/", members(6_000), asJSON,
				"Accept: application/json; indent=8")
		}},
	} {
		n.send(t, count, kind)
	}

	header := "POST /auth/token/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
	for _, kind := range []struct{ name, sent string }{
		{"connections that send nothing", ""},
		{"bodies of 60 KiB that stall", header + "Content-Length: 61441\r\n\r\n" + long[:60<<10]},
		{"bodies of a KiB that stall", header + "Content-Length: 2000\r\n\r\n" + long[:1<<10]},
		{"bodies of megabytes that stall", header + "Content-Length: 2400001\r\n\r\n" + long},
		{"headers that stall", header + "X: " + long[:60_000]},
		{"headers of short fields that stall", header + fields(60_000)},
		{"bodies after headers of short fields that stall", header + fields(60_000) + "Content-Length: 10\r\n\r\nx"},
		{"answers that nobody reads", strings.Repeat("GET /auth/login/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 200)},
		{"answers to headers of short fields that nobody reads",
			strings.Repeat("GET /auth/login/ HTTP/1.1\r\nHost: localhost\r\n"+fields(60_000)+"\r\n", 20)},
	} {
		var mu sync.Mutex
		var conns []net.Conn
		each(max(count, 100), func(i int) {
			if c := n.raw(kind.sent); c != nil {
				mu.Lock()
				defer mu.Unlock()
				// the node closes one of one address for each that comes
				if conns = append(conns, c); len(conns) > open {
					_ = conns[0].Close()
					conns = conns[1:]
				}
			}
			if i%50 == 0 {
				n.login(t)
			}
		})
		n.report(t, kind.name)
		for _, c := range conns {
			_ = c.Close()
		}
	}
	for _, kind := range []kind{ // what takes longest comes last
		{"log-ins with an address of megabytes", func(i int) { login(fmt.Sprint(i)+long, "wrong") }},
		{"log-ins with a password of megabytes", func(i int) { login(ana, fmt.Sprint(i)+long) }},
		{"log-ins with much beside them", func(i int) {
			n.ask("POST", "/auth/token/", fmt.Sprintf(`{"email":"nobody%d@example.org","password":"x","junk":"%s"}`, i,
				long), asJSON)
		}},
		{"lists in JSON", func(int) {
			n.ask("POST", "/auth/token/", "["+strings.Repeat("0,", 1_200_000)+"0]",
				asJSON)
		}},
		{"empty lists in JSON", func(int) {
			n.ask("POST", "/auth/token/", "["+strings.Repeat("[],", 800_000)+"0]",
				asJSON)
		}},
		{"short members in JSON", func(int) { n.ask("POST", "/auth/token/", members(200_000), asJSON) }},
		{"forms of many fields", func(int) { n.ask("POST", "/auth/token/", strings.Repeat("a=b&", 500_000), asForm) }},
		{"multipart forms of many parts", func(int) { n.ask("POST", "/auth/token/", parts+"--XbX--\r\n", asPart) }},
		{"forms of the page, of many fields", func(int) {
			n.ask("POST", "/auth/login/", strings.Repeat("a=b&", 500_000),
				asForm)
		}},
		{"forms of the page, with a long address", func(i int) { n.form(fmt.Sprint(i)+long, "wrong") }},
	} {
		n.send(t, count, kind)
	}
	if status, body := n.ask("GET", "/auth/check/", "", "Authorization: Bearer "+access); status != http.StatusOK {
		t.Errorf("a good token after all that = %d %.200s", status, body)
	}
}

// kind is a kind of request.
type kind struct {
	name string
	send func(i int)
}

// send sends requests of a kind, and holds the process to its bound.
func (n *node) send(t *testing.T, count int, k kind) {
	t.Helper()
	each(count, k.send)
	n.report(t, k.name)
}

// each calls do as often, some at once.
func each(count int, do func(i int)) {
	next := make(chan int)
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range count {
		next <- i
	}
	close(next)
	all.Wait()
}

// report holds the process to its bound.
func (n *node) report(t *testing.T, name string) {
	t.Helper()
	n.login(t)
	peak := n.peak()
	t.Logf("%4d MiB: %s (%s)", peak>>20, name, time.Since(n.began).Round(time.Second))
	if peak > n.bound || peak == 0 {
		t.Errorf("%s: RssAnon is %d MiB, the stated bound %d MiB", name, peak>>20, n.bound>>20)
	}
}

// form sends the form to log in, with the CSRF token of a page.
func (n *node) form(email, password string) {
	csrf := strings.Repeat("c", 32)
	n.ask("POST", "/auth/login/", url.Values{"username": {email}, "password": {password},
		"csrfmiddlewaretoken": {csrf}}.Encode(), asForm, "Cookie: csrftoken="+csrf)
}

// headed is a token with another header.
func headed(header, token string) string {
	_, rest, _ := strings.Cut(token, ".")
	return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + rest
}

// members is an object of JSON with so many short members.
func members(count int) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, `,"%x":0`, i)
	}
	return "{" + b.String()[1:] + "}"
}

// fields are so many bytes of a header whose fields are as short as can be.
func fields(bytes int) string {
	var b strings.Builder
	for i := 0; b.Len() < bytes-200; i++ {
		fmt.Fprintf(&b, "%x:\r\n", i)
	}
	return b.String()
}
