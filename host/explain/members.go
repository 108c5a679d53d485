package explain

import (
	"encoding/json"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/exactjson"
)

// Member is one member of a header or of claims.
type Member struct {
	Name    string
	Value   string // JSON
	Meaning string // "" if only its issuer knows
	When    string // the time in words; "" if it is none
}

// header has the meanings of header members (RFC 7515 §4.1).
var header = map[string]string{
	"alg":  "The algorithm of the signature. This node goes by the key's, never by this.",
	"typ":  "What the whole is.",
	"cty":  "What the claims are.",
	"kid":  "The name of the key that signed.",
	"crit": "What a reader has to understand. This node understands nothing such, and refuses the token.",
	"b64":  "Whether the claims are in base64url (RFC 7797). This node refuses the token.",
	"jku":  "Where the keys are said to lie. This node never looks there.",
	"jwk":  "A key. This node never uses it.",
	"x5u":  "Where a certificate is said to lie. This node never looks there.",
	"x5c":  "A certificate. This node never uses it.",
}

// claimsOf returns the meanings of claims under these settings (RFC 7519 §4.1, simplejwt), and which are times.
func claimsOf(s *core.Settings) (meanings map[string]string, times map[string]bool) {
	meanings = map[string]string{
		"iss": "Who issued the token.",
		"sub": "Whom the token is about, in its issuer's words.",
		"aud": "Whom the token is meant for.",
		"exp": "When the token expires.",
		"nbf": "From when on the token is good.",
		"iat": "When the token was issued.",
		"jti": "The token’s own id. In tokens of this node it tells the log-in that they descend from.",
	}
	for name, meaning := range map[string]string{
		s.TokenTypeClaim: "What the token is for: access calls the API, refresh gets new tokens, " +
			"sliding does both.",
		s.IDClaim:                     meanings["jti"],
		s.UserIDClaim:                 "The customer.",
		s.SlidingTokenRefreshExpClaim: "Until when the token can be exchanged for a fresh one.",
	} {
		meanings[name] = meaning
	}
	if s.CheckRevokeToken {
		meanings[s.RevokeTokenClaim] = "A mark of the customer’s password: with a new password it changes, " +
			"and the token ends."
	}
	delete(meanings, "") // a claim that is switched off
	times = map[string]bool{"exp": true, "nbf": true, "iat": true, "auth_time": true,
		s.SlidingTokenRefreshExpClaim: true}
	return meanings, times
}

// HeaderMembers returns the members of a token's header, in its order; nil if it is no object.
func HeaderMembers(object json.RawMessage) []Member {
	members := split(object)
	for i := range members {
		members[i].Meaning = header[members[i].Name]
	}
	return members
}

// ClaimMembers returns the claims of a token, in its order; nil if they are no object. Times are relative to now.
func ClaimMembers(object json.RawMessage, s *core.Settings, now time.Time) []Member {
	members := split(object)
	meanings, times := claimsOf(s)
	for i := range members {
		m := &members[i]
		m.Meaning = meanings[m.Name]
		if at, ok := numericDate(m.Value); ok && times[m.Name] {
			m.When = Moment(at, now.Truncate(time.Second))
		}
	}
	return members
}

// split returns the members of an object as they stand, repeated ones too.
func split(object json.RawMessage) (members []Member) {
	for name, value := range exactjson.Members(object) {
		members = append(members, Member{Name: name, Value: string(value)})
	}
	return members
}
