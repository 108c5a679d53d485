package signer

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/edgetoken/edgetoken/core/strictjson"
	"github.com/edgetoken/edgetoken/host/keyring"
)

// Bounds of what a signer answers, in bytes.
const (
	maxKeys      = 1 << 20
	maxSignature = 16 << 10 // a signature of RSA with 8192 bits takes 1366
	maxError     = 200
)

// keysTimeout is how long a signer may take to list its keys: an HSM may have to be opened for it.
const keysTimeout = 10 * time.Second

// Config says which signer a Client asks.
type Config struct {
	Path   string                 // of its socket
	Limits keyring.ExternalLimits // of each key
	Log    *slog.Logger           // is told of keys that cannot be used; nil: slog.Default
}

// Client asks one signer. It is safe for concurrent use, and connects anew when the signer comes back.
type Client struct {
	path     string
	limits   keyring.ExternalLimits
	log      *slog.Logger
	http     *http.Client
	scanners sync.Pool // of *strictjson.Scanner

	mu   sync.Mutex
	keys map[string]keyring.Key // what was given, by algorithm, kid and public key
}

// NewClient makes a client. It connects when it is asked for something.
func NewClient(cfg Config) *Client {
	c := &Client{path: cfg.Path, limits: cfg.Limits, log: cfg.Log, keys: map[string]keyring.Key{}}
	if c.log == nil {
		c.log = slog.Default()
	}
	c.scanners.New = func() any { return new(strictjson.Scanner) }
	c.http = &http.Client{
		Transport: &http.Transport{
			DialContext: c.dial, DisableCompression: true, MaxResponseHeaderBytes: maxSignature,
			MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// Close closes the connections that are not in use.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Keys are the keys that the signer lists, which sign there. Those that cannot be used here are logged.
func (c *Client) Keys(ctx context.Context) ([]keyring.Key, error) {
	ctx, cancel := context.WithTimeout(ctx, keysTimeout)
	defer cancel()
	set, err := c.ask(ctx, http.MethodGet, "/keys", nil, maxKeys)
	if err != nil {
		return nil, fmt.Errorf("ask the signer %s for its keys: %w", c.path, err)
	}
	found, err := keyring.Read(set, "")
	if err != nil {
		return nil, fmt.Errorf("keys of the signer %s: %w", c.path, err)
	}
	for _, k := range found.Skipped {
		c.log.Warn("a key of the signer cannot be used", "signer", c.path, "index", k.Index, "kid", k.ID, "reason",
			k.Reason)
	}
	var keys []keyring.Key
	for _, k := range found.Keys {
		if k.CanSign() {
			return nil, fmt.Errorf("the signer %s shows a private key or secret: replace that key, and have the "+
				"signer list public keys alone", c.path)
		}
		key, err := c.Key(k.Algorithm(), k.ID(), k.Public())
		if err != nil {
			return nil, fmt.Errorf("key %s of the signer %s: %w", k.ID(), c.path, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// Key is the key that the signer listed with this algorithm, kid and public key (SubjectPublicKeyInfo in DER). It asks
// the signer for nothing. Asked again, it gives the same key, which remembers what it signed.
func (c *Client) Key(algorithm, id string, public []byte) (keyring.Key, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	of := strings.Join([]string{algorithm, id, string(public)}, "\x00")
	if key, known := c.keys[of]; known {
		return key, nil
	}
	key, err := keyring.ParsePublic(algorithm, id, public)
	if err != nil {
		return keyring.Key{}, err
	}
	key, err = key.SignElsewhere(c.limits, func(ctx context.Context, input []byte) ([]byte, error) {
		return c.sign(ctx, id, algorithm, input)
	})
	if err == nil {
		c.keys[of] = key
	}
	return key, err
}

// order is the body of POST /sign.
type order struct {
	KeyID     string `json:"kid"`
	Algorithm string `json:"alg"`
	Input     string `json:"input"`
}

func (c *Client) sign(ctx context.Context, id, algorithm string, input []byte) ([]byte, error) {
	body, err := json.Marshal(order{id, algorithm, base64.RawURLEncoding.EncodeToString(input)})
	if err != nil {
		return nil, err
	}
	answer, err := c.ask(ctx, http.MethodPost, "/sign", body, maxSignature)
	if err != nil {
		return nil, err
	}
	text, ok := c.member(answer, "signature")
	if !ok {
		return nil, errors.New("the signer's answer has no signature, or more than that")
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, errors.New("the signer's signature is no base64url without padding")
	}
	return signature, nil
}

// member reads an object whose only member is a text.
func (c *Client) member(object []byte, name string) (text string, ok bool) {
	s := c.scanners.Get().(*strictjson.Scanner)
	defer c.scanners.Put(s)
	members := 0
	for more := s.Begin(object, 2); more; more = s.Next() {
		members++
		if string(s.Member.Name) == name && s.Member.Value.Form == strictjson.String {
			text, ok = string(s.Member.Value.Text(object)), true
		}
	}
	return text, ok && s.Whole && members == 1
}

// ask sends a request and gives the body of its answer, which has at most limit bytes.
func (c *Client) ask(ctx context.Context, method, path string, body []byte, limit int64) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://signer"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
		// To sign twice does no harm, so the request may be sent anew where the signer closed an idle connection.
		// net/http sends no such header.
		request.Header["Idempotency-Key"] = []string{}
	}
	answer, err := c.http.Do(request)
	var about *url.Error
	if errors.As(err, &about) {
		return nil, about.Err // its method and URL are always the same
	}
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the signer's answer: %w", err)
	case int64(len(text)) > limit:
		return nil, fmt.Errorf("the signer's answer has more than %d bytes", limit)
	case answer.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("the signer answers %d%s", answer.StatusCode, c.reason(text))
	}
	kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" && kind != "application/jwk-set+json" {
		return nil, errors.New("the signer's answer is no application/json")
	}
	return text, nil
}

// reason is what a signer says of a failure, for the log.
func (c *Client) reason(body []byte) string {
	text, ok := c.member(body, "error")
	if !ok {
		return ""
	}
	return ": " + strconv.Quote(text[:min(len(text), maxError)])
}

func (c *Client) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if err := checkSocket(c.path); err != nil {
		return nil, err
	}
	return new(net.Dialer).DialContext(ctx, "unix", c.path)
}
