package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"sync"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
)

// MaxTokens is the most tokens that one call about a list of tokens has.
const MaxTokens = 1000

// ListQuery is about a list of tokens. Dry asks which of them have ended, and ends none.
type ListQuery struct{ Dry bool }

func (q ListQuery) values() url.Values {
	if q.Dry {
		return url.Values{"dry": {"true"}}
	}
	return nil
}

func listQueryOf(v url.Values) ListQuery { return ListQuery{v.Get("dry") == "true"} }

// ListedToken is a token in a list of another system, such as simplejwt's token_blacklist. The body of a call has one
// object after the other.
type ListedToken struct {
	ID    string          `json:"jti"`   // counts where there is no Token
	Token string          `json:"token"` // empty: the list has only the id
	User  json.RawMessage `json:"user"`  // counts where there is no Token: an id, ["e-mail address"] or null
	// ExpiresAt is when the list says that it expires, and counts where there is no Token; null: it does not say.
	ExpiresAt *time.Time `json:"expires_at"`
}

// Listed answers a call about a list of tokens.
type Listed struct {
	Ended   int             `json:"ended"`   // how many tokens ended by this call
	Before  []int           `json:"before"`  // those that had ended before, by their places in the list, from 0
	Expired int             `json:"expired"` // how many are too old to be accepted anyway
	Refused []UnjudgedToken `json:"refused"`
}

// UnjudgedToken is the place of a token in a list, and why it cannot be judged.
type UnjudgedToken struct {
	Place  int    `json:"place"`
	Reason string `json:"reason"`
}

// endTokens revokes the tokens of a list, each as Revoke does, and leaves those as they are that were revoked before.
func (s *server) endTokens(ctx context.Context, q ListQuery, body Stream) (Listed, error) {
	answer := Listed{Before: []int{}, Refused: []UnjudgedToken{}}
	if !s.cfg.Settings.BlacklistApp {
		return answer, errNoBlacklist
	}
	rows, err := readList(body)
	if err != nil {
		return answer, err
	}
	engine, err := s.cfg.Engine(ctx)
	if err != nil {
		return answer, err
	}
	trials := make([]listTrial, len(rows))
	together(len(rows), func(i int) {
		trials[i] = listTrial{server: s, engine: engine, now: s.cfg.Store.Time(), row: &rows[i]}
		trials[i].run(ctx, q.Dry)
	})
	for i, t := range trials {
		switch {
		case t.err != nil:
			err = t.err
		case t.reason != "":
			answer.Refused = append(answer.Refused, UnjudgedToken{i, t.reason})
		case t.expired:
			answer.Expired++
		case t.before:
			answer.Before = append(answer.Before, i)
		case t.ended:
			answer.Ended++
		}
	}
	if answer.Ended > 0 {
		s.cfg.Log.Info("admin: tokens of a list revoked", "tokens", answer.Ended)
		if err == nil {
			err = s.confirmed(ctx)
		}
	}
	return answer, err
}

func readList(body io.Reader) (rows []ListedToken, err error) {
	d := json.NewDecoder(body)
	d.DisallowUnknownFields()
	for {
		var row ListedToken
		if err := d.Decode(&row); errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return nil, fmt.Errorf("read call: %w", err)
		}
		if rows = append(rows, row); len(rows) > MaxTokens {
			return nil, fmt.Errorf("read call: it has more than %d tokens", MaxTokens)
		}
	}
}

// atOnce is how many tokens of a list are revoked at once, so that they share commits.
const atOnce = 256

// together calls f for each of n numbers, some at once.
func together(n int, f func(int)) {
	var workers sync.WaitGroup
	next := make(chan int)
	for range min(n, atOnce) {
		workers.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
}

// listTrial judges one token of a list. One of expired, before and ended is true, or none; reason says why the token
// cannot be judged.
type listTrial struct {
	*server
	engine core.Engine
	now    time.Time
	row    *ListedToken

	expired, before, ended bool
	reason                 string
	err                    error
}

func (t *listTrial) run(ctx context.Context, dry bool) {
	ends, known := t.row.ends(t.cfg.Settings.SlidingTokenRefreshExpClaim)
	if known && ends.Add(t.cfg.Settings.Leeway).Before(t.now) {
		t.expired = true
		return
	}
	request := core.Request{Op: core.Revoke, Now: t.now}
	query, err := t.open(ctx, &request.Opened)
	if t.err = err; err != nil || t.reason != "" {
		return
	}
	if request.Opened.Cause != cause.OK { // its key is good for refresh tokens only, and it is none
		t.before = !dry
		return
	}
	if request.State, _, t.err = t.cfg.Store.Load(ctx, query); t.err != nil {
		return
	}
	// What has only been spent, or began before a cut-off, is revoked all the same.
	if t.before = request.State.Family.Dead || dry && core.Ended(&t.cfg.Settings, request); t.before || dry {
		return
	}
	if t.row.Token == "" && known {
		// A token says itself until when its revocation must last. Of an id that is known by the longest lifetime.
		if t.err = t.cfg.Store.RaiseForToken(ctx, ends.Unix()); t.err != nil {
			return
		}
	}
	outcome, _, err := t.revokeFound(ctx, query, request.Opened)
	if err == nil && t.row.Token == "" && query.HasUser && request.Opened.Family().Ours {
		// Whose the token is only the list says, and Django asks its list for the id alone.
		query.UserID, query.HasUser = core.CustomerID{}, false
		outcome, _, err = t.revokeFound(ctx, query, request.Opened)
	}
	if t.err = err; err == nil && outcome.Refused() {
		t.reason = "it has no id that could be revoked (JTI_CLAIM)"
		return
	}
	t.ended = err == nil
}
