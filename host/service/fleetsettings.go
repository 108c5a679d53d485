package service

import (
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/fleet"
	"github.com/edgetoken/edgetoken/host/fleet/join"
)

// agreed are the keys of the configuration on which the nodes of a fleet have to agree. Where one must, nodes that
// differ would refuse each other's tokens, or break what the fleet promises: how old the knowledge of a node may be,
// that a refresh token is good once, which addresses are one. The others are a matter of taste, or of a change that
// comes to one node after the other.
var agreed = map[string]bool{
	"compat": true, "wire": true, "blacklist_app": true, "login.match": true,
	"refresh.grace":                              true,
	"simple_jwt.ROTATE_REFRESH_TOKENS":           true,
	"simple_jwt.BLACKLIST_AFTER_ROTATION":        true,
	"simple_jwt.ISSUER":                          true,
	"simple_jwt.AUDIENCE":                        true,
	"simple_jwt.USER_ID_FIELD":                   true,
	"simple_jwt.USER_ID_CLAIM":                   true,
	"simple_jwt.TOKEN_TYPE_CLAIM":                true,
	"simple_jwt.JTI_CLAIM":                       true,
	"simple_jwt.CHECK_REVOKE_TOKEN":              true,
	"simple_jwt.REVOKE_TOKEN_CLAIM":              true,
	"simple_jwt.SLIDING_TOKEN_REFRESH_EXP_CLAIM": true,
	"fleet.staleness":                            true, "fleet.skew": true, "fleet.lane": true,
	"fleet.refresh.durability": true, // with hub, the hub lets a restarted edge go on at once: see Hub.meet

	"refresh.max_session": false, "refresh.idle": false,
	"simple_jwt.ACCESS_TOKEN_LIFETIME":          false,
	"simple_jwt.REFRESH_TOKEN_LIFETIME":         false,
	"simple_jwt.SLIDING_TOKEN_LIFETIME":         false,
	"simple_jwt.SLIDING_TOKEN_REFRESH_LIFETIME": false,
	"simple_jwt.LEEWAY":                         false,
	"simple_jwt.AUTH_TOKEN_CLASSES":             false,
	"simple_jwt.CHECK_USER_IS_ACTIVE":           false,
	"simple_jwt.UPDATE_LAST_LOGIN":              false,
	"claims":                                    false,
	"login.answer":                              false,
	"fleet.when_stale":                          false,
	"password.min_length":                       false,
	"sessions.list":                             false,
}

// AgreedSettings are the values of a configuration on which the nodes of a fleet have to agree.
func AgreedSettings(cfg *config.Config) join.Settings {
	s := join.Settings{}
	for _, line := range cfg.Show() {
		if must, known := agreed[line.Key]; known {
			s[line.Key] = join.Setting{Value: line.Text(), Must: must}
		}
	}
	return s
}

// agreedOf is what the nodes of a fleet compare of a configuration while they run.
func agreedOf(cfg *config.Config) *fleet.Agreed {
	values := map[string]string{}
	for key, s := range AgreedSettings(cfg) {
		values[key] = s.Value
	}
	return fleet.NewAgreed(values)
}

// inForce are the values of the present generation.
func (f *fleetPart) inForce() *fleet.Agreed {
	if g := f.s.current.Load(); g != nil && g.agreed != nil {
		return g.agreed
	}
	return f.agreed
}
