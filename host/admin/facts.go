package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// pageBytes bounds the frames of a page, in bytes, where it is more than one.
const pageBytes = 1 << 20

// FactsPage answers ListFacts.
type FactsPage struct {
	Enabled bool `json:"enabled"` // whether the outbox is on
	// Frames are objects as fact.Frame.AppendJSON writes them, the oldest first. No secret is among them.
	Frames []json.RawMessage `json:"frames"`
	Last   string            `json:"last"` // the position to go on after, and to acknowledge; empty: before all
}

func (s *server) listFacts(ctx context.Context, q PageQuery, _ None) (FactsPage, error) {
	answer := FactsPage{Enabled: s.cfg.Outbox, Frames: []json.RawMessage{}, Last: q.After}
	var after fact.Position
	if q.After != "" {
		var err error
		if after, err = fact.ParsePosition(q.After); err != nil {
			return answer, err
		}
	}
	if err := checkLimit(q.Limit); err != nil {
		return answer, err
	}
	frames, err := s.cfg.Store.Outbox(ctx, after, pageBytes)
	if err != nil {
		return answer, err
	}
	for _, raw := range frames[:min(len(frames), q.Limit)] {
		f, err := fact.ParseFrame(raw)
		if err != nil {
			return answer, fmt.Errorf("read the outbox: %w", err)
		}
		answer.Frames, answer.Last = append(answer.Frames, f.AppendJSON(nil)), f.Position().String()
	}
	return answer, nil
}

// AcknowledgeQuery names the last frame that is kept elsewhere.
type AcknowledgeQuery struct{ UpTo string }

func (q AcknowledgeQuery) values() url.Values { return url.Values{"up_to": {q.UpTo}} }

func acknowledgeQueryOf(v url.Values) AcknowledgeQuery { return AcknowledgeQuery{v.Get("up_to")} }

// Acknowledged answers Acknowledge.
type Acknowledged struct {
	UpTo    string `json:"up_to"`
	Removed bool   `json:"removed"` // whether there were frames up to there
}

// acknowledge removes the frames up to one from the outbox. It refuses a position between or behind frames, which is
// most likely one of another node.
func (s *server) acknowledge(ctx context.Context, q AcknowledgeQuery, _ None) (Acknowledged, error) {
	answer := Acknowledged{UpTo: q.UpTo}
	if s.cfg.Store.Membership().Role != store.Alone {
		return answer, errors.New("the nodes of a fleet acknowledge their frames themselves: one that was removed " +
			"before would be lost to the others")
	}
	upTo, err := fact.ParsePosition(q.UpTo)
	if err != nil {
		return answer, err
	}
	first, found, err := s.frameAfter(ctx, fact.Position{})
	if err != nil || !found || before(upTo, first) {
		return answer, err
	}
	previous := fact.Position{Incarnation: upTo.Incarnation, Sequence: max(upTo.Sequence, 1) - 1}
	if at, _, err := s.frameAfter(ctx, previous); err != nil {
		return answer, err
	} else if at != upTo {
		return answer, fmt.Errorf("the outbox has no frame %s: edgetoken facts names those that it has", upTo)
	}
	if err := s.cfg.Store.Acknowledge(ctx, upTo); err != nil {
		return answer, err
	}
	answer.Removed = true
	s.cfg.Log.Info("admin: outbox acknowledged", "up_to", q.UpTo)
	return answer, nil
}

// frameAfter is the position of the first frame behind another one.
func (s *server) frameAfter(ctx context.Context, after fact.Position) (at fact.Position, found bool, err error) {
	frames, err := s.cfg.Store.Outbox(ctx, after, 1)
	if err != nil || len(frames) == 0 {
		return at, false, err
	}
	f, err := fact.ParseFrame(frames[0])
	if err != nil {
		return at, false, fmt.Errorf("read the outbox: %w", err)
	}
	return f.Position(), true, nil
}

// before reports whether a frame is older than another one of the same node.
func before(p, q fact.Position) bool {
	return p.Incarnation < q.Incarnation || p.Incarnation == q.Incarnation && p.Sequence < q.Sequence
}
