package engine

import "github.com/edgetoken/edgetoken/core"

// The tokens that operations write.
var (
	pairTypes    = []core.TokenType{core.RefreshToken, core.AccessToken}
	accessTypes  = []core.TokenType{core.AccessToken}
	rotatedTypes = []core.TokenType{core.AccessToken, core.RefreshToken}
	slidingTypes = []core.TokenType{core.SlidingToken}
)

// believable reports whether an outcome is one that the request can have. A guest is not trusted with more than the
// request asks for: a refusal has no tokens, only log-ins and refreshes have any, those of their own types, and none is
// written once the key that signs has ended.
func (c *config) believable(req *core.Request, o *core.Outcome) bool {
	var want []core.TokenType
	switch {
	case o.Refused():
	case req.Op == core.Login:
		want = pairTypes
	case req.Op == core.Refresh && c.settings.RotateRefreshTokens:
		want = rotatedTypes
	case req.Op == core.Refresh:
		want = accessTypes
	case req.Op.Writes():
		want = slidingTypes
	}
	if len(o.Tokens) != len(want) {
		return false
	}
	for i, t := range o.Tokens {
		if t.Type != want[i] {
			return false
		}
	}
	return len(want) == 0 || !c.set.SigningEnded(req.Now)
}
