package node

import (
	"log/slog"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/store/fact"
)

// checkSigner refuses a refresh token that the key of an edge signed for a log-in that began at another node. No sound
// edge signs one, and whoever stole an edge must not have it exchanged for tokens of another node, which would outlive
// the key. Where refresh tokens rotate and are not spent each node signs the next one, so nothing can be said there.
func (n *Node) checkSigner(engine *keyedEngine, request *core.Request) {
	o, s := &request.Opened, &n.cfg.Settings
	if n.cfg.Fleet == nil || request.Op != core.Refresh || o.Cause != cause.OK || o.Issuer != "" ||
		s.RotateRefreshTokens && !s.Advances() {
		return
	}
	family := o.Family()
	signer, began := engine.keys.Keys[o.Key].Node, core.FamilyKey{Bits: family.Bits}.Number()
	if signer <= fact.HubNumber || family.Ours && began == signer {
		return
	}
	*o = core.Opened{Cause: cause.UnknownKey, Claims: o.Claims[:0]}
	n.cfg.Repeats.Log(slog.LevelWarn, "foreign signature", "the key of an edge signed a refresh token for a log-in "+
		"that did not begin there, as nobody does but a thief", slog.Int("node", int(signer)))
}
