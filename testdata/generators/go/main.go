// The client that oapi-codegen makes, used against a node whose URL is the argument.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"example.com/generators/edgetoken"
)

func main() {
	if err := use(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func use(ctx context.Context, node string) error {
	client, err := edgetoken.NewClientWithResponses(node)
	if err != nil {
		return err
	}
	wrong, err := client.PostAuthTokenWithResponse(ctx, edgetoken.LoginRequest{Email: "ana@example.com",
		Password: "wrong"})
	if err != nil {
		return err
	}
	if wrong.JSON401 == nil || wrong.JSON401.Detail != "No active account found with the given credentials" {
		return fmt.Errorf("wrong password: %s", wrong.Body)
	}
	blank, err := client.PostAuthTokenWithResponse(ctx, edgetoken.LoginRequest{})
	if err != nil {
		return err
	}
	if f := blank.JSON400; f == nil || f.Email == nil || f.Password == nil || !strings.Contains((*f.Password)[0],
		"blank") {
		return fmt.Errorf("blank fields: %s", blank.Body)
	}
	login, err := client.PostAuthTokenWithResponse(ctx, edgetoken.LoginRequest{Email: "ana@example.com",
		Password: "correct horse 1"})
	if err != nil {
		return err
	}
	if p := login.JSON200; p == nil || p.Customer != 9007199254740993 || p.Groups == nil || p.Plan != "pro" {
		return fmt.Errorf("log-in: %s", login.Body)
	}
	refreshed, err := client.PostAuthTokenRefreshWithResponse(ctx,
		edgetoken.RefreshRequest{Refresh: login.JSON200.Refresh})
	if err != nil {
		return err
	}
	if refreshed.JSON200 == nil {
		return fmt.Errorf("refresh: %s", refreshed.Body)
	}
	access := refreshed.JSON200.Access
	verified, err := client.PostAuthTokenVerifyWithResponse(ctx, edgetoken.VerifyRequest{Token: access})
	if err != nil {
		return err
	}
	if verified.JSON200 == nil {
		return fmt.Errorf("verify: %s", verified.Body)
	}
	bearer := func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+access)
		return nil
	}
	me, err := client.GetCustomersMeWithResponse(ctx, bearer)
	if err != nil {
		return err
	}
	if c := me.JSON200; c == nil || c.Id != 9007199254740993 || c.FirstName != "Ana" || c.DateJoined.IsZero() ||
		c.LastLogin == nil {
		return fmt.Errorf("me: %s", me.Body)
	}
	all, err := client.GetCustomersWithResponse(ctx, bearer)
	if err != nil {
		return err
	}
	if all.JSON200 == nil || len(*all.JSON200) != 2 || (*all.JSON200)[1].LastLogin != nil {
		return fmt.Errorf("customers: %s", all.Body)
	}
	if _, err := client.PostAuthTokenBlacklistWithResponse(ctx,
		edgetoken.BlacklistRequest{Refresh: login.JSON200.Refresh}); err != nil {
		return err
	}
	ended, err := client.PostAuthTokenRefreshWithResponse(ctx, edgetoken.RefreshRequest{Refresh: login.JSON200.Refresh})
	if err != nil {
		return err
	}
	if r := ended.JSON401; r == nil || r.Code == nil || *r.Code != "token_not_valid" {
		return fmt.Errorf("a blacklisted token: %s", ended.Body)
	}
	refused, err := client.GetCustomersMeWithResponse(ctx, bearer)
	if err != nil {
		return err
	}
	if r := refused.JSON401; r == nil || r.Messages == nil || (*r.Messages)[0].TokenType != "access" {
		return errors.New("an access token of an ended log-in: " + string(refused.Body))
	}
	return nil
}
