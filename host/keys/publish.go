package keys

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// mostOfNode bounds the keys of one edge that are not gone, mostKept those of which there is a record, also after their
// end, and farthest how far ahead the dates of a key may lie, so that a stolen edge cannot fill the key set of the
// fleet, nor its stores.
const (
	mostOfNode = 16
	mostKept   = 400 // one a day, each kept for 366 days
	farthest   = 10 * 366 * 24 * time.Hour
)

// AnswerPublish answers CallPublishKey at the hub, for the edge with the number from. It writes what the edge asks for
// of its own keys, once that is durable and in force here, and nothing of any other key. The error is one of the
// store; a refusal is an answer.
func (m *Manager) AnswerPublish(ctx context.Context, from uint16, request []byte) (answer []byte, err error) {
	number := m.number()
	asked, err := decodeRequest(request)
	switch member, known := m.cfg.Store.Member(from); {
	case err != nil:
		return encodeAnswer(nil, err.Error()), nil
	case number != fact.HubNumber || from <= fact.HubNumber:
		return encodeAnswer(nil, fmt.Sprintf("node %d is not the hub of node %d", number, from)), nil
	case !known || member.Withdrawn != 0:
		return encodeAnswer(nil, fmt.Sprintf("node %d is no member of the fleet, or was withdrawn", from)), nil
	}
	var written []store.Key
	err = m.update(ctx, func(have *records) (store.KeyUpdate, error) {
		written, err = m.grant(&records{slices.Clone(have.list), from}, asked)
		return store.KeyUpdate{Put: written}, err
	})
	switch {
	case errors.Is(err, ErrRefused):
		return encodeAnswer(nil, strings.TrimPrefix(err.Error(), ErrRefused.Error()+": ")), nil
	case errors.Is(err, store.ErrInvalid):
		return encodeAnswer(nil, err.Error()), nil
	case err != nil:
		return nil, err
	}
	return encodeAnswer(written, ""), nil
}

// grant is what the hub writes of the records that an edge, have.number, asks for.
func (m *Manager) grant(have *records, asked []store.Key) (put []store.Key, err error) {
	now := m.cfg.Now()
	for i, k := range asked {
		if slices.ContainsFunc(asked[:i], func(other store.Key) bool { return other.ID == k.ID }) {
			return nil, fmt.Errorf("%w: key %s is there twice", ErrRefused, k.ID)
		}
		if at := have.index(k.ID); at >= 0 {
			k, err = m.changed(have, have.list[at], k)
		} else if k, err = m.fresh(have, k); err == nil {
			if err = have.room(now, k); err == nil {
				err = have.roomOfNode(now)
			}
			have.list = append(have.list, k)
		}
		if err != nil {
			return nil, err
		}
		put = append(put, k)
	}
	return put, nil
}

// fresh is the record of a key that an edge has made. The hub says since when it is published, by its own clock.
func (m *Manager) fresh(have *records, asked store.Key) (store.Key, error) {
	now := m.cfg.Now()
	k := store.Key{ID: asked.ID, Algorithm: asked.Algorithm, Public: asked.Public, Origin: asked.Origin,
		Node: have.number, Added: now.Unix(), SignsFrom: asked.SignsFrom, Ends: asked.Ends,
		Longest: max(asked.Longest, m.longest())}
	if k.SignsFrom != 0 {
		k.SignsFrom = max(k.SignsFrom, m.earliest(have, &k))
	}
	switch {
	case strings.HasPrefix(k.Algorithm, "HS") || len(k.Public) == 0:
		return k, fmt.Errorf("%w: key %s is a secret, and in a fleet only key pairs sign", ErrRefused, k.ID)
	case k.Origin != store.KeyGenerated && k.Origin != store.KeyFromSigner:
		return k, fmt.Errorf("%w: key %s comes from %q, and an edge signs with keys that it made", ErrRefused, k.ID,
			k.Origin)
	case asked.Retired, k.Ends != 0 && k.Ends <= now.Unix():
		return k, fmt.Errorf("%w: key %s has ended, and nobody ever knew it", ErrRefused, k.ID)
	}
	key, err := keyring.ParsePublic(k.Algorithm, k.ID, k.Public)
	if err != nil {
		return k, fmt.Errorf("%w: key %s cannot be read: %w", ErrRefused, k.ID, err)
	}
	if !bytes.Equal(key.Public(), k.Public) {
		return k, fmt.Errorf("%w: key %s is not in the form that this node writes", ErrRefused, k.ID)
	}
	return k, m.saneDates(k, now)
}

// changed is the record of a key of an edge after a change that the edge asks for. No key gets a later end.
func (m *Manager) changed(have *records, k, asked store.Key) (store.Key, error) {
	now := m.cfg.Now()
	if k.Node != have.number {
		return k, fmt.Errorf("%w: there is a key with the kid %s already, which is not of node %d", ErrRefused, k.ID,
			have.number)
	}
	if asked.Algorithm != k.Algorithm || !bytes.Equal(asked.Public, k.Public) {
		return k, fmt.Errorf("%w: there is another key with the kid %s already", ErrRefused, k.ID)
	}
	if asked.Ends != 0 && (k.Ends == 0 || asked.Ends < k.Ends) {
		k.Ends = asked.Ends
	}
	if asked.Retired && !k.Retired {
		k.Ends, k.Retired = now.Unix(), true
	}
	k.SignsFrom, k.Longest = asked.SignsFrom, max(k.Longest, asked.Longest, m.longest())
	return k, m.saneDates(k, now)
}

// saneDates refuses dates that no sound edge asks for.
func (m *Manager) saneDates(k store.Key, now time.Time) error {
	latest := now.Add(farthest).Unix()
	for _, at := range []int64{k.SignsFrom, k.Ends} {
		if at < 0 || at > latest || at != 0 && at < k.Added {
			return fmt.Errorf("%w: key %s would sign or end at %s, before it is published or more than ten years on",
				ErrRefused, k.ID, time.Unix(at, 0).UTC().Format(time.RFC3339))
		}
	}
	if k.Longest > int64(farthest/time.Second) {
		return fmt.Errorf("%w: what key %s signs would live for more than ten years", ErrRefused, k.ID)
	}
	return nil
}

// roomOfNode refuses another key where the node has as many as it may.
func (r *records) roomOfNode(now time.Time) error {
	n, kept, life := 0, 0, r.life()
	for i := range r.list {
		if r.list[i].Node != r.number {
			continue
		}
		if kept++; life.State(i, now) != core.KeyGone {
			n++
		}
	}
	if kept >= mostKept {
		return fmt.Errorf("%w: node %d has made %d keys within a year, which is the most", ErrRefused, r.number, kept)
	}
	if n >= mostOfNode {
		return fmt.Errorf("%w: node %d has %d keys that are not gone, which is the most: retire some first", ErrRefused,
			r.number, n)
	}
	return nil
}
