package service

import (
	"fmt"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/explain"
)

// keyEnd refuses a signing key whose end has come, with which a node could neither log anybody in nor accept what it issued before. Of one that ends
// before the refresh tokens which are issued now it warns.
func keyEnd(cfg *config.Config, keys core.KeySet, now time.Time) (warning string, err error) {
	key := keys.Keys[keys.SigningAt(now)]
	if key.NotAfter == 0 {
		return "", nil
	}
	end := time.Unix(key.NotAfter, 0)
	path, when := datadir.Of(cfg).Key(), explain.Moment(end, now.Truncate(time.Second))
	switch {
	case key.Ended(now):
		return "", fmt.Errorf("the signing key %s ended %s: put another in its place, or move it away for a new one at the next start; an exp that is later brings it back", path, when)
	case now.Add(cfg.Settings.RefreshTokenLifetime).After(end):
		return fmt.Sprintf("the signing key %s ends %s: from then on all that it signed is refused, and nobody can log in until another is in its place", path, when), nil
	}
	return "", nil
}
