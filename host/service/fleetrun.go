package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/edgetoken/edgetoken/host/bundle"
	"github.com/edgetoken/edgetoken/host/fleet/lane/linktls"
	"github.com/edgetoken/edgetoken/host/server"
)

// fleetLimits leave the time of bodies to the handlers: a link of the lane over HTTP and a copy of the store last.
var fleetLimits = server.Limits{ReadTimeout: anyTime, WriteTimeout: anyTime}

// fleetGrace is how long requests of other nodes may take when the node stops.
const fleetGrace = 2 * time.Second

// start takes part in the fleet. The part ends when ended is called, since requests in flight may need it until then.
// failed is called if it ends before. f may be nil.
func (f *fleetPart) start(ctx context.Context, failed func()) (ended func() error) {
	if f == nil {
		return func() error { return nil }
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() {
		defer failed()
		done <- f.run(running)
	}()
	return func() error {
		stop()
		return <-done
	}
}

// run takes part in the fleet until ctx ends, and gives the lease back then.
func (f *fleetPart) run(ctx context.Context) error {
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var listening sync.WaitGroup
	var serveErr error
	within, leave := context.WithCancel(ctx)
	defer leave()
	if f.listener != nil {
		tls, err := linktls.Anyone(f.key)
		if err != nil {
			return err
		}
		s := &server.Server{Handler: f.handler, Limits: fleetLimits, TLS: tls, Grace: fleetGrace, Log: f.s.log}
		listening.Go(func() {
			defer leave()
			serveErr = s.Serve(serving, f.listener)
		})
		f.s.log.Info("the hub of the fleet "+f.member.Fleet+" listens on "+f.listener.Addr().String(), "nats", f.natsAt)
	} else {
		f.s.log.Info("an edge of the fleet "+f.member.Fleet, "number", f.s.store.Number(), "hub", f.dials())
	}
	var beside sync.WaitGroup
	if f.hub != nil {
		beside.Go(func() { f.makeBundles(within) })
	} else {
		beside.Go(func() { f.watch(within, leave) })
		beside.Go(func() { f.relayBundles(within) })
	}
	err := f.protocol().Run(within)
	if within.Err() != nil && errors.Is(err, context.Canceled) { // it ended while it began
		err = nil
	}
	leave() // it may have failed
	beside.Wait()
	if f.withdrawn.Load() {
		<-ctx.Done() // it goes on as a node that answers nothing
	}
	err = errors.Join(err, f.unlink()) // the links of the lane are requests in flight
	stop()
	listening.Wait()
	if serveErr != nil {
		err = errors.Join(err, fmt.Errorf("serve fleet.listen: %w", serveErr))
	}
	return err
}

// bundlesEvery is the shortest time between two bundles that the hub makes of itself.
const bundlesEvery = 250 * time.Millisecond

// makeBundles has the hub make a trust bundle when something has changed, whether anybody asks for it or not: edges
// hear of it with their hellos. It leaves most of the time to others, however large bundles are.
func (f *fleetPart) makeBundles(ctx context.Context) {
	for wait := bundlesEvery; ; {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		began, g := time.Now(), f.s.current.Load()
		if !g.cfg.BundlePublish {
			continue
		}
		if _, err := g.bundle(ctx, f.s, 0); err != nil && ctx.Err() == nil && !errors.Is(err, bundle.ErrNoKeys) {
			f.s.repeats.Log(slog.LevelError, "bundles", "no trust bundle can be made", slog.Any("error", err))
		}
		wait = max(bundlesEvery, 3*time.Since(began))
	}
}

// relayBundles has the last trust bundle of the hub here, should the hub go away.
func (f *fleetPart) relayBundles(ctx context.Context) {
	if f.cfg.BundlePublish {
		f.relay.Run(ctx)
	}
}

// watch looks whether this edge was taken out of the fleet, and leaves it then.
func (f *fleetPart) watch(ctx context.Context, leave func()) {
	tick := time.NewTicker(time.Second / 4)
	defer tick.Stop()
	for {
		if f.isWithdrawn() {
			f.taken()
			leave()
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// isWithdrawn reports whether the store or the hub says that this node was taken out of the fleet.
func (f *fleetPart) isWithdrawn() bool {
	if f.edge != nil && f.edge.Withdrawn() {
		return true
	}
	m, known := f.s.store.Member(f.s.store.Number())
	return known && m.Withdrawn != 0
}

// taken ends what this node does for others: it was taken out of the fleet.
func (f *fleetPart) taken() {
	f.withdrawn.Store(true)
	f.s.log.Error(errWithdrawn.Error())
	if err := f.s.rebuild(); err != nil {
		f.s.log.Error("the policy of stale nodes stays as it was", "error", err)
	}
}

// rebuild makes the generation anew from its own configuration.
func (s *Service) rebuild() error {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	g, _, _, err := s.next(context.Background(), s.current.Load().cfg)
	if err == nil {
		s.use(g)
	}
	return err
}
