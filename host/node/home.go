package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/store"
)

// A family is advanced by its home alone (core.State.Home), so that a refresh token is spent once whatever the number
// of nodes that it is shown to (R1). Any other node decides with what it knows, asks the home for the tokens, and
// decides again: it may have heard meanwhile that the log-in is over.

// errNotMine is the answer of a node that is asked for a family whose home it is not. It does not ask on: two nodes
// that disagree would ask each other for ever.
var errNotMine = errors.New("the home of the family is another node")

// elsewhere is the error of a refresh whose family has its home at the node of this number.
type elsewhere uint16

func (e elsewhere) Error() string { return "the home of the family is node " + strconv.Itoa(int(e)) }

// advances reports whether the operation advances a family in a fleet.
func (n *Node) advances(engine *keyedEngine, op core.Op) bool {
	return n.cfg.Fleet != nil && op == core.Refresh && n.cfg.Settings.Advances() && !engine.accessOnly
}

// atHome checks that this node may advance the family of a refresh.
func (n *Node) atHome(state *core.State) error {
	if state.Home != state.Number {
		return elsewhere(state.Home)
	}
	return n.leased()
}

// settled makes sure that the answer to a refresh at home may leave. The lease may have ended since the decision.
// Tokens that are given again wait too: those who made them may still wait for the fleet.
func (n *Node) settled(ctx context.Context) error {
	if err := n.confirmed(ctx); err != nil {
		return err
	}
	return n.leased()
}

// AnswerHome answers what another node asks by Fleet.AskHome: the refresh of a token whose family has its home here. It
// decides all of it by itself. The error is that of ctx; any other is an answer.
func (n *Node) AnswerHome(ctx context.Context, _ uint16, request []byte) ([]byte, error) {
	token, err := readRefresh(request)
	var a answer
	if err == nil {
		var r Result
		r, err = n.refreshHere(ctx, token)
		a.outcome, a.repeated = r.Outcome, r.Repeated
	}
	var home elsewhere
	if errors.As(err, &home) {
		err = errNotMine
	}
	return n.answered(ctx, a, err)
}

// answered encodes an answer, or why there is none.
func (n *Node) answered(ctx context.Context, a answer, err error) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		if !errors.Is(err, store.ErrNotFound) {
			n.cfg.Repeats.Log(slog.LevelWarn, "no answer to another node", "another node asked, and gets no answer",
				slog.Any("error", err))
		}
		a = answer{fault: err}
	}
	return a.append(nil), nil
}

// refreshAt has the home of a family refresh a token of it.
func (n *Node) refreshAt(ctx context.Context, home uint16, token string) (Result, error) {
	if home == 0 {
		return Result{}, fmt.Errorf("%w: no home is known", ErrUnanswered)
	}
	engine := n.engine.Load()
	request := core.Request{Op: core.Refresh}
	if err := engine.Open(ctx, []byte(token), &request.Opened); err != nil {
		return Result{}, err
	}
	if r, err := n.judge(ctx, engine, &request); err != nil || r.Refused() {
		return r, err
	}
	asking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	raw, err := n.cfg.Fleet.AskHome(asking, home, appendRefresh(nil, token))
	switch {
	case err != nil && ctx.Err() == nil && errors.Is(err, ErrAway) && n.cfg.AwayEngine != nil:
		return n.accessOnly(ctx, home, token, &request)
	case err != nil:
		return Result{}, failed(ctx, ErrUnanswered, err)
	}
	a, err := n.answerOf(home, raw)
	if err == nil && !a.outcome.Refused() {
		err = n.continues(ctx, engine, &request.Opened, a.outcome.Tokens)
	}
	if err != nil {
		return Result{}, err
	}
	r, err := n.judge(ctx, engine, &request)
	if err == nil && (a.outcome.Refused() || !r.Refused()) { // the home's refusal says more: that a token was reused
		r.Refusals, r.Tokens, r.Repeated = a.outcome.Refusals, a.outcome.Tokens, a.repeated
		r.listed = n.listedBy(ctx, engine, &request.Opened, r.Tokens)
	}
	return r, err
}

// answerOf reads the answer of a node.
func (n *Node) answerOf(number uint16, raw []byte) (answer, error) {
	a, err := readAnswer(raw)
	if err == nil {
		err = a.fault
	}
	if err != nil {
		return answer{}, fmt.Errorf("%w: node %d: %w", ErrUnanswered, number, err)
	}
	return a, nil
}

// judge decides a refresh of a family that has its home elsewhere by all that this node knows but generations, of which
// it may know old ones. It writes no token. The outcome has no effects: what was right when the state was loaded is
// checked once more against the store.
func (n *Node) judge(ctx context.Context, engine *keyedEngine, request *core.Request) (r Result, err error) {
	request.Now = n.now()
	query := Query(request.Opened, request.Now, n.cfg.UserIDField, n.cfg.Store.IDs())
	kind := userIDKind(n.cfg.UserIDField, n.cfg.Store.IDs())
	for range attempts {
		seen := n.look()
		if request.State, r.Customer, err = n.cfg.Store.Load(ctx, query); err != nil {
			return Result{}, err
		}
		request.State.Age = seen.age
		request.State.UnreadableCustomer = request.Opened.UnreadableCustomer(kind)
		forgetGenerations(&request.State)
		r.Outcome = core.Decide(&n.cfg.Settings, request)
		r.KeyID, r.Family = engine.signer(request, &r.Outcome)
		if !r.Refused() {
			err = n.cfg.Store.Settle(ctx, core.Effects{Reads: r.Effects.Reads})
		}
		if err == nil {
			return r, n.young(core.Refresh, r.Refusals, seen)
		}
		if !errors.Is(err, store.ErrConflict) {
			return Result{}, err
		}
	}
	return Result{}, fmt.Errorf("%w: its state changed %d times meanwhile", ErrBusy, attempts)
}

// forgetGenerations takes out of a state what only the home of the family knows.
func forgetGenerations(state *core.State) {
	f := &state.Family
	*f = core.FamilyState{Version: f.Version, Dead: f.Dead, AnyStart: f.AnyStart}
}

// continues checks that the tokens which a home gave are good and continue the log-in of the token that was sent. A
// client must not get what another one asked for, nor tokens that this node would refuse.
func (n *Node) continues(ctx context.Context, engine *keyedEngine, sent *core.Opened, tokens []core.Token) error {
	kind := userIDKind(n.cfg.UserIDField, n.cfg.Store.IDs())
	family := sent.FamilyAt(n.now())
	customer, named := sent.CustomerKey(kind)
	want := []core.TokenType{core.AccessToken, core.RefreshToken}
	if len(tokens) != len(want) {
		return fmt.Errorf("%w: %d tokens instead of a pair", ErrUnanswered, len(tokens))
	}
	for i, t := range tokens {
		var o core.Opened
		if err := engine.Open(ctx, []byte(t.Value), &o); err != nil {
			return err
		}
		id, has := o.CustomerKey(kind)
		f := o.Family()
		same := f.Ours && f.Bits == family.Bits && (!family.Ours || f.Start == family.Start) &&
			f.Access() == (t.Type == core.AccessToken) && id == customer && has == named && o.Issuer == "" &&
			(!family.Ours || f.Generation > family.Generation)
		if t.Type != want[i] || o.Cause != cause.OK || !same {
			return fmt.Errorf("%w: an %s token that does not continue the log-in (%s)", ErrUnanswered, t.Type, o.Cause)
		}
	}
	return nil
}

// accessOnly answers a refresh whose home is away with an access token alone. The refresh token stays good: nothing
// advances. judged is the request as it was decided here.
func (n *Node) accessOnly(ctx context.Context, home uint16, token string, judged *core.Request) (Result, error) {
	// The session must not outlive its end by an access token.
	rotation, _ := core.RotationOf(&n.cfg.Settings, *judged)
	ends := judged.Now.Add(n.cfg.Settings.AccessTokenLifetime)
	if rotation.SessionEnds != 0 && ends.After(time.Unix(rotation.SessionEnds, 0)) {
		return Result{}, fmt.Errorf("%w: node %d, and the session ends soon", ErrAway, home)
	}
	tokens := n.cfg.AwayEngine()
	engine := &keyedEngine{Engine: tokens, keys: tokens.KeySet(), accessOnly: true}
	r, err := n.decideBy(ctx, engine, core.Refresh, token, n.cfg.Claims.NeedsRights())
	if err == nil && !r.Refused() {
		n.cfg.Repeats.Log(slog.LevelWarn, "home away", "the home of log-ins is away: access tokens are given alone",
			slog.Int("node", int(home)))
	}
	return r, err
}
