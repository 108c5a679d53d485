package node_test

import (
	"cmp"
	"context"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/node"
)

// often is how often something is hammered: HAMMER times as often by hand.
func often(usual int) int {
	if n, err := strconv.Atoi(os.Getenv("HAMMER")); err == nil {
		return usual * n
	}
	return usual
}

// hammer asks a node about one log-in, for many clients at once, and keeps the history of the answers.
type hammer struct {
	*testing.T
	node  *node.Node
	first pair // of the log-in

	clock atomic.Int64 // counts calls and returns: nothing but their order matters
	mu    sync.Mutex
	list  []porcupine.Operation
	// latest is the newest refresh token, and given all that refresh tokens were exchanged for.
	latest string
	given  map[string]map[pair]bool
}

// newHammer logs ana in.
func newHammer(t *testing.T, w *world) *hammer {
	t.Helper()
	refresh, access := w.login(t)
	return &hammer{T: t, node: w.Node, first: pair{refresh, access}, latest: refresh, given: map[string]map[pair]bool{}}
}

// refresh exchanges a token; the pair is empty where that is refused.
func (h *hammer) refresh(token string) (p pair) {
	h.ask(refreshing, token, func() (answer, error) {
		r, err := h.node.Refresh(h.Context(), token)
		if err != nil || r.Refused() {
			return answer{}, err
		}
		p = pair{r.Tokens[1].Value, r.Tokens[0].Value}
		return answer{true, claims(p.refresh), claims(p.access)}, nil
	})
	if p == (pair{}) {
		return p
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if token == h.latest { // not an answer that is overtaken
		h.latest = p.refresh
	}
	if h.given[token] == nil {
		h.given[token] = map[pair]bool{}
	}
	h.given[token][p] = true
	return p
}

// logIn logs ana in, and gives her access token.
func (h *hammer) logIn() (access string) {
	h.ask(loggingIn, "", func() (answer, error) {
		r, err := h.node.Login(h.Context(), client, "ana@example.com", "right")
		if err != nil || r.Refused() {
			return answer{}, err
		}
		access = r.Tokens[1].Value
		return answer{true, claims(r.Tokens[0].Value), claims(access)}, nil
	})
	return access
}

func (h *hammer) verify(token string)    { h.judge(verifying, token, h.node.Verify) }
func (h *hammer) check(token string)     { h.judge(checking, token, h.node.Authenticate) }
func (h *hammer) blacklist(token string) { h.judge(blacklisted, token, h.node.Blacklist) }

// judging is what a node does with a token.
type judging = func(context.Context, string) (node.Result, error)

// judge asks whether a token is good.
func (h *hammer) judge(what, token string, judge judging) {
	h.ask(what, token, func() (answer, error) {
		r, err := judge(h.Context(), token)
		return answer{good: !r.Refused()}, err
	})
}

// change changes something that no answer tells of.
func (h *hammer) change(what string, how func() error) {
	h.ask(what, "", func() (answer, error) { return answer{good: true}, how() })
}

// ask asks once, and adds the answer to the history.
func (h *hammer) ask(what, token string, do func() (answer, error)) {
	called := h.clock.Add(1)
	a, err := do()
	returned := h.clock.Add(1)
	if err != nil {
		h.Errorf("%s: %v", what, err)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, porcupine.Operation{Input: question{what, claims(token)}, Call: called, Output: a,
		Return: returned})
}

// last is the newest refresh token, as far as anybody was told.
func (h *hammer) last() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.latest
}

// family is the log-in as the model begins with it.
func (h *hammer) family(wire core.Wire) porcupine.Model {
	return familyModel(wire, family{current: claims(h.first.refresh), access: claims(h.first.access)})
}

// mustBe shows a history in which the answers are not those of a model that serves one request after the other.
func (h *hammer) mustBe(m porcupine.Model) {
	h.Helper()
	// To find that there is no order may take for ever.
	if porcupine.CheckOperationsTimeout(m, h.list, time.Minute) == porcupine.Ok {
		return
	}
	h.Errorf("%d answers are not those of a node that serves one request after the other", len(h.list))
	slices.SortFunc(h.list, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	for _, o := range h.list[:min(len(h.list), 40)] {
		h.Logf("%d to %d: %v gave %v", o.Call, o.Return, o.Input, o.Output)
	}
}

// together runs a function for many clients at once.
func together(clients int, do func(client int)) {
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range clients {
		group.Go(func() {
			<-start
			do(i)
		})
	}
	close(start)
	group.Wait()
}
