package admin_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/fleet"
	"github.com/edgetoken/edgetoken/host/fleet/join"
	"github.com/edgetoken/edgetoken/store"
)

// shop is the fleet of the tests.
var shop = store.Membership{Fleet: "shop", ID: [16]byte{7}, HubKey: [32]byte{1},
	Addresses: []string{"hub.example.com:7421", "nats://hub.example.com:7422"}}

// fleetHub is the admin API of a hub with an edge, number 2.
type fleetHub struct {
	client *admin.Client
	db     *store.DB
	part   *admin.FleetPart
}

func newFleetHub(t *testing.T, part *admin.FleetPart) fleetHub {
	t.Helper()
	api, db := newAPIOf(t, admin.Config{Fleet: part}, store.Config{})
	if err := db.Found(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	if part != nil && part.Status == nil {
		part.Status = func(context.Context) (fleet.Status, error) { return fleet.Status{Hub: &fleet.HubStatus{}}, nil }
	}
	h := fleetHub{admin.NewClient(api, func() error { return nil }), db, part}
	i, err := admin.InviteNode.Call(t.Context(), h.client, admin.None{}, admin.InvitationRequest{Name: "fra-1"})
	if err != nil {
		t.Fatal(err)
	}
	token, err := join.ParseToken(i.Token)
	if err != nil {
		t.Fatal(err)
	}
	m, err := db.Redeem(t.Context(), join.Digest(token.Secret), [32]byte{2}, "mine", time.Now())
	if err != nil || m.Number != 2 || m.Name != "fra-1" {
		t.Fatalf("Redeem = %+v, %v", m, err)
	}
	return h
}

func (h fleetHub) edge(t *testing.T) store.Member {
	t.Helper()
	members, err := h.db.Members(context.Background())
	if err != nil || len(members) != 2 {
		t.Fatalf("the members are %+v, %v", members, err)
	}
	return members[1]
}

// TestInvite: an invitation has all that a node needs, ends when it was asked to, and is shown without its secret.
func TestInvite(t *testing.T) {
	h := newFleetHub(t, nil)
	begun := time.Now()
	i, err := admin.InviteNode.Call(t.Context(), h.client, admin.None{}, admin.InvitationRequest{Life: 600})
	if err != nil {
		t.Fatal(err)
	}
	token, err := join.ParseToken(i.Token)
	if err != nil || token.Fleet != shop.ID || token.HubKey != shop.HubKey || token.Name != "shop" ||
		!slices.Equal(token.Addresses, []string{"hub.example.com:7421"}) || !token.Until.Equal(i.Until) {
		t.Errorf("the invitation is %+v, %v", i, err)
	}
	if left := i.Until.Sub(begun); left < 599*time.Second || left > 630*time.Second || i.Running {
		t.Errorf("it ends after %v, and the hub runs: %v", left, i.Running)
	}
	f, err := admin.ShowFleet.Call(t.Context(), h.client, admin.None{}, admin.None{})
	if err != nil || len(f.Invitations) != 1 || !f.Invitations[0].Until.Equal(i.Until) || f.Role != "hub" ||
		f.Number != 1 || len(f.Nodes) != 2 || f.Nodes[1].Name != "fra-1" || f.Running {
		t.Errorf("ShowFleet = %+v, %v", f, err)
	}
	for _, bad := range []admin.InvitationRequest{{Name: "Fra 1"}, {Life: -1}, {Life: 8 * 24 * 3600}} {
		if _, err := admin.InviteNode.Call(t.Context(), h.client, admin.None{}, bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

// TestWithdraw: a node that is connected first gives the hub what it wrote; it has no link from the moment it is
// withdrawn; and its log-ins have another home only when its lease has run out.
func TestWithdraw(t *testing.T) {
	looks, leaves := 0, false
	part := &admin.FleetPart{}
	h := newFleetHub(t, part)
	part.Status = func(context.Context) (fleet.Status, error) {
		looks++
		m := fleet.MemberStatus{Member: h.edge(t), Connected: true, Heard: time.Now(), Lease: 20 * time.Millisecond}
		m.Left = leaves && looks > 1
		if looks < 3 {
			m.Waiting = int64(100 * (looks - 1)) // of a log-out that it took before it heard that it has to leave
			if m.Withdrawn != 0 {
				t.Error("it was withdrawn before the hub had what it wrote")
			}
		}
		return fleet.Status{Hub: &fleet.HubStatus{Members: []fleet.MemberStatus{m}}}, nil
	}
	dropped := 0
	part.Leave = func(_ uint16, does bool) { leaves = does }
	part.Drop = func(number uint16) {
		if m := h.edge(t); number != 2 || m.Withdrawn == 0 || m.AtHub {
			t.Errorf("the link of node %d is dropped when the member is %+v", number, m)
		}
		dropped++
	}
	v, err := admin.WithdrawNode.Call(t.Context(), h.client, admin.None{}, admin.Withdrawal{Number: 2})
	if err != nil || !v.Heard || v.Node.Withdrawn == nil || !v.Node.AtHub || v.Node.CutOff != nil || dropped != 1 {
		t.Errorf("WithdrawNode = %+v, %v; dropped %d times", v, err, dropped)
	}
	if looks < 3 {
		t.Errorf("the hub looked %d times", looks)
	}
	for _, number := range []uint16{0, 1, 3} {
		_, err := admin.WithdrawNode.Call(t.Context(), h.client, admin.None{}, admin.Withdrawal{Number: number})
		if err == nil {
			t.Errorf("node %d was withdrawn", number)
		}
	}
}

// TestWithdrawAgain: a call that was cut off after the withdrawal is ended by the next one.
func TestWithdrawAgain(t *testing.T) {
	part := &admin.FleetPart{Leave: func(uint16, bool) {}, Drop: func(uint16) {}, Staleness: time.Hour}
	h := newFleetHub(t, part)
	ctx, cancel := context.WithCancel(t.Context())
	part.Drop = func(uint16) { cancel() } // the caller goes while the lease runs
	if _, err := admin.WithdrawNode.Call(ctx, h.client, admin.None{}, admin.Withdrawal{Number: 2}); err == nil {
		t.Error("a call that was cut off has ended well")
	}
	if m := h.edge(t); m.Withdrawn == 0 || m.AtHub {
		t.Errorf("the member is %+v", m)
	}
	part.Drop, part.Staleness = func(uint16) {}, 0
	v, err := admin.WithdrawNode.Call(t.Context(), h.client, admin.None{}, admin.Withdrawal{Number: 2})
	if err != nil || !v.Node.AtHub {
		t.Errorf("WithdrawNode = %+v, %v", v, err)
	}
}

// TestStolen: all of a stolen node ends in the commit that withdraws it, whether the hub runs or not.
func TestStolen(t *testing.T) {
	for name, part := range map[string]*admin.FleetPart{"running": {}, "stopped": nil} {
		h := newFleetHub(t, part)
		dropped := part == nil
		if part != nil {
			part.Drop = func(uint16) {
				m := h.edge(t)
				dropped = m.Withdrawn != 0 && m.CutOff != 0 && m.AtHub
			}
		}
		begun := time.Now()
		stolen := admin.Withdrawal{Number: 2, Stolen: true}
		v, err := admin.WithdrawNode.Call(t.Context(), h.client, admin.None{}, stolen)
		if err != nil || v.Node.CutOff == nil || v.Node.CutOff.Before(begun.Truncate(time.Millisecond)) || !dropped {
			t.Errorf("%s: WithdrawNode = %+v, %v; dropped: %v", name, v, err, dropped)
		}
	}
	h := newFleetHub(t, nil)
	_, err := admin.WithdrawNode.Call(t.Context(), h.client, admin.None{}, admin.Withdrawal{Number: 2})
	if err == nil || !strings.Contains(err.Error(), "--stolen") {
		t.Errorf("a node is withdrawn from a hub that does not run: %v", err)
	}
}

// TestEdgeRefuses: an edge does nothing of what its hub alone does, names the hub, and goes on reading.
func TestEdgeRefuses(t *testing.T) {
	api, db := newAPIOf(t, admin.Config{}, store.Config{})
	if err := db.Enter(t.Context(), 2, 0, shop); err != nil {
		t.Fatal(err)
	}
	client, ctx, none := admin.NewClient(api, func() error { return nil }), t.Context(), admin.None{}
	empty := admin.Stream{Reader: http.NoBody}
	ana := admin.CustomerQuery{Key: "1"}
	for name, call := range map[string]func() error{
		"add": func() error {
			_, err := admin.AddCustomers.Call(ctx, client, admin.AddQuery{}, empty)
			return err
		},
		"passwd": func() error { _, err := admin.SetAccess.Call(ctx, client, ana, admin.Access{}); return err },
		"set":    func() error { _, err := admin.SetDetails.Call(ctx, client, ana, admin.Details{}); return err },
		"remove": func() error { _, err := admin.RemoveCustomer.Call(ctx, client, ana, none); return err },
		"grant": func() error {
			_, err := admin.ChangeRights.Call(ctx, client, ana, admin.RightsChange{})
			return err
		},
		"group":  func() error { _, err := admin.AddGroup.Call(ctx, client, none, admin.GroupChange{}); return err },
		"key":    func() error { _, err := admin.GenerateKey.Call(ctx, client, none, admin.KeyRequest{}); return err },
		"root":   func() error { _, err := admin.RotateRoot.Call(ctx, client, none, none); return err },
		"backup": func() error { _, err := admin.Backup.Call(ctx, client, none, empty); return err },
		"invite": func() error {
			_, err := admin.InviteNode.Call(ctx, client, none, admin.InvitationRequest{})
			return err
		},
		"resume":  func() error { _, err := admin.ResumeFleet.Call(ctx, client, none, admin.Resumption{}); return err },
		"recover": func() error { _, err := admin.RecoverFleet.Call(ctx, client, none, none); return err },
		"every log-out": func() error {
			_, err := admin.Revoke.Call(ctx, client, none, admin.RevokeRequest{All: true})
			return err
		},
		"import": func() error {
			_, err := admin.ImportCustomers.Call(ctx, client, admin.ImportQuery{Run: 1}, empty)
			return err
		},
	} {
		const says = "this node is an edge of the fleet shop: run the command at its hub, hub.example.com:7421"
		if err := call(); err == nil || !strings.HasSuffix(err.Error(), says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	page := admin.CustomersQuery{PageQuery: admin.PageQuery{Limit: 1}}
	if _, err := admin.ListCustomers.Call(ctx, client, page, none); err != nil {
		t.Errorf("ListCustomers: %v", err)
	}
	if f, err := admin.ShowFleet.Call(ctx, client, none, none); err != nil || f.Role != "edge" || f.Number != 2 {
		t.Errorf("ShowFleet = %+v, %v", f, err)
	}
}

// TestHubWaits: what a hub changes is answered when another node has it, and the answer says where none has.
func TestHubWaits(t *testing.T) {
	var waited int
	var fails error
	h := newFleetHub(t, &admin.FleetPart{Confirmed: func(context.Context) error { waited++; return fails },
		Drop: func(uint16) {}})
	ctx, none := t.Context(), admin.None{}
	ana, inactive := admin.CustomerQuery{Key: "ana@example.com"}, false
	added := func(email string) admin.Stream {
		return admin.Stream{Reader: strings.NewReader(`{"email": "` + email + `", "password": null}`)}
	}
	for i, call := range []struct {
		name string
		do   func() error
	}{
		{"add", func() error {
			_, err := admin.AddCustomers.Call(ctx, h.client, admin.AddQuery{}, added("ana@example.com"))
			return err
		}},
		{"disable", func() error {
			_, err := admin.SetAccess.Call(ctx, h.client, ana, admin.Access{IsActive: &inactive})
			return err
		}},
		{"revoke", func() error {
			_, err := admin.Revoke.Call(ctx, h.client, none, admin.RevokeRequest{Customer: ana.Key})
			return err
		}},
		{"withdraw", func() error {
			_, err := admin.WithdrawNode.Call(ctx, h.client, none, admin.Withdrawal{Number: 2, Stolen: true})
			return err
		}},
	} {
		if err := call.do(); err != nil || waited != i+1 {
			t.Errorf("%s: %v, and waited %d times, want %d", call.name, err, waited, i+1)
		}
	}
	page := admin.CustomersQuery{PageQuery: admin.PageQuery{Limit: 1}}
	if _, err := admin.ListCustomers.Call(ctx, h.client, page, none); err != nil || waited != 4 {
		t.Errorf("a list: %v, and waited %d times", err, waited)
	}
	fails = errors.New("edges were told of it")
	_, err := admin.SetAccess.Call(ctx, h.client, ana, admin.Access{IsActive: &inactive})
	if err == nil || !strings.Contains(err.Error(), "the fleet does not hold the change yet: edges were told of it") {
		t.Errorf("a change that no edge takes: %v", err)
	}
}

// TestAlone: a single node says that it is one.
func TestAlone(t *testing.T) {
	client, none := newClient(t, admin.Config{}), admin.None{}
	if f, err := admin.ShowFleet.Call(t.Context(), client, none, none); err != nil || f.Role != "alone" {
		t.Errorf("ShowFleet = %+v, %v", f, err)
	}
	_, err := admin.InviteNode.Call(t.Context(), client, none, admin.InvitationRequest{})
	if err == nil || !strings.Contains(err.Error(), "edgetoken fleet init") {
		t.Errorf("InviteNode: %v", err)
	}
}

// TestRecover: what was recorded comes back, once a call asks for it, and an error of that is told.
func TestRecover(t *testing.T) {
	gap := fleet.Gap{Before: time.Unix(1800000000, 0)}
	replayed, failed := fleet.Replayed{Facts: 3, Refused: 1, Gaps: []fleet.Gap{gap}}, error(nil)
	part := &admin.FleetPart{Replay: func(context.Context) (fleet.Replayed, error) { return replayed, failed }}
	h := newFleetHub(t, part)
	v, err := admin.RecoverFleet.Call(t.Context(), h.client, admin.None{}, admin.None{})
	if err != nil || !v.Recorded || v.Replayed != 3 || v.Refused != 1 || len(v.Gaps) != 1 ||
		v.Gaps[0].After != nil || !v.Gaps[0].Before.Equal(gap.Before) || !v.Whole || !v.Running {
		t.Errorf("RecoverFleet = %+v, %v", v, err)
	}
	failed = errors.New("the record is cut off")
	_, err = admin.RecoverFleet.Call(t.Context(), h.client, admin.None{}, admin.None{})
	if err == nil || !strings.Contains(err.Error(), "the record is cut off") {
		t.Errorf("RecoverFleet: %v", err)
	}
	if _, err := admin.ResumeFleet.Call(t.Context(), h.client, admin.None{}, admin.Resumption{Without: 2}); err == nil {
		t.Error("the hub goes on without a node that it does not wait for")
	}
}

// TestRevokeFleet: the end of all log-ins at the hub is one of each customer, of which edges hear.
func TestRevokeFleet(t *testing.T) {
	h := newFleetHub(t, nil)
	const customers = 3
	for i := range customers {
		n := store.NewCustomer{Email: fmt.Sprintf("c%d@example.com", i), IsActive: true}
		if _, err := h.db.Add(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	begun := time.Now()
	if _, err := admin.Revoke.Call(t.Context(), h.client, admin.None{}, admin.RevokeRequest{All: true}); err != nil {
		t.Fatal(err)
	}
	cutOffs, err := h.db.CutOffs(t.Context(), begun.Add(-time.Millisecond))
	if err != nil || cutOffs.Customers != customers || !cutOffs.All {
		t.Errorf("the cut-offs are %+v, %v", cutOffs, err)
	}
	if m := h.edge(t); m.CutOff != 0 {
		t.Errorf("an edge has the cut-off %d, which would end new log-ins", m.CutOff)
	}
}
