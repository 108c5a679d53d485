package main

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
	"syscall"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/store"
)

// adminClient calls an admin handler: of the running node over its socket, or else one of its own over the store.
type adminClient struct {
	http  http.Client
	close func() error
	// notes are for the user: what was made, and what others may do with the data directory.
	notes []string
}

// connect finds the running node of a data directory, or opens the store. mayMake makes a directory and a store where
// there are none.
func connect(cfg *config.Config, engineName string, mayMake bool) (*adminClient, error) {
	dir := datadir.Of(cfg)
	if c, err := dialAdmin(dir); c != nil || err != nil {
		return c, err
	}
	datadir.PrivateFiles()
	before := dir.Contents()
	settled, err := dir.Settle()
	if err != nil {
		return nil, err
	}
	if err := openable(dir, mayMake); err != nil {
		return nil, err
	}
	db, err := dir.OpenStore()
	if errors.Is(err, store.ErrLocked) {
		return nil, lockedWithoutNode(dir)
	}
	if err != nil {
		return nil, err
	}
	notes := settled
	if !before.Dir {
		notes = append(notes, "made data directory "+dir.String())
	}
	if !before.Store && before.Key {
		notes = append(notes, "warning: "+datadir.StoreLost)
	}
	for _, w := range dir.Warnings() {
		notes = append(notes, "warning: "+w)
	}
	a := &admin{cfg: cfg, store: db, hasher: hashing.InProcess{}, engineName: engineName}
	return &adminClient{
		http:  http.Client{Transport: inProcess{a.handler()}},
		close: func() error { return errors.Join(a.close(), db.Close()) },
		notes: notes,
	}, nil
}

// lockedWithoutNode says that another process has the store, and that no node answers.
func lockedWithoutNode(dir datadir.Dir) error {
	return fmt.Errorf("%s is in use by another process, and no node answers at %s: a node is starting or stopping, or another command is at work: try again; "+
		"if a node runs whose socket was removed, start it again", dir.Store(), datadir.Absolute(dir.Socket()))
}

var errNoStore = errors.New("there is no store")

// openable says whether there is a store, or room to make one.
func openable(dir datadir.Dir, mayMake bool) error {
	if mayMake {
		return dir.Make(false)
	}
	if err := dir.Check(false); err != nil {
		return err
	}
	if _, err := os.Stat(dir.Store()); errors.Is(err, fs.ErrNotExist) {
		if dir.Contents().Key {
			return fmt.Errorf("%w %s, although there is a signing key: if there was one, restore it from a backup; else start edgetoken serve once, "+
				"or name the data directory with --data", errNoStore, dir.Store())
		}
		return fmt.Errorf("%w %s: start edgetoken serve once, or name the data directory with --data", errNoStore, dir.Store())
	}
	return nil
}

// inUse says what to do where a node cannot have the store since another process has it.
func inUse(dir datadir.Dir, err error) error {
	if !errors.Is(err, store.ErrLocked) {
		return err
	}
	return fmt.Errorf("%s is %w: if that is a node, edgetoken customers and edgetoken token talk to it; stop it before another one starts, or name another data directory with --data",
		dir.Store(), store.ErrLocked)
}

// dialAdmin connects to a node's socket; nil where no node listens. Passwords go through it, so it is refused where
// another user may have put it there or listens at it.
func dialAdmin(dir datadir.Dir) (*adminClient, error) {
	path := dir.Socket()
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSocket || len(path) > maxSocketPath {
		return nil, nil
	}
	owner, err := dir.Private()
	if err != nil {
		return nil, err
	}
	if self := os.Geteuid(); !mayServe(owner, self, owner) {
		return nil, fmt.Errorf("data directory %s belongs to user %d and this is user %d: run the command as the user of the node", dir, owner, self)
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "unix", path)
		if err != nil {
			return nil, err
		}
		if err := checkNode(conn.(*net.UnixConn), owner); err != nil {
			return nil, errors.Join(fmt.Errorf("admin socket %s: %w", datadir.Absolute(path), err), conn.Close())
		}
		return conn, nil
	}
	conn, err := dial(context.Background(), "", "")
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("the admin socket %s is another user's: run the command as the user of the node", datadir.Absolute(path))
	case err != nil:
		return nil, fmt.Errorf("reach the running node: %w", err)
	}
	_ = conn.Close()
	transport := &http.Transport{DialContext: dial}
	return &adminClient{http: http.Client{Transport: transport}, close: func() error { transport.CloseIdleConnections(); return nil }}, nil
}

// call sends a request to the handler and decodes its answer into result, if not nil. body is a reader or a value for
// JSON. What the handler refuses is an error with its text.
func (c *adminClient) call(ctx context.Context, method, path string, query url.Values, body, result any) error {
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
