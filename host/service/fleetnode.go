package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/bundle"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/fleet"
	"github.com/edgetoken/edgetoken/host/keys"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// protocol is what hub and edge have in common.
type protocol interface {
	Age() time.Duration
	Leased() error
	Issues() error
	Confirmed(context.Context) error
	Tells() error
	AskHome(ctx context.Context, number uint16, request []byte) ([]byte, error)
	Run(context.Context) error
}

func (f *fleetPart) protocol() protocol {
	if f.hub != nil {
		return f.hub
	}
	return f.edge
}

// memberNode is the fleet as the node sees it. It implements node.Fleet.
type memberNode struct {
	protocol
	f *fleetPart
}

// Age is that of the protocol. A node that was withdrawn knows nothing that counts.
func (m memberNode) Age() time.Duration {
	if m.f.withdrawn.Load() {
		return math.MaxInt64
	}
	return m.protocol.Age()
}

// Tells is that of the protocol. Nobody hears a node that was withdrawn.
func (m memberNode) Tells() error {
	if m.f.withdrawn.Load() {
		return errWithdrawn
	}
	return m.protocol.Tells()
}

func (m memberNode) AskHome(ctx context.Context, number uint16, request []byte) ([]byte, error) {
	answer, err := m.protocol.AskHome(ctx, number, request)
	return answer, away(err)
}

// errAtHub says that the hub asks itself.
var errAtHub = errors.New("this node is the hub, and asks no other")

func (m memberNode) AskHub(ctx context.Context, call byte, request []byte) ([]byte, error) {
	if m.f.edge == nil {
		return nil, errAtHub
	}
	answer, err := m.f.edge.AskHub(ctx, call, request)
	return answer, away(err)
}

// away says in the words of the node that another one does not listen.
func away(err error) error {
	if errors.Is(err, fleet.ErrAway) {
		return fmt.Errorf("%w: %w", node.ErrAway, err)
	}
	return err
}

// partOfNode is what a node of a generation has of its fleet.
type partOfNode struct {
	settings core.Settings
	fleet    node.Fleet         // nil: it is in none
	away     func() core.Engine // nil: nothing is given while a home is away
}

// ofNode is what the node of a generation has of the fleet. f may be nil.
func (f *fleetPart) ofNode(g *generation) partOfNode {
	p := partOfNode{settings: g.cfg.Settings}
	if f == nil {
		return p
	}
	p.settings.MaxAge = g.cfg.Fleet.Staleness
	// A node that was withdrawn hears of nothing any more, whatever its policy.
	if g.cfg.Fleet.WhenStale == config.WhenStaleOpen && !f.withdrawn.Load() {
		p.settings.WhenStale = core.Open
	}
	p.fleet = memberNode{f.protocol(), f}
	if g.cfg.Fleet.HomeAway == config.HomeAwayAccessOnly {
		p.away = func() core.Engine { return core.NewNative(p.settings.AccessOnly(), g.keys.Keys()) }
	}
	return p
}

// joinKeys has a manager of keys work in the fleet. f may be nil.
func (f *fleetPart) joinKeys(c *keys.Config) {
	if f == nil || f.edge == nil {
		return
	}
	c.AskHub = func(ctx context.Context, request []byte) ([]byte, error) {
		return f.edge.AskHub(ctx, keys.CallPublishKey, request)
	}
}

// relayed has the trust bundles of the hub; nil where the node makes its own. f may be nil.
func (f *fleetPart) relayed() *bundle.Relay {
	if f == nil {
		return nil
	}
	return f.relay
}

// errStarting says that the node is asked before it is whole.
var errStarting = errors.New("the node is starting")

// answerHome does what another node asks this one to do, as the home of a log-in.
func (f *fleetPart) answerHome(ctx context.Context, from uint16, request []byte) ([]byte, error) {
	g := f.s.current.Load()
	if g == nil {
		return nil, errStarting
	}
	return g.node.AnswerHome(ctx, from, request)
}

// calls are what edges ask of the hub.
func (f *fleetPart) calls() map[byte]func(context.Context, uint16, []byte) ([]byte, error) {
	type call = func(g *generation, ctx context.Context, from uint16, request []byte) ([]byte, error)
	ofNode := func(number byte) call {
		return func(g *generation, ctx context.Context, from uint16, request []byte) ([]byte, error) {
			return g.node.AnswerHub(ctx, from, number, request)
		}
	}
	calls := map[byte]func(context.Context, uint16, []byte) ([]byte, error){}
	for number, do := range map[byte]call{
		node.CallLogoutAll: ofNode(node.CallLogoutAll), node.CallPassword: ofNode(node.CallPassword),
		keys.CallPublishKey: func(g *generation, ctx context.Context, from uint16, request []byte) ([]byte, error) {
			return g.manager.AnswerPublish(ctx, from, request)
		},
		bundle.CallBundle: func(g *generation, ctx context.Context, _ uint16, request []byte) ([]byte, error) {
			return g.answerBundle(ctx, f.s, request)
		},
	} {
		calls[number] = func(ctx context.Context, from uint16, request []byte) ([]byte, error) {
			g := f.s.current.Load()
			if g == nil {
				return nil, errStarting
			}
			return do(g, ctx, from, request)
		}
	}
	return calls
}

// adopted puts the keys in force that came with a copy of the hub's store.
func (f *fleetPart) adopted() {
	if f.s.current.Load() == nil {
		return
	}
	if err := f.s.keysChanged(); err != nil {
		f.s.repeats.Log(slog.LevelError, "keys", "the keys of the hub's store are not in force yet",
			slog.Any("error", err))
	}
}

// raiseLifetimes has the store keep records for as long as the settings of a generation let tokens live. At an edge
// the hub says for how long.
func (s *Service) raiseLifetimes(ctx context.Context, g *generation) error {
	err := g.node.RaiseLifetimes(ctx)
	if errors.Is(err, store.ErrHub) {
		s.log.Warn("tokens live longer by this configuration than by that of the hub, which then forgets too early " +
			"what was revoked: give the hub the same lifetimes")
		return nil
	}
	return err
}
