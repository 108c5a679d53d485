package browser

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/node"
)

// AccessToken is the access token in its cookie.
func (v *Visit) AccessToken() (token string, sent bool) {
	if !v.rules.Tokens.On {
		return "", false
	}
	return v.Token(v.rules.Tokens.Access.Name)
}

// Token is the token in a cookie. Of two cookies with its name none counts: the token is "", which is invalid.
func (v *Visit) Token(name string) (token string, sent bool) {
	token, sent = v.Cookie(name)
	if header, _ := django.HeaderValue(v.header, "Cookie"); sent && django.CountCookies(header, name) > 1 {
		token, v.Twice = "", true
	}
	return token, sent
}

// KeepTokens puts tokens into their cookies. A sliding token takes that of the access token, and the refresh token of
// an earlier log-in goes.
func (v *Visit) KeepTokens(tokens []core.Token, settings *core.Settings) error {
	t := &v.rules.Tokens
	for _, token := range tokens {
		cookie, age := t.Access, settings.AccessTokenLifetime
		switch token.Type {
		case core.RefreshToken:
			cookie, age = t.Refresh, settings.RefreshTokenLifetime
		case core.SlidingToken:
			age = settings.SlidingTokenLifetime
			v.set = append(v.set, t.Refresh.hidden("", 0))
		}
		if len(cookie.Name)+len(token.Value) > maxCookie {
			return fmt.Errorf("%s token of %d bytes fits into no cookie: configure fewer claims, or no cookies",
				token.Type, len(token.Value))
		}
		// A token can end before its lifetime: with its session, or because it was issued a while ago.
		if left := expires(token.Value).Sub(v.rules.Now()); left < age-time.Second {
			age = left
		}
		v.set = append(v.set, cookie.hidden(token.Value, max(age, time.Second)))
	}
	return nil
}

// expires is the exp of a token of ours.
func expires(token string) time.Time {
	var claims struct {
		Exp int64 `json:"exp"`
	}
	_, rest, _ := strings.Cut(token, ".")
	payload, _, _ := strings.Cut(rest, ".")
	if text, err := base64.RawURLEncoding.DecodeString(payload); err == nil {
		_ = json.Unmarshal(text, &claims) // our own
	}
	return time.Unix(claims.Exp, 0)
}

// DropTokens deletes both cookies.
func (v *Visit) DropTokens() {
	t := &v.rules.Tokens
	v.set = append(v.set, t.Access.hidden("", 0), t.Refresh.hidden("", 0))
}

// EndTokens logs the tokens of a browser out by a page, if tokens are kept in cookies. Browsers don't send the
// refresh token to pages, so the log-in ends that the access token descends from. Where that token is gone, the
// refresh token is good until it expires, for whoever has kept it.
func (v *Visit) EndTokens(ctx context.Context, n *node.Node) error {
	if !v.rules.Tokens.On {
		return nil
	}
	if token, sent := v.AccessToken(); sent {
		if err := n.EndLogin(ctx, token); err != nil {
			return err
		}
	}
	v.DropTokens()
	return nil
}

// IsForeign reports whether a refresh token from a cookie came beside the access token of another customer, or beside
// two access tokens.
func (v *Visit) IsForeign(ctx context.Context, n *node.Node, refresh string) (bool, error) {
	access, sent := v.AccessToken()
	if !sent {
		return false, nil
	}
	foreign, err := n.OfOthers(ctx, refresh, access)
	return foreign || v.Twice, err
}
