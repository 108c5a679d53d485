package admin

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// ConflictsQuery asks for so many conflicts at most, from 1 to MaxPage.
type ConflictsQuery struct{ Limit int }

func (q ConflictsQuery) values() url.Values { return url.Values{"limit": {strconv.Itoa(q.Limit)}} }

func conflictsQueryOf(v url.Values) ConflictsQuery {
	limit, _ := strconv.Atoi(v.Get("limit")) // 0, which is out of bounds, where it is no number
	return ConflictsQuery{limit}
}

// Conflicts answers ListConflicts.
type Conflicts struct {
	Conflicts []Conflict `json:"conflicts"`
}

// Conflict is an e-mail address or an id that two customers were given by nodes that did not know of each other.
type Conflict struct {
	Email *string `json:"email"` // the address; null where it is the id
	Has   Claim   `json:"has"`   // who was first
	Waits Claim   `json:"waits"`
}

// Claim is a customer of a Conflict.
type Claim struct {
	ID    ID         `json:"id"`
	Email string     `json:"email"`
	Made  *time.Time `json:"made"` // null: by an earlier version
	Node  uint16     `json:"node"` // the number of the node that made it
}

func (s *server) listConflicts(ctx context.Context, q ConflictsQuery, _ None) (Conflicts, error) {
	answer := Conflicts{[]Conflict{}}
	if err := checkLimit(q.Limit); err != nil {
		return answer, err
	}
	list, err := s.cfg.Store.Conflicts(ctx, q.Limit)
	for _, c := range list {
		v := Conflict{Has: claimOf(c.Has), Waits: claimOf(c.Waits)}
		if c.Email != "" {
			v.Email = &c.Email
		}
		answer.Conflicts = append(answer.Conflicts, v)
	}
	return answer, err
}

func claimOf(c store.Claim) Claim {
	v := Claim{ID: ID(c.ID), Email: c.Email, Node: c.Made.Node}
	if c.Made.After(fact.Before) {
		made := time.UnixMicro(c.Made.Time).UTC()
		v.Made = &made
	}
	return v
}
