package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
)

// Client calls an admin API: of a running node over its socket, or one in this process.
type Client struct {
	http  http.Client
	close func() error
}

// NewClient calls a handler in this process. Close calls close.
func NewClient(handler http.Handler, close func() error) *Client {
	return &Client{http: http.Client{Transport: inProcess{handler}}, close: close}
}

// Close ends the connection to the node, or what was opened for the client.
func (c *Client) Close() error { return c.close() }

// Dial connects to the node that listens at a socket; nil where none does. Passwords go through it, so it is refused
// where another user may have put it there or listens at it: owner gives the user whom its directory belongs to, and
// refuses one that others can write to.
func Dial(path string, owner func() (int, error)) (*Client, error) {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSocket || len(path) > maxSocketPath {
		return nil, nil
	}
	user, err := owner()
	if err != nil {
		return nil, err
	}
	if self := os.Geteuid(); !mayServe(user, self, user) {
		return nil, fmt.Errorf("data directory %s belongs to user %d and this is user %d: run the command as the user of the node", filepath.Dir(absolute(path)), user, self)
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "unix", path)
		if err != nil {
			return nil, err
		}
		if err := checkNode(conn.(*net.UnixConn), user); err != nil {
			return nil, errors.Join(fmt.Errorf("admin socket %s: %w", absolute(path), err), conn.Close())
		}
		return conn, nil
	}
	conn, err := dial(context.Background(), "", "")
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("the admin socket %s is another user's: run the command as the user of the node", absolute(path))
	case err != nil:
		return nil, fmt.Errorf("reach the running node: %w", err)
	}
	_ = conn.Close()
	transport := &http.Transport{DialContext: dial}
	return &Client{http: http.Client{Transport: transport}, close: func() error { transport.CloseIdleConnections(); return nil }}, nil
}

// Call sends a request to the handler and decodes its answer into result, if not nil. body is a reader or a value for
// JSON. What the handler refuses is an error with its text.
func (c *Client) Call(ctx context.Context, method, path string, query url.Values, body, result any) error {
	reader, ok := body.(io.Reader)
	if !ok && body != nil {
		b, err := encodeJSON(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(b)
	}
	u := url.URL{Scheme: "http", Host: "edgetoken", Path: path, RawQuery: query.Encode()}
	r, err := http.NewRequestWithContext(ctx, method, u.String(), reader)
	if err != nil {
		return err
	}
	response, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("ask the running node: %w", err)
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("ask the running node: %w", err)
	}
	if response.StatusCode >= 300 {
		var refusal refusal
		if json.Unmarshal(b, &refusal) == nil && refusal.Error != "" {
			return errors.New(refusal.Error)
		}
		return fmt.Errorf("the running node is of another version: it answers %s; use its own edgetoken command", response.Status)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(b, result)
}

// inProcess is a transport whose other end is a handler in this process.
type inProcess struct{ handler http.Handler }

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := &response{header: http.Header{}, status: http.StatusOK}
	t.handler.ServeHTTP(w, r)
	return &http.Response{
		StatusCode: w.status, Status: http.StatusText(w.status), Header: w.header, Body: io.NopCloser(&w.body), Request: r, ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// response keeps what a handler writes.
type response struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *response) Header() http.Header         { return w.header }
func (w *response) WriteHeader(status int)      { w.status = status }
func (w *response) Write(b []byte) (int, error) { return w.body.Write(b) }
