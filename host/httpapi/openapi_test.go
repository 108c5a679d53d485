package httpapi_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/claimmap/claimmaptest"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/pages"
	"github.com/edgetoken/edgetoken/store"
)

// description reads the description of a shop's API and checks it.
func description(t *testing.T, s *shop) (*openapi3.T, routers.Router) {
	t.Helper()
	answer, body := s.ask(t, "GET", pages.OpenAPIPath, "")
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %s %s", answer.StatusCode, answer.Header.Get("Content-Type"), body)
	}
	doc, err := openapi3.NewLoader().LoadFromData([]byte(body))
	if err == nil {
		err = doc.Validate(t.Context())
	}
	if err != nil {
		t.Fatalf("the description is not valid: %v", err)
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return doc, router
}

// TestOpenAPIHasEveryRoute, with each of its methods, and with the schema of each good answer that has a body: a row
// of the table of views that forgets one fails here.
func TestOpenAPIHasEveryRoute(t *testing.T) {
	for _, version := range []core.Version{core.V55, core.V52} {
		s := openShop(t, func(n *node.Config, _ *httpapi.Config) { n.Settings.Compat = version })
		doc, _ := description(t, s)
		for _, path := range append(append(httpapi.Paths(s.Config.Handler), documents...), "/healthz", "/readyz") {
			item := doc.Paths.Value(path)
			if item == nil {
				t.Errorf("%s is not described", path)
				continue
			}
			answer, _ := s.ask(t, "OPTIONS", path, "")
			if answer.Header.Get("Allow") == "GET, HEAD" { // a health check
				continue
			}
			want := slices.DeleteFunc(strings.Split(answer.Header.Get("Allow"), ", "), func(m string) bool {
				return m == "HEAD"
			})
			var got []string
			for method, op := range item.Operations() {
				got = append(got, method)
				for status, good := range op.Responses.Map() {
					if status[0] == '2' && status != "204" && good.Value.Content["application/json"] == nil {
						t.Errorf("%s %s answers with %s and has no schema", method, path, status)
					}
				}
			}
			slices.Sort(want)
			slices.Sort(got)
			if answer.StatusCode == http.StatusOK && !slices.Equal(got, want) {
				t.Errorf("%s is described with %v and has %v", path, got, want)
			}
		}
	}
}

// TestOpenAPIIsTrue: real answers are those that the description promises, and real requests those it asks for. Each
// view has a good answer here, so that none has another schema than its answer.
func TestOpenAPIIsTrue(t *testing.T) {
	for _, version := range []core.Version{core.V55, core.V52} {
		t.Run(string(version), func(t *testing.T) {
			s := openShop(t, func(n *node.Config, _ *httpapi.Config) { n.Settings.Compat = version })
			_, router := description(t, s)
			if _, err := s.store.Set(t.Context(), core.Integer(7), store.Change{IsStaff: new(true)}, 0); err != nil {
				t.Fatal(err)
			}
			refresh, access := s.login(t)
			_, again := s.login(t)
			_, bens := s.enterBen(t)
			answered := map[string]bool{}
			bearer, junk := "Authorization: Bearer "+access, "Authorization: Bearer junk"
			for _, c := range []struct {
				method, path, body string
				status             int
				headers            []string
			}{
				{"POST", "/auth/token/", `{"email":"ana@example.com","password":"right"}`, 200, nil},
				{"POST", "/auth/token/", `{"email":"ana@example.com","password":"wrong"}`, 401, nil},
				{"POST", "/auth/token/", `{"email":""}`, 400, nil},
				{"POST", "/auth/token/", `{`, 400, nil},
				{"POST", "/auth/token/", `[]`, 400, nil},
				{"POST", "/auth/token/", `x`, 415, []string{"Content-Type: text/plain"}},
				{"POST", "/auth/token/", `email=a&password=b`, 401,
					[]string{"Content-Type: application/x-www-form-urlencoded"}},
				{"POST", "/auth/token/", `{}`, 406, []string{"Accept: image/png"}},
				{"OPTIONS", "/auth/token/", "", 200, nil},
				{"POST", "/auth/token/refresh/", `{"refresh":"` + refresh + `"}`, 200, nil},
				{"POST", "/auth/token/refresh/", `{"refresh":"junk"}`, 401, nil},
				{"POST", "/auth/token/verify/", `{"token":"` + access + `"}`, 200, nil},
				{"POST", "/auth/token/sliding/", `{"email":"ana@example.com","password":"right"}`, 200, nil},
				{"POST", "/auth/token/sliding/", `{"email":""}`, 400, nil},
				{"POST", "/auth/token/sliding/refresh/", `{"token":"` + s.slide(t) + `"}`, 200, nil},
				{"POST", "/auth/token/sliding/refresh/", `{"token":"junk"}`, 401, nil},
				{"GET", "/customers/me/", "", 200, []string{bearer}},
				{"GET", "/customers/me/", "", 401, nil},
				{"GET", "/customers/me/", "", 401, []string{junk}},
				{"GET", "/customers/me/?format=xml", "", 404, []string{bearer}},
				{"POST", "/customers/me/", `{"a":[1,null]}`, 200, []string{bearer}},
				{"POST", "/customers/me/", `null`, 200, []string{bearer}},
				{"POST", "/customers/me/", `"text"`, 200, []string{bearer}},
				{"POST", "/customers/me/", `{`, 400, []string{bearer}},
				{"GET", "/customers/", "", 200, []string{bearer}},
				{"GET", "/customers/", "", 401, nil},
				{"GET", "/customers/me/", "", 200, []string{bearer, "Accept: application/json; indent=4"}},
				{"GET", "/customers/open/", "", 200, nil},
				{"POST", "/customers/open/", "{}", 201, nil},
				{"PUT", "/customers/open/", "{}", 200, nil},
				{"DELETE", "/customers/open/", "", 204, nil},
				{"OPTIONS", "/customers/open/", "", 200, nil},
				{"GET", "/customers/readonly/", "", 200, nil},
				{"POST", "/customers/readonly/", "{}", 401, nil},
				{"GET", "/customers/managed/", "", 200, []string{bearer}},
				{"PATCH", "/customers/managed/", "{}", 403, []string{bearer}},
				{"GET", "/customers/directory/", "", 200, nil},
				{"POST", "/auth/token/blacklist/", `{"refresh":"` + refresh + `"}`, 200, nil},
				{"POST", "/auth/token/verify/", `{"token":"` + refresh + `"}`, 400, nil},
				{"POST", "/auth/logout/all/", "", 401, nil},
				{"POST", "/auth/logout/all/", "", 200, []string{"Authorization: Bearer " + again}},
				{"POST", passwordChange, newPassword("right", ""), 400, []string{"Authorization: Bearer " + bens}},
				{"POST", passwordChange, newPassword("wrong", next), 400, []string{"Authorization: Bearer " + bens}},
				{"POST", passwordChange, newPassword("right", next), 200, []string{"Authorization: Bearer " + bens}},
				{"POST", passwordChange, newPassword("right", next), 401, nil},
				{"GET", "/healthz", "", 200, nil},
				{"GET", "/readyz", "", 200, nil},
			} {
				headers := c.headers
				if c.body != "" && !slices.ContainsFunc(headers, func(h string) bool {
					return strings.HasPrefix(h, "Content-Type")
				}) {
					headers = append(slices.Clone(headers), "Content-Type: application/json")
				}
				answer, body := s.ask(t, c.method, c.path, c.body, headers...)
				name := c.method + " " + c.path + " " + c.body
				if answer.StatusCode != c.status {
					t.Errorf("%s = %d %s, want %d", name, answer.StatusCode, body, c.status)
					continue
				}
				checkAnswer(t, router, name, c.body, answer, body)
				if answer.StatusCode < http.StatusMultipleChoices && c.method != http.MethodOptions {
					answered[c.path] = true
				}
			}
			for _, path := range httpapi.Paths(s.Config.Handler) {
				if !answered[path] {
					t.Errorf("no row has a good answer of %s", path)
				}
			}
		})
	}
}

// checkAnswer holds an answer to the description, and the request too where it was taken.
func checkAnswer(t *testing.T, router routers.Router, name, sent string, answer *http.Response, body string) {
	t.Helper()
	request := answer.Request.Clone(t.Context())
	request.Body = io.NopCloser(strings.NewReader(sent))
	request.URL.Scheme, request.URL.Host = "", ""
	route, params, err := router.FindRoute(request)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	asked := &openapi3filter.RequestValidationInput{
		Request: request, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	if answer.StatusCode < http.StatusMultipleChoices && sent != "" {
		if err := openapi3filter.ValidateRequest(t.Context(), asked); err != nil {
			t.Errorf("%s is taken and not as described: %v", name, err)
		}
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: asked,
		Status:                 answer.StatusCode, Header: answer.Header,
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}
	if err := openapi3filter.ValidateResponse(t.Context(), input.SetBodyBytes([]byte(body))); err != nil {
		t.Errorf("%s answers other than described: %v", name, err)
	}
}

// TestOpenAPIOfCookies: with tokens in cookies the description says so, and is true of what has no token in its body.
func TestOpenAPIOfCookies(t *testing.T) {
	b := openPerson(t, func(_ *node.Config, c *httpapi.Config) { c.TokenCookies.On = true })
	doc, router := description(t, b.shop)
	if scheme := doc.Components.SecuritySchemes["tokenCookie"]; scheme == nil || scheme.Value.Name != "access" {
		t.Errorf("tokenCookie = %+v, want the cookie with the name access", scheme)
	}
	if scheme := doc.Components.SecuritySchemes["refreshCookie"]; scheme == nil || scheme.Value.Name != "refresh" {
		t.Errorf("refreshCookie = %+v, want the cookie with the name refresh", scheme)
	}
	for path, want := range map[string]string{
		"/auth/token/": "", "/auth/token/refresh/": "refreshCookie", "/auth/token/verify/": "tokenCookie",
		"/auth/token/blacklist/": "refreshCookie",
	} {
		var got string
		for _, way := range *doc.Paths.Value(path).Post.Security {
			for name := range way {
				got += name
			}
		}
		if got != want {
			t.Errorf("%s is authorised by %q, want %q", path, got, want)
		}
	}
	for path, want := range map[string]string{
		"/auth/token/": "POST", "/auth/token/refresh/": "POST", "/auth/token/verify/": "POST",
		"/auth/token/blacklist/": "POST",
		"/customers/me/":         "POST", "/customers/": "", "/customers/open/": "DELETE PATCH POST PUT",
		"/auth/csrf/":  "",
		"/auth/check/": "",
	} {
		var got []string
		for method, op := range doc.Paths.Value(path).Operations() {
			if op.Parameters.GetByInAndName("header", "X-CSRFToken") != nil {
				got = append(got, method)
			}
		}
		slices.Sort(got)
		if methods := strings.Join(got, " "); methods != want {
			t.Errorf("%s wants X-CSRFToken with %q, want %q", path, methods, want)
		}
	}
	answer, body := b.ask(t, "GET", "/auth/csrf/", "")
	checkAnswer(t, router, "csrf", "", answer, body)
	var given struct{ CSRFToken string }
	if err := json.Unmarshal([]byte(body), &given); err != nil {
		t.Fatal(err)
	}
	headers := []string{"X-CSRFToken: " + given.CSRFToken, "Origin: " + b.URL}
	cookies := func(answer *http.Response) {
		for _, c := range answer.Cookies() {
			b.cookies[c.Name] = c.Value
		}
		headers = headers[:2]
		headers[0] = "X-CSRFToken: " + b.cookies["csrftoken"] // which the log-in changes
		for name, value := range b.cookies {
			if len(headers) == 2 {
				headers = append(headers, "Cookie: ")
			}
			headers[2] += name + "=" + value + "; "
		}
	}
	cookies(answer)
	for _, c := range []struct{ path, body string }{
		{"/auth/token/", `{"email":"ana@example.com","password":"right"}`}, {"/auth/token/refresh/", "{}"},
		{"/auth/token/verify/", "{}"}, {"/auth/token/blacklist/", "{}"},
	} {
		answer, body := b.post(t, c.path, c.body, headers...)
		if answer.StatusCode != http.StatusOK || strings.Contains(body, "eyJ") {
			t.Errorf("%s = %d %s, want 200 and no token", c.path, answer.StatusCode, body)
		}
		checkAnswer(t, router, c.path, c.body, answer, body)
		cookies(answer)
	}
}

// TestOpenAPIOfCheck: what proxies ask is described with the headers that are configured.
func TestOpenAPIOfCheck(t *testing.T) {
	s := guarded(t)
	doc, router := description(t, s)
	_, access := s.login(t)
	op := doc.Paths.Value("/auth/check/").Get
	for status, want := range map[string]int{"200": 5, "401": 6, "403": 5} {
		if r := op.Responses.Value(status); r == nil || len(r.Value.Headers) != want ||
			r.Value.Headers["X-User-Plan"] == nil {
			t.Errorf("%s is described as %+v, want %d headers, X-User-Plan among them", status, r, want)
		}
	}
	if scheme := doc.Components.SecuritySchemes["checkCookie"]; scheme == nil || scheme.Value.Name != "access" ||
		len(*op.Security) != 2 {
		t.Errorf("checkCookie = %+v of %v, want the cookie with the name access", scheme, op.Security)
	}
	for status, header := range map[int]string{
		200: "Authorization: Bearer " + access, 401: "Authorization: Bearer junk", 403: "Cookie: access=" + access +
			"\nOrigin: https://evil.example",
	} {
		answer, body := s.ask(t, "GET", "/auth/check/", "", strings.Split(header, "\n")...)
		if answer.StatusCode != status {
			t.Errorf("%q = %d, want %d", header, answer.StatusCode, status)
		}
		checkAnswer(t, router, header, "", answer, body)
	}
	if plain, _ := description(t,
		openShop(t, nil)); plain.Paths.Value("/auth/check/").Get.Responses.Value("403") != nil ||
		plain.Components.SecuritySchemes["checkCookie"] != nil {
		t.Error("a cookie is described where none is read")
	}
}

// TestOpenAPIOfLoginAnswer: what the answer to a log-in has of the customer is described, member by member.
func TestOpenAPIOfLoginAnswer(t *testing.T) {
	s := openShop(t, func(_ *node.Config, c *httpapi.Config) {
		c.LoginAnswer = claimmaptest.Members(t,
			"id=id mail=email first=first_name last=last_name active=is_active staff=is_staff super=is_superuser "+
				"joined=date_joined seen=last_login groups=groups rights=permissions plan=attributes.plan")
	})
	doc, router := description(t, s)
	pair := doc.Components.Schemas["TokenPair"].Value
	for name, want := range map[string]string{"mail": "string", "active": "boolean", "seen": "string",
		"groups": "array", "rights": "array", "access": "string"} {
		if p := pair.Properties[name]; p == nil || !p.Value.Type.Is(want) || !slices.Contains(pair.Required, name) {
			t.Errorf("%s = %+v, want a required member of type %s", name, p, want)
		}
	}
	if len(pair.Properties) != 14 || len(pair.Required) != 14 {
		t.Errorf("%d members, %d of them required, want 14: %v", len(pair.Properties), len(pair.Required),
			pair.Required)
	}
	sent := `{"email":"ana@example.com","password":"right"}`
	answer, body := s.post(t, "/auth/token/", sent)
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("log-in = %d %s", answer.StatusCode, body)
	}
	checkAnswer(t, router, "log-in", sent, answer, body)
}
