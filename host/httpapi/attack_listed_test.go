package httpapi_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
)

// TestAttackEndedStaysEnded: while a thief refreshes as fast as it can, its log-ins are ended until none is listed. What
// it has got by then is good for nothing, however the answers crossed.
func TestAttackEndedStaysEnded(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		s := openShop(t, both(listing, speaking(version, wire), func(n *node.Config, _ *httpapi.Config) {
			n.Settings.RotateRefreshTokens, n.Settings.BlacklistAfterRotation = true, true
		}))
		_, owner := s.loginFrom(t, "ana@example.com", "owner")
		own := s.sessions(t, owner, "").own(t)
		for range 5 {
			var mu sync.Mutex
			var got []string
			var work sync.WaitGroup
			for range 3 {
				stolen, _ := s.loginFrom(t, "ana@example.com", "thief")
				got = append(got, stolen)
				work.Go(func() {
					for range 40 {
						answer, _, next, _ := s.exchange(t, stolen)
						if answer.StatusCode != http.StatusOK {
							return
						}
						if next != "" {
							stolen = next
						}
						mu.Lock()
						got = append(got, next)
						mu.Unlock()
					}
				})
			}
			end := func() (left int) {
				for _, r := range s.sessions(t, owner, "").Results {
					if r.ID == own {
						continue
					}
					left++
					answer, body := s.ask(t, "DELETE", sessionsPath+r.ID+"/", "", "Authorization: Bearer "+owner)
					if answer.StatusCode != http.StatusNoContent && answer.StatusCode != http.StatusNotFound {
						t.Errorf("%d %s", answer.StatusCode, body)
					}
				}
				return left
			}
			work.Go(func() {
				for range 10 {
					end()
				}
			})
			work.Wait()
			for end() > 0 {
			}
			for i, stolen := range got {
				if answer, body, _, _ := s.exchange(t, stolen); answer.StatusCode == http.StatusOK {
					t.Errorf("of %d refresh tokens number %d is good after the end: %s", len(got), i, body)
				}
			}
			if n := s.sessions(t, owner, "").Count; n != 1 {
				t.Errorf("%d are listed in the end, want 1", n)
			}
		}
	})
}
