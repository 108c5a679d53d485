package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const maxAnswer = 1 << 20 // bytes

// answerBody has what a client reads of the answers of the token views.
type answerBody struct {
	Access  string `json:"access"`
	Refresh string `json:"refresh"`
	Detail  string `json:"detail"`
}

func (c *Client) askLogin(ctx context.Context, name, password string) (Tokens, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Patience)
	defer cancel()
	var wait backoff
	for {
		// Hashing takes its time, so one attempt may take all there is.
		a, err := c.post(ctx, c.cfg.Patience, c.cfg.Paths.Login, "",
			map[string]string{c.cfg.LoginField: name, "password": password})
		switch {
		case temporary(err):
			if err := wait.after(ctx, err); err != nil {
				return Tokens{}, err
			}
			continue
		case err != nil:
			return Tokens{}, err
		case a.Access == "" || a.Refresh == "":
			return Tokens{}, fmt.Errorf("%s answers without tokens; check Server and Paths", c.cfg.Paths.Login)
		}
		return Tokens{Access: a.Access, Refresh: a.Refresh}, nil
	}
}

// askRefresh returns what is to be kept in place of held: a new access token, and a new refresh token if tokens rotate.
func (c *Client) askRefresh(ctx context.Context, held Tokens) (Tokens, error) {
	a, err := c.post(ctx, c.cfg.Attempt, c.cfg.Paths.Refresh, "", map[string]string{"refresh": held.Refresh})
	switch {
	case err != nil:
		return Tokens{}, err
	case a.Access == "":
		return Tokens{}, fmt.Errorf("%s answers without a token; check Server and Paths", c.cfg.Paths.Refresh)
	}
	next := Tokens{Access: a.Access, Refresh: held.Refresh}
	if a.Refresh != "" {
		next.Refresh = a.Refresh
	}
	return next, nil
}

func (c *Client) askBlacklist(ctx context.Context, held Tokens) error {
	_, err := c.post(ctx, c.cfg.Attempt, c.cfg.Paths.Blacklist, "", map[string]string{"refresh": held.Refresh})
	return err
}

func (c *Client) askLogoutAll(ctx context.Context, held Tokens) error {
	_, err := c.post(ctx, c.cfg.Attempt, c.cfg.Paths.LogoutAll, held.Access, struct{}{})
	return err
}

// post asks a token view once. It follows no redirect: what it sends is for the server alone.
func (c *Client) post(ctx context.Context, within time.Duration, path, access string, body any) (answerBody, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return answerBody{}, err
	}
	attempt, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	address := strings.TrimSuffix(c.server.String(), "/") + path
	request, err := http.NewRequestWithContext(attempt, http.MethodPost, address, bytes.NewReader(text))
	if err != nil {
		return answerBody{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	if access != "" {
		request.Header.Set("Authorization", c.authorization(access))
	}
	answer, err := c.send(request)
	if err != nil {
		return answerBody{}, &Unavailable{Err: err}
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return answerBody{}, &Unavailable{Err: err}
	}
	var a answerBody
	malformed := json.Unmarshal(got, &a) != nil // its error may quote a token
	switch {
	case answer.StatusCode != http.StatusOK:
		return answerBody{}, failed(answer, a.Detail, got)
	case malformed:
		return answerBody{}, fmt.Errorf("%s does not answer with JSON; check Server and Paths", path)
	}
	return a, nil
}
