package service

import (
	"context"
	"time"

	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
)

// published is what the API shows of the keys, but for MaxAge, and the ring that it is about.
type published struct {
	httpapi.PublishedKeys
	of *keyring.Ring
}

// mostKept and leastKept bound how long a verifier may keep the public keys. A key is retired everywhere once the
// longest time is over.
const mostKept, leastKept = time.Hour, time.Minute

// publish has the API show the keys as they are now. Service.reloading is held, or nobody else has g yet.
func (g *generation) publish(ctx context.Context) error {
	list, err := g.manager.List(ctx)
	if err != nil {
		return err
	}
	p := published{of: g.keys.Keys()}
	if last := g.published.Load(); last != nil && last.of == p.of {
		p.JWKS, p.ETag = last.JWKS, last.ETag
	} else {
		p.JWKS = keys.JWKS(p.of)
		p.ETag = httpapi.StrongETag(p.JWKS)
	}
	p.Next, p.At, p.Warning = list.Next, list.At, list.Warning
	for _, k := range list.Keys {
		p.List = append(p.List, httpapi.PublishedKey{
			ID: k.ID, Algorithm: k.Algorithm, State: k.State.String(), Origin: string(k.Origin), Added: k.Added,
			SignsFrom: k.SignsFrom, Ends: k.Ends,
		})
	}
	g.published.Store(&p)
	return nil
}

// shownKeys are the keys of the generation in use; nil while there is none.
func (s *Service) shownKeys() *httpapi.PublishedKeys {
	if g := s.current.Load(); g != nil {
		return g.shown(s.now())
	}
	return nil
}

// shown are the keys as the API shows them. A verifier may keep them for a quarter of the time that a key is published
// before it signs, so that each knows a key in time.
func (g *generation) shown(now time.Time) *httpapi.PublishedKeys {
	keys := g.published.Load().PublishedKeys
	keys.MaxAge = min(mostKept, g.cfg.KeysPublishBefore/4)
	if !keys.At.IsZero() {
		keys.MaxAge = min(keys.MaxAge, keys.At.Sub(now))
	}
	keys.MaxAge = max(keys.MaxAge.Truncate(time.Second), leastKept)
	return &keys
}
