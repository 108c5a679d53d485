package join

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/lane/linktls"
)

// Client is a node's side. It is safe for concurrent use.
type Client struct {
	http      http.Client
	addresses []string
}

const (
	dialTime   = 10 * time.Second // for a connection, and for the first byte of an answer to join
	maxAnswer  = 256 << 10        // bytes
	copySuffix = ".copy-"         // in the name of a copy that is on its way, before random digits
	copyStall  = 30 * time.Second // without a byte of a copy, after which it is given up
)

// NewClient gives the client of a node with this link key. It tries the addresses, host:port, in turn, and accepts the
// hub alone, by its public link key.
func NewClient(key ed25519.PrivateKey, hub [32]byte, addresses []string) (*Client, error) {
	tls, err := linktls.Edge(key, hub[:])
	if err != nil {
		return nil, err
	}
	return &Client{addresses: addresses, http: http.Client{Transport: &http.Transport{
		TLSClientConfig: tls, TLSHandshakeTimeout: dialTime, ResponseHeaderTimeout: 6 * dialTime,
		DialContext:       (&net.Dialer{Timeout: dialTime}).DialContext,
		DisableKeepAlives: true, DisableCompression: true,
	}}}, nil
}

// ErrRefused says that the hub was reached and refused. What wraps it is its text.
var ErrRefused = errors.New("the hub refuses")

// Join asks the hub to let this node in.
func (c *Client) Join(ctx context.Context, request Request) (a Answer, err error) {
	body, err := json.Marshal(request)
	if err != nil {
		return a, err
	}
	r, err := c.ask(ctx, http.MethodPost, JoinPath, body)
	if err != nil {
		return a, fmt.Errorf("join the fleet: %w", err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer))
	if err == nil {
		err = json.Unmarshal(b, &a)
	}
	if err == nil {
		err = a.check()
	}
	if err != nil {
		return a, fmt.Errorf("join the fleet: read the answer of the hub: %w", err)
	}
	return a, nil
}

// ask sends a request to the first address that answers. The caller closes the body of the answer.
func (c *Client) ask(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	var failed []error
	for _, address := range c.addresses {
		u := url.URL{Scheme: "https", Host: address, Path: path}
		r, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		answer, err := c.http.Do(r)
		if err == nil {
			return answered(answer)
		}
		failed = append(failed, unreached(address, err))
		if ctx.Err() != nil {
			break
		}
	}
	return nil, errors.Join(failed...)
}

// unreached says why an address did not answer.
func unreached(address string, err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err
	}
	if errors.Is(err, linktls.ErrStranger) {
		return fmt.Errorf("%s is not the hub of this fleet: it has another key", address)
	}
	return fmt.Errorf("the hub cannot be reached at %s: %w", address, err)
}

// answered gives an answer that is 200, or the error that another one says.
func answered(r *http.Response) (*http.Response, error) {
	if r.StatusCode == http.StatusOK {
		return r, nil
	}
	defer r.Body.Close()
	b, _ := io.ReadAll(io.LimitReader(r.Body, maxAnswer))
	var said struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(b, &said) != nil || said.Error == "" {
		said.Error = "it answers " + r.Status
	}
	seconds, _ := strconv.Atoi(r.Header.Get("Retry-After"))
	return nil, Refusal{Status: r.StatusCode, Text: said.Error, After: time.Duration(seconds) * time.Second}
}

// Refusal is an answer of the hub that is not 200. It is ErrRefused.
type Refusal struct {
	Status int
	Text   string
	After  time.Duration // it may be asked again then; 0: that does not help
}

func (r Refusal) Error() string        { return ErrRefused.Error() + ": " + r.Text }
func (r Refusal) Is(target error) bool { return target == ErrRefused }

// Progress is told how many bytes of a copy have arrived, of how many.
type Progress func(arrived, size int64)

// Copy fetches a copy of the hub's store for this node into a file beside the store at path, and returns the path of
// the copy, which the caller removes. Its checksum says whether it is whole (package store/backup). progress may be
// nil.
func (c *Client) Copy(ctx context.Context, path string, progress Progress) (copied string, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, err := c.ask(ctx, http.MethodGet, CopyPath, nil)
	if err != nil {
		return "", fmt.Errorf("copy the store of the hub: %w", err)
	}
	defer r.Body.Close()
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+copySuffix+"*") // mode 0600
	if err != nil {
		return "", fmt.Errorf("copy the store of the hub: %w", err)
	}
	stalled := time.AfterFunc(copyStall, cancel)
	defer stalled.Stop()
	w := &arriving{w: f, size: r.ContentLength, progress: progress, stalled: stalled}
	_, err = io.Copy(w, r.Body)
	if err == nil && r.ContentLength < 0 {
		err = io.ErrUnexpectedEOF // it could be cut off anywhere
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("copy the store of the hub: %w", err), os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// arriving writes what arrives, says how far it is, and puts off the moment at which it counts as stalled.
type arriving struct {
	w          io.Writer
	done, size int64
	progress   Progress
	stalled    *time.Timer
}

func (a *arriving) Write(b []byte) (int, error) {
	n, err := a.w.Write(b)
	a.done += int64(n)
	a.stalled.Reset(copyStall)
	if a.progress != nil {
		a.progress(a.done, a.size)
	}
	return n, err
}

// RemoveCopies removes copies that an interrupted process has left beside the store at path.
func RemoveCopies(path string) error {
	entries, err := os.ReadDir(filepath.Dir(path))
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), filepath.Base(path)+copySuffix) {
			err = errors.Join(err, os.Remove(filepath.Join(filepath.Dir(path), e.Name())))
		}
	}
	return err
}
