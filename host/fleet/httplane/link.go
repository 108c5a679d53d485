package httplane

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
)

// link is a stream and the connections beside it, which live and end together.
type link struct {
	base   string
	client *http.Client
	ctx    context.Context
	end    context.CancelFunc
	began  time.Time
	heard  atomic.Int64 // when the hub answered last, as the time since began
}

func newLink(parent context.Context, t *tls.Config, address string) *link {
	l := &link{base: "https://" + address + Prefix, began: time.Now()}
	l.ctx, l.end = context.WithCancel(parent)
	l.client = &http.Client{Transport: &http.Transport{
		DialTLSContext:         l.dial(t),
		DisableCompression:     true,
		MaxIdleConnsPerHost:    32,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 16 << 10,
	}}
	return l
}

// dial makes connections, a few at a time.
func (l *link) dial(t *tls.Config) func(ctx context.Context, network, address string) (net.Conn, error) {
	d := &tls.Dialer{Config: t}
	turn := make(chan struct{}, handshakes)
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		select {
		case turn <- struct{}{}:
		case <-l.ctx.Done():
			return nil, l.ctx.Err()
		}
		defer func() { <-turn }()
		ctx, cancel := context.WithTimeout(ctx, dialing)
		defer cancel()
		defer context.AfterFunc(l.ctx, cancel)()
		return d.DialContext(ctx, network, address)
	}
}

// open opens the stream. The link ends when no byte has come for long.
func (l *link) open() (io.ReadCloser, error) {
	watch := time.AfterFunc(dialing+silence, l.end)
	r, err := http.NewRequestWithContext(l.ctx, http.MethodGet, l.base+"stream", nil)
	if err != nil {
		return nil, fmt.Errorf("the address of the hub: %w", err)
	}
	answer, err := l.client.Do(r)
	if err != nil {
		watch.Stop()
		return nil, fmt.Errorf("open the stream of the hub: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		watch.Stop()
		answer.Body.Close()
		return nil, fmt.Errorf("open the stream of the hub: %s", answer.Status)
	}
	return &watched{ReadCloser: answer.Body, watch: watch}, nil
}

// watched is a stream whose watch begins anew with all that arrives.
type watched struct {
	io.ReadCloser
	watch *time.Timer
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.ReadCloser.Read(b)
	if n > 0 {
		w.watch.Reset(silence)
	}
	return n, err
}

func (w *watched) Close() error {
	w.watch.Stop()
	return w.ReadCloser.Close()
}

// ping has the hub hear from this edge, and ends the link when the hub does not answer, until the link ends.
func (l *link) ping() {
	tick := time.NewTicker(beating)
	defer tick.Stop()
	for {
		select {
		case <-l.ctx.Done():
			return
		case <-tick.C:
		}
		if l.unanswered() < beating/2 {
			continue
		}
		ctx, cancel := context.WithTimeout(l.ctx, silence)
		if _, _, err := l.post(ctx, "ping", nil); err != nil && l.unanswered() > silence {
			l.end()
		}
		cancel()
	}
}

// unanswered is how long the hub has answered nothing.
func (l *link) unanswered() time.Duration { return time.Since(l.began) - time.Duration(l.heard.Load()) }

// post asks the hub, until ctx or the link ends. The answer is never nil where the hub gave one.
func (l *link) post(ctx context.Context, path string, body []byte) (status int, answer []byte, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.ctx, cancel)()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, l.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("the address of the hub: %w", err)
	}
	got, err := l.client.Do(r)
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %w", lane.ErrLost, err)
	}
	defer got.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(got.Body, lane.MaxMessage+1))
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %w", lane.ErrLost, err)
	}
	if len(answer) > lane.MaxMessage {
		return 0, nil, errors.New("the hub answers with more than a lane carries")
	}
	l.heard.Store(int64(time.Since(l.began)))
	return got.StatusCode, answer, nil
}

// meaning is the error that a status stands for.
func meaning(status int) error {
	switch status {
	case http.StatusOK, statusNone:
		return nil
	case statusNobody, http.StatusServiceUnavailable: // the hub did nothing
		return lane.ErrNobody
	case statusLost:
		return lane.ErrLost
	case http.StatusRequestEntityTooLarge:
		return lane.ErrTooLong
	default:
		return fmt.Errorf("%w: the hub answers %d", lane.ErrLost, status)
	}
}
