package admin

import (
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

// send gives the answer to a request, whose body the caller closes, or the error that it holds.
func (c *Client) send(r *http.Request) (*http.Response, error) {
	response, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("ask the running node: %w", err)
	}
	if response.StatusCode < 300 {
		return response, nil
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("ask the running node: %w", err)
	}
	var refusal refusal
	if json.Unmarshal(b, &refusal) == nil && refusal.Error != "" {
		return nil, errors.New(refusal.Error)
	}
	return nil, fmt.Errorf("the running node is of another version: it answers %s; use its own edgetoken command",
		response.Status)
}

// inProcess is a transport whose other end is a handler in this process.
type inProcess struct{ handler http.Handler }

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	body, to := io.Pipe()
	w := &response{header: http.Header{}, body: to, begun: make(chan struct{})}
	go func() {
		t.handler.ServeHTTP(w, r)
		w.WriteHeader(http.StatusOK)
		to.Close()
	}()
	<-w.begun
	return &http.Response{
		StatusCode: w.status, Status: http.StatusText(w.status), Header: w.header, Body: body,
		Request: r, ProtoMajor: 1, ProtoMinor: 1, ContentLength: -1,
	}, nil
}

// response passes on what a handler writes.
type response struct {
	header http.Header
	status int
	begun  chan struct{} // closed when status and header are there
	body   *io.PipeWriter
}

func (w *response) Header() http.Header { return w.header }

func (w *response) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
		close(w.begun)
	}
}

func (w *response) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}
