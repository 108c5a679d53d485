package explain_test

import (
	"context"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/explain"
	"github.com/edgetoken/edgetoken/store"
)

// TestKeyLife: who looks after the node is told where the key of a token is in its life.
func TestKeyLife(t *testing.T) {
	keys := oneKey{testKey(t)}
	settings := core.DefaultSettings()
	token := signed(t, keys, `{"token_type":"refresh","exp":1800000000,"iat":1767322000,"jti":"a","user_id":"7"}`)
	at := now.Unix()
	ours := func(change func(*core.KeyInfo)) []core.KeyInfo {
		list := []core.KeyInfo{{Algorithm: "HS256", ID: "ours", Default: true}, {Algorithm: "HS256", ID: "other"}}
		change(&list[0])
		return list
	}
	signing := func(turns ...int64) (list []core.SigningKey) { // of this key and of the other in turns
		for i, from := range turns {
			list = append(list, core.SigningKey{Key: i % 2, From: from})
		}
		return list
	}
	for _, c := range []struct {
		name    string
		change  func(*core.KeyInfo)
		signing []core.SigningKey
		want    string
	}{
		{"configured", func(k *core.KeyInfo) { k.ID = "" }, signing(0), "HS256, the configured SIGNING_KEY"},
		{"configured to verify", func(k *core.KeyInfo) { k.ID = "" }, nil, "HS256, the configured VERIFYING_KEY"},
		{"imported", func(*core.KeyInfo) {}, nil, "HS256, kid ours; published"},
		{"a SECRET_KEY", func(k *core.KeyInfo) { k.RefreshOnly, k.NotAfter = true, at+60 }, nil,
			"HS256, kid ours, for refresh tokens alone, until 2026-01-02 03:05:05 UTC; published"},
		{"to sign", func(*core.KeyInfo) {}, []core.SigningKey{{Key: 1}, {Key: 0, From: at + 60}},
			"HS256, kid ours; published, signs from 2026-01-02 03:05:05 UTC"},
		{"to sign again", func(*core.KeyInfo) {}, signing(at-120, at-60, at+60),
			"HS256, kid ours; published, signs from 2026-01-02 03:05:05 UTC"},
		{"signing since ever", func(*core.KeyInfo) {}, signing(0), "HS256, kid ours"},
		{"signing", func(*core.KeyInfo) {}, signing(at - 60), "HS256, kid ours; signing since 2026-01-02 03:03:05 UTC"},
		{"signing, with a successor", func(k *core.KeyInfo) { k.Longest = 60 }, signing(at-60, at+60, at+120),
			"HS256, kid ours; signing since 2026-01-02 03:03:05 UTC until 2026-01-02 03:05:05 UTC"},
		{"signing since ever, with a successor", func(*core.KeyInfo) {}, signing(0, at+60),
			"HS256, kid ours; signing until 2026-01-02 03:05:05 UTC"},
		{"verifying", func(k *core.KeyInfo) { k.Longest = 60 }, signing(at-120, at-60),
			"HS256, kid ours, until 2026-01-02 03:05:05 UTC; verifying, signed from 2026-01-02 03:02:05 UTC to " +
				"2026-01-02 03:03:05 UTC"},
		{"signed since ever", func(*core.KeyInfo) {}, signing(0, at-60),
			"HS256, kid ours; verifying, signed until 2026-01-02 03:03:05 UTC"},
		{"gone", func(k *core.KeyInfo) { k.NotAfter = at }, signing(at-60, at+60),
			"HS256, kid ours, until 2026-01-02 03:04:05 UTC; gone, signed from 2026-01-02 03:03:05 UTC to " +
				"2026-01-02 03:04:05 UTC"},
	} {
		set := core.KeySet{Signing: c.signing, Keys: ours(c.change)}
		for _, shown := range []explain.Config{{}, {Public: true, Keys: true}, {Public: true}} {
			shown.Engine, shown.Settings, shown.Now = core.NewNative(settings, withSet{keys, set}), &settings, now
			shown.Load = func(context.Context, core.Opened, time.Time) (core.State, store.Customer, error) {
				state := core.State{Customer: core.Customer{ID: core.Integer(7), Active: true}}
				return state, store.Customer{ID: core.Integer(7), IsActive: true}, nil
			}
			j, err := explain.Token(t.Context(), shown, token, "verify")
			if err != nil {
				t.Fatal(err)
			}
			want := c.want
			if shown.Public && !shown.Keys {
				want = ""
			}
			if got := step(j, "key").Detail; got != want {
				t.Errorf("%s: %q, want %q", c.name, got, want)
			}
		}
	}
}
