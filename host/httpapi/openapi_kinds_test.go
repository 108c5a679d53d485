package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/claimmap/claimmaptest"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/pages"
	"github.com/edgetoken/edgetoken/store"
)

// withTextIDs gives a node a store whose ids are texts, with one customer.
func withTextIDs(t *testing.T) func(*node.Config, *httpapi.Config) {
	return func(n *node.Config, _ *httpapi.Config) {
		db, err := store.Open(store.Config{Path: filepath.Join(t.TempDir(), "texts.db"), IDs: core.TextID})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		if _, err := db.Add(t.Context(), store.NewCustomer{
			ID: core.Text("b5f0"), Email: "ana@example.com", IsActive: true, PasswordHash: hashOf(t, "right"),
		}); err != nil {
			t.Fatal(err)
		}
		n.Store = db
	}
}

// describedNodes are nodes whose descriptions differ.
func describedNodes(t *testing.T) map[string]func(*node.Config, *httpapi.Config) {
	return map[string]func(*node.Config, *httpapi.Config){
		"default":  nil,
		"5.2":      func(n *node.Config, _ *httpapi.Config) { n.Settings.Compat = core.V52 },
		"text ids": withTextIDs(t),
		"cookies": func(_ *node.Config, h *httpapi.Config) {
			h.TokenCookies.On, h.ForwardAuth.Cookie = true, "access"
		},
		"programs alone": func(_ *node.Config, h *httpapi.Config) { h.Browser.Off = true },
		"own header":     func(_ *node.Config, h *httpapi.Config) { h.AuthHeaderName = "HTTP_X_ACCESS_TOKEN" },
		"answer": func(_ *node.Config, h *httpapi.Config) {
			h.LoginAnswer = claimmaptest.Members(t, "id=id seen=last_login groups=groups plan=attributes.plan")
		},
	}
}

// TestOpenAPIIsForGenerators: a description has nothing in it of which generators of clients make code that does not
// compile or loses what was sent.
func TestOpenAPIIsForGenerators(t *testing.T) {
	for name, change := range describedNodes(t) {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, change)
			description(t, s)
			_, body := s.ask(t, "GET", pages.OpenAPIPath, "")
			var document map[string]any
			if err := json.Unmarshal([]byte(body), &document); err != nil {
				t.Fatal(err)
			}
			lint := &linter{ids: map[string]string{}, texts: body}
			lint.document(document)
			for _, fault := range lint.faults {
				t.Error(fault)
			}
		})
	}
}

// linter collects what generators stumble over.
type linter struct {
	faults []string
	ids    map[string]string // operationIds, and where they are
	texts  string            // the document
}

func (l *linter) fault(where, format string, args ...any) {
	l.faults = append(l.faults, where+": "+fmt.Sprintf(format, args...))
}

var (
	semanticVersion = regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)
	snakeCase       = regexp.MustCompile(`^[a-z]+(_[a-z]+)+$`)
	pascalCase      = regexp.MustCompile(`^[A-Z][A-Za-z]+$`)
)

// clientNames are those of classes that the code of clients has all names of: okhttp3.Call in Kotlin, others in the
// standard libraries.
var clientNames = []string{
	"Any", "Call", "Client", "Configuration", "Date", "Entry", "Error", "Exception", "File", "Headers", "List", "Map",
	"Object", "Option", "Pair", "Request", "Response",
	"Result", "Set", "String", "Type", "Vec",
}

func (l *linter) document(document map[string]any) {
	if version := at(document, "info", "version"); !semanticVersion.MatchString(fmt.Sprint(version)) {
		l.fault("info", "version %v is no semantic version", version)
	}
	if servers, _ := document["servers"].([]any); len(servers) != 1 || at(servers[0], "url") == "" {
		l.fault("servers", "%v, want one with a URL", servers)
	}
	paths := document["paths"].(map[string]any)
	for path, item := range paths {
		for method, operation := range item.(map[string]any) {
			l.operation(method+" "+path, operation.(map[string]any))
		}
	}
	for name, schema := range at(document, "components", "schemas").(map[string]any) {
		if !pascalCase.MatchString(name) {
			l.fault(name, "is named in another way than the other schemas")
		}
		if slices.Contains(clientNames, name) {
			l.fault(name, "is the name of something else in a library of clients")
		}
		if !strings.Contains(l.texts, `"#/components/schemas/`+name+`"`) {
			l.fault(name, "is not used")
		}
		l.schema(name, schema.(map[string]any), true)
	}
	for name, answer := range at(document, "components", "responses").(map[string]any) {
		l.answer(name, answer.(map[string]any))
	}
}

func (l *linter) operation(where string, operation map[string]any) {
	id, _ := operation["operationId"].(string)
	if other, taken := l.ids[id]; taken || !snakeCase.MatchString(id) {
		l.fault(where, "operationId %q is not in snake case or that of %s too", id, other)
	}
	l.ids[id] = where
	if content, has := at(operation, "requestBody", "content").(map[string]any); has {
		if len(content) != 1 {
			l.fault(where, "takes %d types, of which generators choose one or none", len(content))
		}
		for media, body := range content {
			if at(body, "schema", "$ref") == nil || at(body, "example") == nil {
				l.fault(where, "the body of %s has no name or no example: %v", media, body)
			}
		}
	}
	for status, answer := range operation["responses"].(map[string]any) {
		l.answer(where+" "+status, answer.(map[string]any))
	}
}

func (l *linter) answer(where string, answer map[string]any) {
	content, _ := answer["content"].(map[string]any)
	for media, body := range content {
		if media != "application/json" || at(body, "schema", "$ref") == nil {
			l.fault(where, "answers with %s, %v, want JSON with a named schema", media, body)
		}
	}
}

// schema looks at a schema and those within.
func (l *linter) schema(where string, schema map[string]any, named bool) {
	for _, keyword := range []string{"oneOf", "anyOf", "allOf", "not"} {
		if _, has := schema[keyword]; has {
			l.fault(where, "has %s, for which many languages have no type", keyword)
		}
	}
	properties, isObject := schema["properties"].(map[string]any)
	values, isMap := schema["additionalProperties"].(map[string]any)
	if (isObject || isMap) && !named {
		l.fault(where, "is an object without a name")
	}
	if isObject && isMap {
		l.fault(where, "is an object and a map")
	}
	_, hasType := schema["type"]
	_, isReference := schema["$ref"]
	if nullable, _ := schema["nullable"].(bool); !hasType && !isReference && !nullable {
		l.fault(where, "has no type")
	}
	if schema["type"] == "integer" && schema["format"] == nil {
		l.fault(where, "is an integer of unknown size")
	}
	for name, property := range properties {
		l.schema(where+"."+name, property.(map[string]any), false)
	}
	if isMap {
		l.schema(where+".*", values, false)
	}
	if items, isList := schema["items"].(map[string]any); isList {
		l.schema(where+"[]", items, false)
	}
}

// at is what lies on a path through objects; nil where there is nothing.
func at(value any, path ...string) any {
	for _, name := range path {
		members, _ := value.(map[string]any)
		value = members[name]
	}
	return value
}

// TestOpenAPIOfIDs: an id has the type that the store's ids have, in a customer and in the answer to a log-in.
func TestOpenAPIOfIDs(t *testing.T) {
	answer := func(_ *node.Config, h *httpapi.Config) { h.LoginAnswer = claimmaptest.Members(t, "customer=id") }
	texts := withTextIDs(t)
	for name, c := range map[string]struct {
		change       func(*node.Config, *httpapi.Config)
		kind, format string
	}{
		"integers": {answer, "integer", "int64"},
		"texts":    {func(n *node.Config, h *httpapi.Config) { texts(n, h); answer(n, h) }, "string", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, c.change)
			doc, router := description(t, s)
			for schema, member := range map[string]string{"Customer": "id", "TokenPair": "customer"} {
				id := doc.Components.Schemas[schema].Value.Properties[member].Value
				if !id.Type.Is(c.kind) || id.Format != c.format {
					t.Errorf("%s.%s is %v %q, want %s %q", schema, member, id.Type, id.Format, c.kind, c.format)
				}
			}
			_, access := s.login(t)
			got, body := s.ask(t, "GET", "/customers/me/", "", "Authorization: Bearer "+access)
			checkAnswer(t, router, "me", "", got, body)
		})
	}
}

// TestOpenAPIServers: clients are told the name that they came by if it is the node's for certain, and else to go
// where the description came from.
func TestOpenAPIServers(t *testing.T) {
	for _, c := range []struct {
		hosts  []string
		proxy  bool
		host   string
		server string
	}{
		{nil, false, "evil.example", "/"},
		{[]string{"*"}, false, "evil.example", "/"},
		{[]string{"tokens.example"}, false, "tokens.example", "http://tokens.example"},
		{[]string{"tokens.example"}, true, "tokens.example:8443", "https://tokens.example:8443"},
		{[]string{"*", ".shop.example"}, true, "tokens.shop.example", "https://tokens.shop.example"},
		{[]string{"*", ".shop.example"}, true, "evil.example", "/"},
	} {
		s := openShop(t, func(_ *node.Config, h *httpapi.Config) { h.AllowedHosts, h.BehindProxy = c.hosts, c.proxy })
		answer, body := s.ask(t, "GET", pages.OpenAPIPath, "", "Host: "+c.host)
		var document struct{ Servers []struct{ URL string } }
		if err := json.Unmarshal([]byte(body), &document); err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%d %v", answer.StatusCode, err)
		}
		if len(document.Servers) != 1 || document.Servers[0].URL != c.server {
			t.Errorf("with allowed_hosts %v, %s is told of %v, want %s", c.hosts, c.host, document.Servers, c.server)
		}
	}
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) { h.AllowedHosts = []string{"tokens.example"} })
	if answer, body := s.ask(t, "GET", pages.OpenAPIPath, "",
		"Host: evil.example"); answer.StatusCode != http.StatusBadRequest || strings.Contains(body, "evil") {
		t.Errorf("a host that is not allowed: %d %s", answer.StatusCode, body)
	}
}

// TestOpenAPIOfBodies: what may not be blank is described so, and a password is one.
func TestOpenAPIOfBodies(t *testing.T) {
	s := openShop(t, nil)
	doc, _ := description(t, s)
	for path, fields := range map[string][]string{
		"/auth/token/": {"email", "password"}, "/auth/token/refresh/": {"refresh"}, "/auth/token/verify/": {"token"},
		"/auth/token/blacklist/": {"refresh"},
	} {
		for media, body := range doc.Paths.Value(path).Post.RequestBody.Value.Content {
			schema := body.Schema.Value
			if !slices.Equal(schema.Required, fields) || len(schema.Properties) != len(fields) {
				t.Errorf("%s takes %v of %d as %s, want %v", path, schema.Required, len(schema.Properties), media,
					fields)
			}
			for _, field := range fields {
				if p := schema.Properties[field]; p == nil || p.Value.MinLength != 1 || !p.Value.Type.Is("string") {
					t.Errorf("%s: %s as %s = %+v, want a text of 1 character at least", path, field, media, p)
				}
				answer, sent := s.post(t, path, `{"`+field+`":""}`)
				if !strings.Contains(sent, `"`+field+`":["This field may not be blank."]`) {
					t.Errorf("%s with a blank %s = %d %s", path, field, answer.StatusCode, sent)
				}
			}
		}
	}
	if p := doc.Components.Schemas["LoginRequest"].Value.Properties["password"].Value; p.Format != "password" ||
		p.WriteOnly {
		t.Errorf("password = %+v, want format password, and no writeOnly: Go's clients have a pointer for it", p)
	}
	if p := doc.Components.Schemas["Access"].Value.Properties; len(p) != 1 || p["access"] == nil {
		t.Errorf("a refresh answers with %v, want access alone: nothing rotates", p)
	}
}

// TestOpenAPIOfRotation: the answer to a refresh is described with the refresh token that it then has.
func TestOpenAPIOfRotation(t *testing.T) {
	s := openShop(t, func(n *node.Config, _ *httpapi.Config) { n.Settings.RotateRefreshTokens = true })
	_, router := description(t, s)
	refresh, _ := s.login(t)
	got, body := s.post(t, "/auth/token/refresh/", `{"refresh":"`+refresh+`"}`)
	checkAnswer(t, router, "refresh", `{"refresh":"`+refresh+`"}`, got, body)
	var pair struct{ Access, Refresh string }
	if err := json.Unmarshal([]byte(body), &pair); err != nil || !strings.HasPrefix(body, `{"access":"`) ||
		pair.Refresh == "" || pair.Refresh == refresh {
		t.Errorf("refresh = %s, want an access token and then a new refresh token (%v)", body, err)
	}
}

// TestOpenAPIOfCheckRefusals: a request that is refused before its token is looked at is described where the node is
// configured to refuse it.
func TestOpenAPIOfCheckRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*node.Config, *httpapi.Config)
		header string
	}{
		"another host": {func(_ *node.Config, h *httpapi.Config) {
			h.AllowedHosts = []string{"127.0.0.1"}
		}, "Host: evil.example"},
		"a proxy that says nothing": {func(_ *node.Config, h *httpapi.Config) {
			h.ForwardAuth.Proxy = httpapi.Traefik
		}, "Accept: */*"},
		"a page of another site": {func(_ *node.Config, h *httpapi.Config) {
			h.ForwardAuth.Cookie = "a"
		}, "Cookie: a=b\nOrigin: https://evil.example"},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, c.change)
			promised := describedBy(t, s.Server)
			for _, path := range []string{"/auth/check/", "/auth/check"} {
				answer, body := s.ask(t, "GET", path, "", strings.Split(c.header, "\n")...)
				if answer.StatusCode != http.StatusForbidden {
					t.Errorf("%s = %d, want 403", path, answer.StatusCode)
				}
				request := map[string]any{"method": "GET", "path": "/auth/check/"}
				if err := promised.hold(request, readResponse(answer, []byte(body))); err != nil {
					t.Errorf("%s answers other than described: %v", path, err)
				}
			}
		})
	}
}

// TestOpenAPIOfCheckMethods: every method is answered, and each that clients can send is described.
func TestOpenAPIOfCheckMethods(t *testing.T) {
	s := guarded(t)
	doc, router := description(t, s)
	_, access := s.login(t)
	item := doc.Paths.Value("/auth/check/")
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		if item.Operations()[method] == nil {
			t.Errorf("%s is not described", method)
			continue
		}
		for header, status := range map[string]int{"Authorization: Bearer " + access: 200,
			"Authorization: Bearer junk": 401} {
			answer, body := s.ask(t, method, "/auth/check/", "", header)
			if answer.StatusCode != status {
				t.Errorf("%s = %d, want %d", method, answer.StatusCode, status)
			}
			checkAnswer(t, router, method, "", answer, body)
		}
	}
}
