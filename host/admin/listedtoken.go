package admin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/explain"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// open reads the token of a row, and says what to load for it. Where the list has only an id, that names the family.
func (t *listTrial) open(ctx context.Context, opened *core.Opened) (query store.Query, err error) {
	if t.row.Token == "" {
		family := core.FamilyOf(t.row.ID)
		if !family.Ours {
			family.Start = t.now.UnixMilli() // when its token was issued is not known: now at the latest
		}
		opened.SetFamily(family)
		query = store.Query{Family: family, HasFamily: true}
		query.UserID, err = t.user(ctx)
		query.HasUser = !query.UserID.IsZero()
		return query, err
	}
	if err := t.engine.Open(ctx, []byte(t.row.Token), opened); err != nil {
		return query, err
	}
	if opened.Cause != cause.OK && opened.Cause != cause.KeyForRefresh {
		t.reason = explain.Unopened(opened.Cause, t.engine.KeySet())
		if slices.Contains(ofKeys, opened.Cause) {
			t.reason += "; import the key that signed it first (edgetoken keys import)"
		}
	}
	return node.Query(*opened, t.now, t.cfg.UserIDField, t.cfg.Store.IDs()), nil
}

// ofKeys are the causes for which a token is refused whose key is not here.
var ofKeys = []cause.Cause{cause.UnknownKey, cause.BadAlgorithm, cause.BadSignature}

// user is the customer whom a row names; zero if it names none, or none that is here.
func (t *listTrial) user(ctx context.Context) (core.CustomerID, error) {
	if len(t.row.User) == 0 || t.row.User[0] != '[' {
		var id ID
		if len(t.row.User) > 0 {
			if err := id.UnmarshalJSON(t.row.User); err != nil {
				t.reason = err.Error()
			}
		}
		return core.CustomerID(id), nil
	}
	var key []string
	if err := json.Unmarshal(t.row.User, &key); err != nil || len(key) != 1 {
		t.reason = fmt.Sprintf("its user is named by %s, which is no e-mail address", t.row.User)
		return core.CustomerID{}, nil
	}
	c, err := t.cfg.Store.GetByEmail(ctx, key[0])
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return c.ID, err
}

// ends is when the token can no longer be accepted, by its own word, which nobody has checked, or else by that of the
// list; ok is false if neither says so. refreshExp is SLIDING_TOKEN_REFRESH_EXP_CLAIM: a list has a sliding token as it
// was first issued, and until that time it gets later ends, the last of them a lifetime later.
func (k *ListedToken) ends(refreshExp string) (end time.Time, ok bool) {
	if k.Token == "" {
		if k.ExpiresAt == nil {
			return end, false
		}
		return *k.ExpiresAt, true
	}
	_, rest, _ := strings.Cut(k.Token, ".")
	part, _, _ := strings.Cut(rest, ".")
	b, err := base64.RawURLEncoding.DecodeString(part)
	var claims map[string]json.RawMessage
	if err != nil || json.Unmarshal(b, &claims) != nil {
		return end, false
	}
	at := func(name string) (seconds float64, ok bool) {
		err := json.Unmarshal(claims[name], &seconds)
		return seconds, err == nil
	}
	exp, ok := at("exp")
	if until, sliding := at(refreshExp); sliding {
		issued, _ := at("iat")
		exp = max(exp, until) + max(exp-issued, 0)
	}
	return time.Unix(int64(max(0, min(exp, core.LastUntil))), 0), ok
}
