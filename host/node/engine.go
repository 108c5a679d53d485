package node

import (
	"context"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
)

// keyedEngine is an engine and the description of its keys. A request loads it once and keeps to it.
type keyedEngine struct {
	core.Engine
	keys       core.KeySet
	accessOnly bool // it is one of Config.AwayEngine
}

// UseEngine has the node use another engine for the same settings, such as one with other keys, for every request from
// now on. A request in flight keeps to the engine that it began with.
func (n *Node) UseEngine(e core.Engine) { n.engine.Store(&keyedEngine{Engine: e, keys: e.KeySet()}) }

// Engine is the engine in use.
func (n *Node) Engine() core.Engine { return n.engine.Load().Engine }

// Open implements core.Engine. It reads the family too, which every request of a node is about.
func (e *keyedEngine) Open(ctx context.Context, token []byte, o *core.Opened) error {
	err := e.Engine.Open(ctx, token, o)
	if err == nil {
		o.ReadFamily()
	}
	return err
}

// signs says why no key signs at a time.
func (e *keyedEngine) signs(now time.Time) error {
	switch {
	case e.keys.SigningAt(now) < 0:
		return core.ErrNoSigningKey
	case e.keys.SigningEnded(now):
		return core.ErrKeyEnded
	}
	return nil
}

// signer names the key that signed the token of a request, or the tokens of a log-in, and their family.
func (e *keyedEngine) signer(request *core.Request, outcome *core.Outcome) (keyID string, family core.Family) {
	switch {
	case !request.Op.LogsIn() && request.Opened.Cause == cause.OK:
		return e.keys.Keys[request.Opened.Key].ID, request.Opened.Family()
	case request.Op.LogsIn() && !outcome.Refused():
		return e.keys.Keys[e.keys.SigningAt(request.Now)].ID, outcome.LoginFamily(request)
	}
	return "", core.Family{}
}
