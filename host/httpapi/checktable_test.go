package httpapi_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/claimmap/claimmaptest"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/server"
	"github.com/edgetoken/edgetoken/host/server/servertest"
	"github.com/edgetoken/edgetoken/host/throttle"
)

// checkRequests are requests to the check: every method, spelling of its path and header with which something else
// could answer.
func checkRequests(yield func(request string) bool) {
	methods := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND",
		"PURGE", "get", "options", "X"}
	targets := []string{"/auth/check/", "/auth/check", "/auth/check/?format=api", "/auth/check/?next=/",
		"/auth/%63heck/", "http://localhost/auth/check/", "/auth/check/%3f"}
	headers := []string{
		"", "Access-Control-Request-Method: POST",
		"Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization",
		"Access-Control-Request-Method: GET\r\nAccess-Control-Request-Private-Network: true",
		"Accept: text/html\r\nSec-Fetch-Mode: navigate",
		"Accept: image/png", "Content-Length: 77", "Content-Length: 9000000",
		"Content-Length: 77\r\nExpect: 100-continue", "Transfer-Encoding: chunked",
		"Content-Type: text/plain", "Upgrade: websocket\r\nConnection: Upgrade",
		"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
		"X-HTTP-Method-Override: OPTIONS", "X-Original-URL: /healthz", "X-Forwarded-Host: evil.example",
		"X-Forwarded-Proto: https", "If-None-Match: *", "Range: bytes=0-0",
		"Cookie: csrftoken=x; sessionid=y; access=z",
	}
	for _, method := range methods {
		for _, target := range targets {
			if method == "CONNECT" && target[0] != '/' {
				continue // which names no path
			}
			for i, header := range headers {
				for _, origin := range []string{"", "Origin: " + app, "Origin: null"} {
					for _, host := range []string{"localhost", "evil.example", ""} {
						if i > 3 && origin != "" && host != "localhost" {
							continue // each with each only where it is about CORS
						}
						lines := []string{method + " " + target + " HTTP/1.1", "Host: " + host, header, origin,
							"Connection: close"}
						if strings.Contains(header, "Connection") {
							lines[4] = ""
						}
						text := ""
						for _, line := range lines {
							if line != "" {
								text += line + "\r\n"
							}
						}
						if !yield(text + "\r\n") {
							return
						}
					}
				}
			}
		}
	}
}

// asker sends requests to a shop: to its handler, and where it is wired and only method and headers are unusual over
// the wire, since net/http answers by itself, too.
func asker(t *testing.T, s *shop, wired bool) func(request string) (*http.Response, error) {
	address := servertest.Serve(t, server.Limits{}, s.Config.Handler.ServeHTTP)
	return func(text string) (*http.Response, error) {
		request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
		if err != nil {
			return nil, err
		}
		if !wired || request.URL.Path != "/auth/check/" || request.URL.RawQuery != "" || request.Host != "localhost" ||
			request.Header.Get("Origin") != "" {
			answer := httptest.NewRecorder()
			s.Config.Handler.ServeHTTP(answer, request)
			return answer.Result(), nil
		}
		w := servertest.Dial(t, address)
		defer w.Close()
		w.Send(text)
		return http.ReadResponse(bufio.NewReader(w), request)
	}
}

// TestNothingAnswersBeforeTheCheck: nobody is told "let it in" at the check, whatever is asked, and of whatever else
// the node could make of it.
func TestNothingAnswersBeforeTheCheck(t *testing.T) {
	t.Parallel()
	headers := []string{"X-User-Id", "X-User-Email"}
	for name, change := range map[string]func(*httpapi.Config){
		"by default": func(*httpapi.Config) {},
		"any origin": func(h *httpapi.Config) { h.CORS.Origins = []string{"*"} },
		"credentials": func(h *httpapi.Config) {
			h.CORS = browser.CORS{Origins: []string{app}, Credentials: true}
			inCookies(h)
		},
		"Traefik":   func(h *httpapi.Config) { h.ForwardAuth.Proxy, h.CORS.Origins = httpapi.Traefik, []string{app} },
		"no pages":  func(h *httpapi.Config) { h.Browser.Off = true },
		"throttled": func(h *httpapi.Config) { h.Throttles.Anon = throttle.Rate{Requests: 1, Period: time.Hour} },
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, func(_ *node.Config, h *httpapi.Config) {
				h.AllowedHosts = []string{"127.0.0.1", "localhost"}
				h.ForwardAuth = httpapi.ForwardAuth{Headers: claimmaptest.Members(t, "X-User-Id=id X-User-Email=email"),
					Cookie: "access"}
				change(h)
			})
			ask := asker(t, s, name == "credentials")
			for request := range checkRequests {
				answer, err := ask(request)
				if err != nil {
					t.Fatalf("%q: %v", request, err)
				}
				body, err := io.ReadAll(answer.Body)
				_ = answer.Body.Close()
				if strings.Contains(request, "%3f") {
					if answer.StatusCode < 400 && answer.StatusCode != http.StatusNoContent { // which is another path
						t.Errorf("%q: %s", request, answer.Status)
					}
					continue
				}
				if err != nil || answer.StatusCode != http.StatusUnauthorized &&
					answer.StatusCode != http.StatusForbidden || len(body) > 0 {
					t.Fatalf("%q: %s %q %v, want 401 or 403", request, answer.Status, body, err)
				}
				for _, h := range headers {
					if values := answer.Header.Values(h); len(values) != 1 || values[0] != "" {
						t.Fatalf("%q: %s %q, want it empty", request, h, values)
					}
				}
			}
		})
	}
}

// TestCheckAnswersEveryMethod: a customer is let in by whatever method, with all headers.
func TestCheckAnswersEveryMethod(t *testing.T) {
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) {
		h.AllowedHosts, h.CORS.Origins = []string{"127.0.0.1", "localhost"}, []string{app}
	})
	_, access := s.login(t)
	ask := asker(t, s, false)
	for request := range checkRequests {
		if strings.Contains(request, "Host: localhost") && !strings.Contains(request, "%3f") {
			answer, err := ask(strings.Replace(request, "\r\n\r\n", "\r\nAuthorization: Bearer "+access+"\r\n\r\n", 1))
			if err != nil || answer.StatusCode != http.StatusOK || answer.Header.Get("X-User-Id") != "7" {
				t.Fatalf("%q: %v, %v", request, answer, err)
			}
		}
	}
}

// TestOptionsOfTheServer: "OPTIONS *" is no path of ours, and net/http does not answer it by itself.
func TestOptionsOfTheServer(t *testing.T) {
	s := openShop(t, nil)
	w := servertest.Dial(t, servertest.Serve(t, server.Limits{}, s.Config.Handler.ServeHTTP))
	w.Send("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if got := w.Status(); got != http.StatusNotFound {
		t.Errorf("got %d, want 404", got)
	}
}

// TestCheckBehindAProxy: the origin of a cookie is compared with the site that Traefik's and Caddy's client asked,
// and theirs alone.
func TestCheckBehindAProxy(t *testing.T) {
	for _, proxy := range []string{httpapi.Traefik, httpapi.Caddy} {
		s := openShop(t, func(_ *node.Config, h *httpapi.Config) {
			h.AllowedHosts = []string{".shop.example", "127.0.0.1"}
			h.ForwardAuth = httpapi.ForwardAuth{Cookie: "access", Proxy: proxy}
		})
		_, access := s.login(t)
		address := servertest.Serve(t, server.Limits{}, s.Config.Handler.ServeHTTP)
		byCookie, byHeader := "Cookie: access="+access, "Authorization: Bearer "+access
		const proto, host = "X-Forwarded-Proto: https", "X-Forwarded-Host: www.shop.example"
		for _, c := range []struct {
			name   string
			lines  []string
			status int
			log    string
		}{
			{"the shop's own page", []string{proto, host, byCookie, "Origin: https://www.shop.example"}, 200, ""},
			{"no origin", []string{proto, host, byCookie}, 200, ""},
			{"a websocket", []string{"X-Forwarded-Proto: wss", host, byCookie, "Origin: https://www.shop.example"}, 200,
				""},
			{"a port", []string{"X-Forwarded-Proto: http", "X-Forwarded-Host: shop.example:8080", byCookie,
				"Origin: http://shop.example:8080"}, 200, ""},
			{"a header", []string{proto, host, byHeader, "Origin: https://evil.example"}, 200, ""},
			{"another scheme", []string{proto, host, byCookie, "Origin: http://www.shop.example"}, 403,
				`"csrf":"bad_origin"`},
			{"another site", []string{proto, host, byCookie, "Origin: https://evil.example"}, 403,
				`"csrf":"bad_origin"`},
			{"a domain beside", []string{proto, host, byCookie, "Origin: https://shop.example"}, 403,
				`"csrf":"bad_origin"`},
			{"the node's own name", []string{proto, host, byCookie, "Origin: http://127.0.0.1"}, 403,
				`"csrf":"bad_origin"`},
			{"another host", []string{proto, "X-Forwarded-Host: evil.example", byHeader,
				"Origin: https://evil.example"}, 403, `"host_not_allowed","host":"evil.example"`},
			{"no host", []string{proto, byHeader}, 403, "not_forwarded"},
			{"no scheme", []string{host, byHeader}, 403, "not_forwarded"},
			{"two hosts", []string{proto, host, host, byHeader}, 403, "not_forwarded"},
			{"two schemes", []string{proto, "X-Forwarded-Proto: http", host, byHeader}, 403, "not_forwarded"},
			{"hosts in one line", []string{proto, host + ", evil.example", byHeader}, 403, "host_not_allowed"},
			{"schemes in one line", []string{proto + ",https", host, byHeader}, 403, "not_forwarded"},
			{"an empty host", []string{proto, "X-Forwarded-Host: ", byHeader}, 403, "host_not_allowed"},
			{"an empty scheme", []string{"X-Forwarded-Proto: ", host, byHeader}, 403, "not_forwarded"},
			{"another protocol", []string{"X-Forwarded-Proto: ftp", host, byHeader}, 403, "not_forwarded"},
			{"what browsers do not send", []string{proto, host, byCookie, "Origin: https://www.shop.example",
				"Origin: https://www.shop.example"}, 403, "bad_origin"},
		} {
			s.log.Lock()
			s.log.Reset()
			s.log.Unlock()
			w := servertest.Dial(t, address)
			w.Send("POST /auth/check/ HTTP/1.1\r\nHost: edgetoken:8000\r\nContent-Length: 0\r\n" +
				strings.Join(c.lines, "\r\n") + "\r\n\r\n")
			if got := w.Status(); got != c.status {
				t.Errorf("%s, %s: %d, want %d", proxy, c.name, got, c.status)
			}
			if record := s.record(t); !strings.Contains(record, c.log) {
				t.Errorf("%s, %s: logged %s, want %s", proxy, c.name, record, c.log)
			}
		}
	}
}

// TestForwardedHeadersOfAnyone: where no proxy is named that writes them, they say nothing.
func TestForwardedHeadersOfAnyone(t *testing.T) {
	s := guarded(t)
	_, access := s.login(t)
	answer, _ := s.ask(t, "POST", "/auth/check/", "", "Cookie: access="+access, "Origin: https://evil.example",
		"X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example")
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("got %d, want 403", answer.StatusCode)
	}
	if !strings.Contains(s.record(t), `"csrf":"bad_origin"`) {
		t.Errorf("logged %s, want bad_origin", s.record(t))
	}
}

// TestForgedRequestsAreNamed: the log says of a view's 403 what was wrong, as of a page's.
func TestForgedRequestsAreNamed(t *testing.T) {
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) { inCookies(h) })
	answer, _ := s.post(t, "/auth/token/", `{}`, "Origin: https://evil.example")
	if answer.StatusCode != http.StatusForbidden || !strings.Contains(s.record(t), `"csrf":"bad_origin"`) {
		t.Errorf("%d, logged %s", answer.StatusCode, s.record(t))
	}
}

// TestHostlessRequests: HTTP/1.0 without a Host goes to the address that it came to, as Django has it.
func TestHostlessRequests(t *testing.T) {
	for allowed, want := range map[string]int{"*": 200, "127.0.0.1": 200, "": 200, "shop.example": 400} {
		s := openShop(t, func(_ *node.Config, h *httpapi.Config) {
			if h.AllowedHosts = []string{allowed}; allowed == "" {
				h.AllowedHosts = nil
			}
		})
		for _, c := range []struct {
			request string
			status  int
		}{
			{"OPTIONS /auth/token/ HTTP/1.0\r\n\r\n", want},
			{"OPTIONS /auth/token/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", want},
			{"OPTIONS /auth/token/ HTTP/1.1\r\n\r\n", 400},
			{"OPTIONS /auth/token/ HTTP/1.1\r\nHost:\r\n\r\n", 400},
		} {
			w := servertest.Dial(t, servertest.Serve(t, server.Limits{}, s.Config.Handler.ServeHTTP))
			w.Send(c.request)
			answer, _ := bufio.NewReader(w).ReadString('\n')
			if !strings.HasPrefix(answer[len("HTTP/1.x "):], fmt.Sprint(c.status)) {
				t.Errorf("allowed_hosts %q, %q: %s, want %d", allowed, c.request, answer, c.status)
			}
		}
	}
}
