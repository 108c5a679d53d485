package client

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Config is what New takes. Only Server is needed.
type Config struct {
	// Server is the URL that the paths are below. It must be https, except on this machine's loopback interface.
	Server string
	// AllowHTTP allows a Server without TLS elsewhere: behind a proxy that adds it, or in a network of your own.
	AllowHTTP bool
	// Origins get the access token too, as "https://api.shop.example". The Server's origin always does, and no other
	// ever: a request to another one, a redirect included, goes out without.
	Origins []string
	// Paths are those of the server's token views.
	Paths Paths
	// LoginField is the member of a log-in that names the customer: "email" by default; "username" in a stock Django.
	LoginField string
	// Scheme is the word before the token in the Authorization header: "Bearer" by default; what AUTH_HEADER_TYPES has
	// where that is something else, such as "JWT".
	Scheme string
	// Storage keeps the tokens; nil: Memory.
	Storage Storage
	// Transport sends requests; nil: http.DefaultTransport.
	Transport http.RoundTripper
	// Early is how long before its end an access token is replaced, at most a quarter of its life. Each Client draws
	// how much later it does so, up to a quarter of that time. 0: 5 minutes.
	Early time.Duration
	// Attempt bounds one attempt to reach the token views, and Patience all attempts of a refresh, a log-in or a
	// log-out. Where refresh tokens rotate, Patience has to be shorter than the server's window for answers that were
	// lost (refresh.grace, 10 s). 0: 2 and 8 seconds.
	Attempt, Patience time.Duration
	// OnLogout is told when the session is over, once, whoever ended it, before the call that found it returns. It may
	// call the Client.
	OnLogout func(Logout)
}

// Paths are below Config.Server. Zero values are those of edgetoken.
type Paths struct {
	Login     string // "/auth/token/"
	Refresh   string // "/auth/token/refresh/"
	Blacklist string // "/auth/token/blacklist/"
	LogoutAll string // "/auth/logout/all/"; simplejwt has none
}

// Client keeps one session. It is safe for concurrent use.
type Client struct {
	cfg     Config
	server  *url.URL
	origins map[string]bool
	draw    float64 // of what Early comes to, see there
	shared  bool    // others may store tokens, too
	clock   serverClock

	mu     sync.Mutex
	tokens Tokens  // the last that the storage was seen to have
	in     bool    // there was a session, whose end has not been told
	ends   int     // sessions that ended
	over   *Logout // is to be told when the exchange is over
	bad    string  // an access token that the server refused
	unkept *change
	flight *flight
	pause  pause
}

// New makes a client. The error names what is wrong with the configuration.
func New(cfg Config) (*Client, error) {
	server, err := url.Parse(cfg.Server)
	switch {
	case err != nil || server.Host == "" || server.Scheme != "http" && server.Scheme != "https":
		return nil, fmt.Errorf("client: Server %q is not a URL such as https://shop.example", cfg.Server)
	case server.User != nil || server.RawQuery != "" || server.Fragment != "":
		return nil, errors.New("client: Server may have neither user, query nor fragment")
	case cfg.Scheme != "" && !word.MatchString(cfg.Scheme):
		return nil, fmt.Errorf("client: Scheme %q is not a word such as Bearer", cfg.Scheme)
	case cfg.Early < 0 || cfg.Attempt < 0 || cfg.Patience < 0:
		return nil, errors.New("client: Early, Attempt and Patience may not be negative")
	}
	if err := cfg.private("Server", server); err != nil {
		return nil, err
	}
	c := &Client{cfg: cfg, server: server, origins: map[string]bool{origin(server): true}}
	for _, o := range cfg.Origins {
		u, err := url.Parse(o)
		if err != nil || u.Host == "" || strings.TrimSuffix(u.Path, "/") != "" {
			return nil, fmt.Errorf("client: %q in Origins is not an origin such as https://api.shop.example", o)
		}
		if err := cfg.private("Origins", u); err != nil {
			return nil, err
		}
		c.origins[origin(u)] = true
	}
	or(&c.cfg.Paths.Login, "/auth/token/")
	or(&c.cfg.Paths.Refresh, "/auth/token/refresh/")
	or(&c.cfg.Paths.Blacklist, "/auth/token/blacklist/")
	or(&c.cfg.Paths.LogoutAll, "/auth/logout/all/")
	or(&c.cfg.LoginField, "email")
	or(&c.cfg.Scheme, "Bearer")
	or(&c.cfg.Early, 5*time.Minute)
	or(&c.cfg.Attempt, 2*time.Second)
	or(&c.cfg.Patience, 8*time.Second)
	if c.cfg.Storage == nil {
		c.cfg.Storage = Memory()
	}
	_, private := c.cfg.Storage.(*memory)
	c.shared = !private
	c.draw = 1 - rand.Float64()/4 // clients that share a storage do not all refresh at once
	if c.cfg.Transport == nil {
		c.cfg.Transport = http.DefaultTransport
	}
	return c, nil
}

// word is a token of HTTP (RFC 9110 §5.6.2), as the scheme is (§11.1).
var word = regexp.MustCompile("^[\\w!#$%&'*+.^`|~-]+$")

// private refuses a URL whose requests anybody on the way could read.
func (cfg *Config) private(field string, u *url.URL) error {
	if u.Scheme == "https" || cfg.AllowHTTP || loopback(u.Hostname()) {
		return nil
	}
	return fmt.Errorf("client: %q in %s is without TLS: anybody on the way could read tokens; use https, or set "+
		"AllowHTTP", u, field)
}

// HTTP is an http.Client whose requests carry the access token.
func (c *Client) HTTP() *http.Client { return &http.Client{Transport: c} }

// Close waits for a refresh or a log-out that is under way, and tries to store what could not be stored. A program that
// ends without may lose its session: a token may be spent at the server whose successor is not yet in the storage.
func (c *Client) Close() {
	for {
		c.mu.Lock()
		f := c.flight
		c.mu.Unlock()
		if f == nil {
			break
		}
		<-f.done
	}
	if c.pending() != nil {
		f, _ := c.fly(false, c.load)
		<-f.done
	}
}

// CloseIdleConnections is for http.Client's method of that name.
func (c *Client) CloseIdleConnections() {
	(&http.Client{Transport: c.cfg.Transport}).CloseIdleConnections()
}

// or sets what is zero.
func or[T comparable](value *T, otherwise T) {
	if *value == *new(T) {
		*value = otherwise
	}
}

func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// origin is scheme, host and port (RFC 6454 §4).
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
