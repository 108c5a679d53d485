package middleware

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"time"

	"github.com/edgetoken/edgetoken/core/verify"
	"github.com/edgetoken/edgetoken/host/es256"
	"github.com/edgetoken/edgetoken/wasm/gateway"
)

// Config says whose tokens are taken and where they stand.
type Config struct {
	// Policy is JSON for verify.Read: the keys, or the root of the bundle, and what else tokens must be. Required.
	Policy string
	// Bundle is the URL of the node's trust bundle. "": the policy has the keys, or the bundle.
	Bundle string
	// Poll is how long after one look for a newer bundle the next one is, give or take a tenth; at least a second.
	// 0: 10 seconds.
	Poll time.Duration
	// Client fetches the bundle. Nil: one that waits 10 seconds at most.
	Client *http.Client

	// AuthHeaderTypes is AUTH_HEADER_TYPES. Nil: Bearer.
	AuthHeaderTypes []string
	// Cookie names a cookie that may carry the token of a request without an Authorization header; "": none.
	Cookie string
	// Origins are those of pages that may send the cookie, besides the host that they ask: https://shop.example.
	Origins []string
	// Realm is that of WWW-Authenticate; "": api.
	Realm string

	// Log is told when no bundle can be had, and when one can be again. Nil: slog.Default.
	Log *slog.Logger
}

// Middleware wraps handlers. It is safe for concurrent use.
type Middleware struct {
	poller *Poller
	base   *gateway.Gateway
	free   chan *gateway.Gateway // those that are not in use; nil: one may be made
}

// New reads the configuration and fetches the bundle. That it cannot be fetched is no error: it may come later.
func New(cfg Config) (*Middleware, error) {
	base, err := newGateway(cfg)
	if err != nil {
		return nil, err
	}
	checker := new(es256.Checker)
	base.Help(func(k *verify.Key, input, signature []byte) (good, handled bool) {
		return checker.Check(&k.Key, input, signature), true
	})
	poller, err := NewPoller(PollerConfig{
		Trust: base.Trust(), URL: cfg.Bundle, Every: cfg.Poll, Client: cfg.Client, Log: cfg.Log,
	})
	if err != nil {
		return nil, err
	}
	m := &Middleware{poller, base, make(chan *gateway.Gateway, runtime.GOMAXPROCS(0))}
	for range cap(m.free) {
		m.free <- nil
	}
	return m, nil
}

// newGateway makes a gateway for the configuration, in its own words.
func newGateway(cfg Config) (*gateway.Gateway, error) {
	if !json.Valid([]byte(cfg.Policy)) {
		return nil, errors.New("middleware: Config.Policy is no JSON")
	}
	text := map[string]any{
		"policy": json.RawMessage(cfg.Policy), "rules": []map[string]string{{"path": "/", "require": "token"}},
		"realm": cmp.Or(cfg.Realm, "api"),
	}
	if cfg.AuthHeaderTypes != nil {
		text["auth_header_types"] = cfg.AuthHeaderTypes
	}
	if cfg.Cookie != "" {
		text["cookie"] = cfg.Cookie
	}
	if cfg.Origins != nil {
		text["origins"] = cfg.Origins
	}
	encoded, err := json.Marshal(text)
	if err != nil {
		return nil, err
	}
	return gateway.Read(encoded)
}

// Close stops to look for bundles. Handlers go on with the last one until its end.
func (m *Middleware) Close() { m.poller.Close() }

// Trust is what tokens are judged by now.
func (m *Middleware) Trust() *verify.Trust { return m.poller.Trust() }

// Require lets requests with a good token through to next, which finds with From who asks.
func (m *Middleware) Require(next http.Handler) http.Handler { return m.handler(next, false) }

// Optional is Require that also lets requests without any token through. A bad token is refused.
func (m *Middleware) Optional(next http.Handler) http.Handler { return m.handler(next, true) }

func (m *Middleware) handler(next http.Handler, optional bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, who := m.decide(r, optional)
		if a.Pass {
			if who != nil {
				r = r.WithContext(withIdentity(r.Context(), who))
			}
			next.ServeHTTP(w, r)
			return
		}
		for _, h := range a.Headers {
			w.Header().Set(h.Name, h.Value)
		}
		w.WriteHeader(a.Status)
		_, _ = io.WriteString(w, a.Body)
	})
}

// decide takes a gateway for as long as the decision takes. As many as there are processors work at once: more would
// only wait for one another there.
func (m *Middleware) decide(r *http.Request, optional bool) (a gateway.Answer, who *Identity) {
	g := <-m.free
	defer func() { m.free <- g }()
	if g == nil {
		g = m.base.Fork()
	}
	if trust := m.poller.Trust(); g.Trust() != trust {
		g.Use(trust)
	}
	rq := gateway.Request{Host: r.Host, Auth: r.Header.Values(g.AuthHeader())}
	if g.Cookie() != "" {
		rq.Cookies, rq.Origins = r.Header.Values("Cookie"), r.Header.Values("Origin")
	}
	a = g.Authenticate(&rq, time.Now().Unix(), optional)
	if a.Pass && a.Claims != nil {
		who = newIdentity(&a)
	}
	return a, who
}
