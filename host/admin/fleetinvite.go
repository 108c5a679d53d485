package admin

import (
	"context"
	"errors"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/join"
	"github.com/edgetoken/edgetoken/store"
)

// The default and the bound of the life of an invitation, in seconds.
const (
	defaultInvitation = 60 * 60
	maxInvitation     = 7 * 24 * 60 * 60
)

// InvitationRequest asks for an invitation.
type InvitationRequest struct {
	Name string `json:"name,omitempty"` // of the node that it is for; empty: it chooses one itself
	Life int64  `json:"life,omitempty"` // seconds; 0: an hour
}

// Invited answers InviteNode. Its token is a secret.
type Invited struct {
	Token string    `json:"token"` // etj1_…, for edgetoken fleet join
	Name  string    `json:"name"`
	Fleet string    `json:"fleet"`
	Until time.Time `json:"until"`
	// Running says whether a hub runs that can take the node in.
	Running bool `json:"running"`
}

func (s *server) inviteNode(ctx context.Context, _ None, r InvitationRequest) (Invited, error) {
	m := s.cfg.Store.Membership()
	if r.Life == 0 {
		r.Life = defaultInvitation
	}
	if r.Life < 1 || r.Life > maxInvitation {
		return Invited{}, errors.New("an invitation is good for 1s to 7d")
	}
	if r.Name != "" {
		if err := join.CheckName(r.Name); err != nil {
			return Invited{}, err
		}
	}
	until := time.Now().Add(time.Duration(r.Life) * time.Second)
	t, err := join.NewToken(m.ID, m.Fleet, m.HubKey, join.Listeners(m.Addresses), until)
	if err != nil {
		return Invited{}, err
	}
	invitation := store.Invitation{Digest: join.Digest(t.Secret), Name: r.Name, Until: t.Until.UnixMicro()}
	if err := s.cfg.Store.Invite(ctx, invitation); err != nil {
		return Invited{}, err
	}
	s.cfg.Log.Info("admin: a node was invited into the fleet", "name", r.Name, "until", t.Until)
	return Invited{Token: t.Encode(), Name: r.Name, Fleet: m.Fleet, Until: t.Until, Running: s.cfg.Fleet != nil}, nil
}
