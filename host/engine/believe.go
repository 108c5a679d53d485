package engine

import "github.com/edgetoken/edgetoken/core"

// pairTypes and accessTypes are the tokens of a log-in and of a refresh.
var (
	pairTypes   = []core.TokenType{core.RefreshToken, core.AccessToken}
	accessTypes = []core.TokenType{core.AccessToken}
)

// believable reports whether an outcome is one that the request can have. A guest is not trusted with more than the
// request asks for: a refusal has no tokens, only a log-in and a refresh have any, those of their own types, and none
// is written once the key that signs has ended.
func (c *config) believable(req *core.Request, o *core.Outcome) bool {
	var want []core.TokenType
	switch {
	case o.Refused():
	case req.Op == core.Login:
		want = pairTypes
	case req.Op == core.Refresh:
		want = accessTypes
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
