package admin_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// end sends a list of tokens.
func (l *turned) end(dry bool, list ...admin.ListedToken) admin.Listed {
	l.Helper()
	var body bytes.Buffer
	for _, k := range list {
		l.must(json.NewEncoder(&body).Encode(k))
	}
	answer, err := admin.EndTokens.Call(l.Context(), l.client, admin.ListQuery{Dry: dry}, admin.Stream{Reader: &body})
	l.must(err)
	return answer
}

// TestEndTokens: a list of tokens ends those that are in it and no others, once; it tells expired ones and those
// without a key.
func TestEndTokens(t *testing.T) {
	l := newTurned(t, nil)
	other, err := keyring.FromSettings("HS256", []byte(strings.Repeat("o", 32)), nil, false)
	l.must(err)
	now := l.db.Time().Unix()
	day := int64(86400)
	refresh := func(id string, exp int64) string {
		return l.sign(l.ring, `{"token_type":"refresh","exp":%d,"iat":%d,"jti":%q,"user_id":"1"}`, exp, now-60, id)
	}
	slid := `{"token_type":"sliding","exp":%d,"iat":%d,"jti":"slid","user_id":"1","refresh_exp":%d}`
	later := time.Unix(now+90*day, 0)
	out, kept := refresh("out", now+day), refresh("kept", now+day)
	list := []admin.ListedToken{
		{ID: "out", Token: out},
		{ID: "old", Token: refresh("old", now-1)},
		{ID: "slid", Token: l.sign(l.ring, slid, now-day, now-2*day, now+day)},   // it may have a later exp by now
		{ID: "past", Token: l.sign(l.ring, slid, now-9*day, now-9*day, now-day)}, // it may not
		{ID: "other", Token: l.sign(other, `{"token_type":"refresh","exp":%d,"jti":"other"}`, now+day)},
		{ID: "other", Token: l.sign(other, `{"token_type":"refresh","exp":%d,"jti":"other"}`, now-day)},
		{ID: "noid", Token: l.sign(l.ring, `{"token_type":"refresh","exp":%d}`, now+day)},
		{ID: "nobody", Token: l.sign(l.ring, `{"token_type":"refresh","exp":%d,"jti":"nobody","user_id":"9"}`, now+day)},
		{ID: "idonly", User: []byte("1"), ExpiresAt: &later},
		{ID: "natural", User: []byte(`["ana@example.com"]`)},
		{ID: "unknown", User: []byte(`["bob@example.com"]`)},
		{ID: "strange", User: []byte(`[1, 2]`)},
	}
	asked := l.end(true, list...)
	if asked.Ended != 0 || len(asked.Before) != 0 || asked.Expired != 3 || len(asked.Refused) != 2 {
		t.Errorf("asked before: %+v", asked)
	}
	answer := l.end(false, list...)
	want := []admin.UnjudgedToken{
		{4, "the signature is not this key's: another key signed, or the token was changed; import the key that " +
			"signed it first (edgetoken keys import)"},
		{6, "it has no id that could be revoked (JTI_CLAIM)"},
		{11, "its user is named by [1,2], which is no e-mail address"},
	}
	if answer.Ended != 6 || len(answer.Before) != 0 || answer.Expired != 3 || !slices.Equal(answer.Refused, want) {
		t.Errorf("first: %+v", answer)
	}
	changes := l.db.Changes()
	again := l.end(false, list...)
	if again.Ended != 0 || !slices.Equal(again.Before, []int{0, 2, 7, 8, 9, 10}) || l.db.Changes() != changes {
		t.Errorf("again: %+v, %d changes", again, l.db.Changes()-changes)
	}
	if !l.refused(out) || l.refused(kept) {
		t.Error("the token of the list is good, or another is not")
	}
	l.ahead = 89 * 24 * time.Hour // longer than tokens live here
	l.must(l.node.Purge(t.Context()))
	if !l.refused(refresh("idonly", now+90*day)) {
		t.Error("a token of which the list had only the id is good again before it expires")
	}
}

// TestEndTokensByID: a list may have a token of ours by its id alone, and name another customer, or one that is not
// here. It ends all the same.
func TestEndTokensByID(t *testing.T) {
	l := newTurned(t, nil)
	now := l.db.Time()
	for i, user := range []string{"1", "2", "77", "null", `["bob@example.com"]`} {
		id := core.FamilyKey{Bits: uint64(i + 1), Start: now.UnixMilli() - 5000}.RefreshTokenID(0)
		token := l.sign(l.ring, `{"token_type":"refresh","exp":%d,"iat":%d,"jti":%q,"user_id":"1"}`, now.Unix()+3600,
			now.Unix()-5, id)
		if l.refused(token) {
			t.Fatalf("user %s: the token is refused before it ends", user)
		}
		list := admin.ListedToken{ID: id, User: []byte(user)}
		if answer := l.end(false, list); answer.Ended != 1 || !l.refused(token) {
			t.Errorf("user %s: %+v, and the token is refused: %v", user, answer, l.refused(token))
		}
		if again := l.end(false, list); len(again.Before) != 1 {
			t.Errorf("user %s, again: %+v", user, again)
		}
	}
}

// TestEndTokensDry: what was only spent, or began before a cut-off, has ended too.
func TestEndTokensDry(t *testing.T) {
	l := newTurned(t, nil)
	now := l.db.Time().Unix()
	refresh := func(id string, iat int64) admin.ListedToken {
		token := l.sign(l.ring, `{"token_type":"refresh","exp":%d,"iat":%d,"jti":%q,"user_id":"1"}`, now+86400, iat, id)
		return admin.ListedToken{ID: id, Token: token}
	}
	spent, before, after := refresh("spent", now), refresh("before", now-60), refresh("after", now+3600)
	if l.refused(spent.Token) {
		t.Fatal("the token cannot be refreshed")
	}
	l.ahead = time.Minute // the window in which the answer may have been lost
	if got := l.end(true, spent, before, after); !slices.Equal(got.Before, []int{0}) {
		t.Errorf("after a rotation: %+v", got)
	}
	l.must(l.db.Revoke(t.Context(), core.Integer(1)))
	l.ahead = 2 * time.Hour
	if got := l.end(true, spent, before, after); !slices.Equal(got.Before, []int{0, 1}) {
		t.Errorf("after a cut-off: %+v", got)
	}
	if got := l.end(false, spent, before, after); got.Ended != 3 {
		t.Errorf("ended: %+v", got)
	}
}

// refreshToken is a refresh token that a node issued.
type refreshToken struct {
	text, id string
	expires  int64
}

func (l *turned) issued(tokens []core.Token) refreshToken {
	l.Helper()
	i := slices.IndexFunc(tokens, func(k core.Token) bool { return k.Type == core.RefreshToken })
	var o core.Opened
	l.must(l.engine.Open(l.Context(), []byte(tokens[i].Value), &o))
	exp, _ := o.Expires()
	return refreshToken{tokens[i].Value, string(o.TokenID.Text(o.Claims)), exp}
}

// logIn begins a log-in without a password.
func (l *turned) logIn() refreshToken {
	l.Helper()
	state, _, err := l.db.Load(l.Context(), store.Query{UserID: core.Integer(1), HasUser: true})
	l.must(err)
	state.PasswordGood = true
	entropy := make([]byte, core.EntropyBytes)
	for i := range entropy {
		entropy[i] = byte(rand.Uint32())
	}
	request := core.Request{Op: core.Login, State: state, Now: l.db.Time(), Entropy: entropy}
	o, err := l.engine.Decide(l.Context(), request)
	l.must(err)
	l.must(l.db.Settle(l.Context(), o.Effects))
	return l.issued(o.Tokens)
}

// ended are the ids that ListEnded says, page by page.
func (l *turned) ended() (ids map[string]admin.EndedFamily, lacks admin.Unlisted) {
	l.Helper()
	ids = map[string]admin.EndedFamily{}
	for query := (admin.PageQuery{Limit: 3}); ; {
		page, err := admin.ListEnded.Call(l.Context(), l.client, query, admin.None{})
		l.must(err)
		for _, f := range page.Families {
			name := core.FamilyKey{Bits: f.Family, Start: f.Start}
			for g := f.First; g <= f.Last; g++ {
				ids[name.RefreshTokenID(g)] = f
			}
		}
		lacks.Add(page.Unlisted)
		if query.After = page.Next; page.Next == "" {
			return ids, lacks
		}
	}
}

// TestListEnded: of all refresh tokens that a node ever issued, and that have not expired, those are listed that it
// refuses, and no others.
func TestListEnded(t *testing.T) {
	l := newTurned(t, nil)
	var all []refreshToken
	listed, good := 0, 0
	r := rand.New(rand.NewPCG(7, 8))
	for step := range 400 {
		switch n := r.IntN(12); {
		case n < 3 || len(all) == 0:
			all = append(all, l.logIn())
		case n < 10:
			i := len(all) - 1 - r.IntN(min(len(all), 8))
			got, err := l.node.Refresh(t.Context(), all[i].text)
			l.must(err)
			if !got.Refused() {
				all = append(all, l.issued(got.Tokens))
			}
		case n < 11:
			_, err := l.node.Blacklist(t.Context(), all[r.IntN(len(all))].text)
			l.must(err)
		}
		l.ahead += time.Duration(r.IntN(30)) * time.Minute
		if step%50 > 0 {
			continue
		}
		l.must(l.node.Purge(t.Context()))
		ids, lacks := l.ended()
		if lacks != (admin.Unlisted{}) {
			t.Fatalf("step %d: %+v is said to be in no list", step, lacks)
		}
		for _, k := range all {
			var o core.Opened
			l.must(l.engine.Open(t.Context(), []byte(k.text), &o))
			state, _, err := node.Load(t.Context(), l.db, store.FieldID, o, l.db.Time())
			l.must(err)
			ended := core.Ended(&l.settings, core.Request{Op: core.Revoke, Opened: o, State: state, Now: l.db.Time()})
			if f, ok := ids[k.id]; k.expires > l.db.Time().Unix() && ok != ended {
				t.Fatalf("step %d: %s has ended: %v, and is in the list: %v", step, k.id, ended, ok)
			} else if ok && f.ExpiresLast.Unix() < k.expires {
				t.Fatalf("step %d: %s expires after %v", step, k.id, f.ExpiresLast)
			} else if ok {
				listed++
			} else if !ended {
				good++
			}
		}
	}
	if listed < 100 || good < 20 {
		t.Errorf("%d were listed and %d good: too few to mean anything", listed, good)
	}
}

// TestListEndedLacks: what cannot be listed is counted.
func TestListEndedLacks(t *testing.T) {
	l := newTurned(t, func(s *core.Settings) {
		s.AccessTokenLifetime, s.RefreshTokenLifetime = time.Hour, 2*time.Hour
		s.SlidingTokenRefreshLifetime = time.Hour
		s.AuthTokenClasses = append(s.AuthTokenClasses, core.SlidingToken)
	})
	k := l.logIn()
	first := k.id
	for range 20 {
		l.ahead += time.Hour
		got, err := l.node.Refresh(t.Context(), k.text)
		l.must(err)
		k = l.issued(got.Tokens)
	}
	foreign := l.sign(l.ring, `{"token_type":"refresh","exp":%d,"iat":%d,"jti":"x","user_id":"1"}`,
		l.db.Time().Unix()+86400, l.db.Time().Unix())
	given, err := l.node.Refresh(t.Context(), foreign)
	l.must(err)
	next := l.issued(given.Tokens)
	_, err = l.node.Blacklist(t.Context(), next.text)
	l.must(err)
	_, err = admin.Revoke.Call(t.Context(), l.client, admin.None{},
		admin.RevokeRequest{Family: "0123456789ab", Customer: "1"})
	l.must(err)
	l.must(l.db.Revoke(t.Context(), core.Integer(1)))
	ids, lacks := l.ended()
	if lacks.Until == nil {
		t.Fatal("the cut-off has no end")
	}
	if until := lacks.Until.Sub(l.db.Time()); until < 24*time.Hour-time.Second || until > 26*time.Hour {
		t.Errorf("what the cut-off ended expires in %v, and a token of Django lives a day", until)
	}
	lacks.Until = nil
	if want := (admin.Unlisted{Foreign: 1, Unnamed: 1, Long: 1, Sliding: true, CutOffs: 1}); lacks != want {
		t.Errorf("%+v, want %+v", lacks, want)
	}
	if _, ok := ids[first]; ok || len(ids) != 4+1 {
		t.Errorf("%d listed, the first of them: %v", len(ids), ok)
	}
	if _, ok := ids[next.id]; !ok {
		t.Error("what came of a foreign token is not listed")
	}
}
