package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/edgetoken/edgetoken/host/admin/socket"
)

// Client does operations: of a running node over its socket, or of a handler in this process. It is safe for concurrent
// use.
type Client struct {
	http  http.Client
	close func() error
}

// NewClient calls a handler in this process. Close calls close.
func NewClient(handler http.Handler, close func() error) *Client {
	return &Client{http.Client{Transport: inProcess{handler}}, close}
}

// Close ends the connection to the node, or what was opened for the client.
func (c *Client) Close() error { return c.close() }

// Dial gives a client of the node that listens at a socket; nil where none does. owner is that of socket.Find.
func Dial(path string, owner func() (uid int, err error)) (*Client, error) {
	dial, err := socket.Find(path, owner)
	if dial == nil || err != nil {
		return nil, err
	}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
	}
	close := func() error {
		transport.CloseIdleConnections()
		return nil
	}
	return &Client{http.Client{Transport: transport}, close}, nil
}

// send gives the body of the answer to a request, or the error that it holds.
func (c *Client) send(r *http.Request) ([]byte, error) {
	response, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("ask the running node: %w", err)
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("ask the running node: %w", err)
	}
	if response.StatusCode >= 300 {
		var refusal refusal
		if json.Unmarshal(b, &refusal) == nil && refusal.Error != "" {
			return nil, errors.New(refusal.Error)
		}
		return nil, fmt.Errorf("the running node is of another version: it answers %s; use its own edgetoken command",
			response.Status)
	}
	return b, nil
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
		StatusCode: w.status, Status: http.StatusText(w.status), Header: w.header, Body: io.NopCloser(&w.body),
		Request: r, ProtoMajor: 1, ProtoMinor: 1,
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
