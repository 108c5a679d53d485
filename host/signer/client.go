package signer

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
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

// Client asks one signer. It is safe for concurrent use, and connects anew when the signer comes back.
type Client struct {
	path     string
	limits   keyring.ExternalLimits
	http     *http.Client
	scanners sync.Pool // of *strictjson.Scanner
}

// NewClient makes a client of the signer at a socket. limits are those of each of its keys. It connects when it is
// asked for something.
func NewClient(path string, limits keyring.ExternalLimits) *Client {
	c := &Client{path: path, limits: limits}
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

// Keys are the keys of the signer, which sign there. It skips those that cannot be used here. The error is about all of
// them.
func (c *Client) Keys(ctx context.Context) ([]keyring.Key, []keyring.Skipped, error) {
	ctx, cancel := context.WithTimeout(ctx, keysTimeout)
	defer cancel()
	set, err := c.ask(ctx, http.MethodGet, "/keys", nil, maxKeys)
	if err != nil {
		return nil, nil, fmt.Errorf("ask the signer %s for its keys: %w", c.path, err)
	}
	found, err := keyring.Read(set, "")
	if err != nil {
		return nil, nil, fmt.Errorf("keys of the signer %s: %w", c.path, err)
	}
	var keys []keyring.Key
	for _, k := range found.Keys {
		if k.CanSign() {
			return nil, nil, fmt.Errorf("the signer %s shows a private key or secret: replace that key, and have the "+
				"signer list public keys alone", c.path)
		}
		key, err := k.SignElsewhere(c.limits, func(ctx context.Context, input []byte) ([]byte, error) {
			return c.sign(ctx, k.ID(), k.Algorithm(), input)
		})
		if err != nil {
			return nil, nil, fmt.Errorf("key %s of the signer %s: %w", k.ID(), c.path, err)
		}
		keys = append(keys, key)
	}
	return keys, found.Skipped, nil
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
