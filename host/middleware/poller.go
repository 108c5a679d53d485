package middleware

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgetoken/edgetoken/core/bundle"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/verify"
)

// PollerConfig says which bundle to fetch.
type PollerConfig struct {
	Trust  *verify.Trust // what is known to begin with: the policy
	URL    string        // of the bundle; "": it is not fetched
	Every  time.Duration // from one look to the next, give or take a tenth; at least a second. 0: 10 seconds
	Client *http.Client  // nil: one that waits 10 seconds at most
	Log    *slog.Logger  // nil: slog.Default
}

// Poller keeps a Trust up to date with the bundle of a node. It fetches only what changed, takes a newer bundle and
// never an older one, and keeps the one at hand while none can be had: from its end on, tokens are refused unless the
// policy says otherwise. It is safe for concurrent use.
type Poller struct {
	cfg     PollerConfig
	address *url.URL
	trust   atomic.Pointer[verify.Trust]
	etag    string
	failed  bool // the last look
	stop    context.CancelFunc
	stopped sync.WaitGroup
}

const (
	defaultPoll  = 10 * time.Second
	fetchTimeout = 10 * time.Second
	maxBundle    = bundle.MaxBytes + 2 // with the end of a line
)

// NewPoller looks for a bundle and goes on doing so until Close. That there is none yet is no error.
func NewPoller(cfg PollerConfig) (*Poller, error) {
	cfg.Every = cmp.Or(cfg.Every, defaultPoll)
	cfg.Client = cmp.Or(cfg.Client, &http.Client{Timeout: fetchTimeout})
	cfg.Log = cmp.Or(cfg.Log, slog.Default())
	p := &Poller{cfg: cfg, stop: func() {}}
	p.trust.Store(cfg.Trust)
	if cfg.URL == "" {
		return p, nil
	}
	var err error
	p.address, err = url.Parse(cfg.URL)
	switch {
	case err != nil || p.address.Host == "" || p.address.Scheme != "http" && p.address.Scheme != "https":
		return nil, fmt.Errorf("middleware: %q is no URL of a bundle", cfg.URL)
	case cfg.Every < time.Second:
		return nil, errors.New("middleware: a bundle is looked for once a second at most")
	}
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	p.look(ctx)
	p.stopped.Go(func() { p.run(ctx) })
	return p, nil
}

// Trust is what is known now.
func (p *Poller) Trust() *verify.Trust { return p.trust.Load() }

// Close ends the looking.
func (p *Poller) Close() {
	p.stop()
	p.stopped.Wait()
}

func (p *Poller) run(ctx context.Context) {
	for {
		tenth := p.cfg.Every / 10
		select {
		case <-ctx.Done():
			return
		case <-time.After(p.cfg.Every - tenth + rand.N(2*tenth)):
			p.look(ctx)
		}
	}
}

// look fetches what is new. Its error is in the log, once until a look succeeds.
func (p *Poller) look(ctx context.Context) {
	err := p.fetch(ctx, true)
	switch {
	case ctx.Err() != nil:
		return
	case err != nil && !p.failed:
		p.cfg.Log.Warn("the trust bundle stays as it was", "epoch", p.Trust().Epoch(), "error", err)
	case err == nil && p.failed:
		p.cfg.Log.Info("the trust bundle can be had again", "epoch", p.Trust().Epoch())
	}
	p.failed = err != nil
}

// fetch asks for a bundle; delta says whether one will do that leads on from the bundle at hand.
func (p *Poller) fetch(ctx context.Context, delta bool) error {
	known := p.Trust()
	address := *p.address
	if delta = delta && known.Epoch() != 0; delta {
		query := address.Query()
		query.Set("since", strconv.FormatUint(known.Epoch(), 10))
		address.RawQuery = query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return err
	}
	if p.etag != "" {
		r.Header.Set("If-None-Match", p.etag)
	}
	answer, err := p.cfg.Client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxBundle+1))
	switch {
	case err != nil:
		return err
	case answer.StatusCode == http.StatusNotModified:
		return nil
	case answer.StatusCode == http.StatusNotFound:
		return errors.New("the node answers " + answer.Status + ": does it have bundle.publish, and a key pair?")
	case answer.StatusCode != http.StatusOK:
		return errors.New("the node answers " + answer.Status)
	case len(text) > maxBundle:
		return fmt.Errorf("the bundle has more than %d bytes", maxBundle)
	}
	next, refused := known.Update(strings.TrimSpace(string(text)))
	switch {
	case refused == cause.BundleBase && delta:
		p.etag = ""
		return p.fetch(ctx, false)
	case refused != cause.OK:
		return errors.New("the bundle is refused: " + refused.String())
	}
	p.etag = answer.Header.Get("Etag")
	p.trust.Store(next)
	return nil
}
