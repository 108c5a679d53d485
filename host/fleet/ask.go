package fleet

import (
	"context"
	"errors"
	"fmt"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
)

// ask asks the hub, by the way that a kind takes. A lane bounds what goes each way at a time. Hellos share theirs with
// frames, which wait for a commit at most: what is asked of the hub may wait for the next hellos, to be confirmed.
func (e *Edge) ask(ctx context.Context, k kind, body []byte) ([]byte, error) {
	request, raw := e.self.request(k, HubNumber, body)
	by := func(ctx context.Context, raw []byte) ([]byte, error) { return e.cfg.Lane.Ask(ctx, HubNumber, raw) }
	switch k {
	case kindFrames, kindHello:
		by = e.cfg.Lane.Send
	case kindFetch, kindGenerations:
		by = e.cfg.Lane.Fetch
	}
	return e.self.exchange(ctx, request, raw, by)
}

// exchange sends a request and reads the answer. The error is ErrAway or ErrUnanswered where none came.
func (i *identity) exchange(
	ctx context.Context, request envelope, raw []byte, by func(context.Context, []byte) ([]byte, error),
) ([]byte, error) {
	if len(raw) > lane.MaxMessage {
		return nil, fmt.Errorf("a message of %d bytes: the most is %d", len(raw), lane.MaxMessage)
	}
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	answer, err := by(ctx, raw)
	switch {
	case errors.Is(err, lane.ErrNobody):
		return nil, fmt.Errorf("node %d: %w", request.to, ErrAway)
	case err != nil:
		return nil, fmt.Errorf("node %d: %w: %w", request.to, ErrUnanswered, err)
	}
	return i.openAnswer(request, answer)
}

// AskHome asks a node, as the home of a log-in, to do a request. The error is ErrAway at once if nobody listens,
// ErrUnanswered if no answer came, and a RefusedError where it says why it did not do it.
func (e *Edge) AskHome(ctx context.Context, number uint16, request []byte) ([]byte, error) {
	return e.self.askHome(ctx, number, request, e.cfg.Lane.Ask)
}

// AskHome is Edge.AskHome.
func (h *Hub) AskHome(ctx context.Context, number uint16, request []byte) ([]byte, error) {
	return h.self.askHome(ctx, number, request, h.cfg.Lane.Ask)
}

func (i *identity) askHome(
	ctx context.Context, number uint16, request []byte, ask func(context.Context, uint16, []byte) ([]byte, error),
) ([]byte, error) {
	if i.keyOf(number) == nil {
		return nil, fmt.Errorf("node %d: %w: it is no member", number, ErrAway)
	}
	asked, raw := i.request(kindHome, number, request)
	return i.exchange(ctx, asked, raw, func(ctx context.Context, raw []byte) ([]byte, error) {
		return ask(ctx, number, raw)
	})
}

// AskHub asks the hub for what only it can do: call says what. Errors are as those of AskHome.
func (e *Edge) AskHub(ctx context.Context, call byte, request []byte) ([]byte, error) {
	return e.ask(ctx, kindCall, append([]byte{call}, request...))
}

// answer answers what another node asks of this one.
func (e *Edge) answer(ctx context.Context, raw []byte) []byte {
	m, err := e.self.open(raw)
	if err != nil || m.kind != kindHome {
		e.refuse("ask: no envelope of a member")
		return nil
	}
	if e.seen.again(m.from, m.nonce) {
		e.refuse(refusedRepeat)
		return nil
	}
	body, err := e.cfg.Answer(ctx, m.from, m.body)
	return e.self.answer(m, body, err)
}

// errNoCall says that a node asks for something that this one cannot do.
var errNoCall = errors.New("this node does not know what is asked of it: update it")
