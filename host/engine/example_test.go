package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/engine/enginetest"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/tetratelabs/wazero"
)

// module is built by the test. A program leaves Config.Module out and gets the embedded module.
var module = enginetest.MustModule()

func ExampleNew() {
	// A program that runs other guests in its own wazero.Runtime verifies tokens in the same runtime.
	ctx := context.Background()
	// Without a cache each start compiles the module, which takes a second or more. The program runs the code in the
	// cache, so nobody else must be able to write to its directory.
	cache, err := wazero.NewCompilationCacheWithDir(compiledDir())
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close(ctx)
	runtime := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCompilationCache(cache))
	defer runtime.Close(ctx)

	keys, err := keyring.FromSettings("HS256", []byte("the SIGNING_KEY of the shop, at least 32 bytes"), nil, false)
	if err != nil {
		log.Fatal(err)
	}
	tokens, err := engine.New(ctx, engine.Config{Runtime: runtime, Settings: core.DefaultSettings(), Keys: keys,
		Module: module})
	if err != nil {
		log.Fatal(err)
	}
	defer tokens.Close(ctx)

	token := "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." +
		"eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjo0MTAyNDQ0ODAwLCJqdGkiOiIxIiwidXNlcl9pZCI6IjcifQ." +
		"7p1nggXmDD-5COY4hOsZQyOqY7URBYWAUf-sKqrwd9U"
	opened, err := tokens.Verify(ctx, token, core.AccessToken)
	if err != nil {
		log.Fatal(err)
	}
	customer, _ := opened.Text(opened.Customer)
	expires, _ := opened.Time(opened.ExpiresAt)
	fmt.Printf("customer %s until %s\n%s\n", customer, expires.Format(time.DateOnly), opened.Claims)

	_, err = tokens.Verify(ctx, token[:len(token)-4]+"AAAA", core.AccessToken)
	fmt.Println(err, errors.Is(err, core.TokenNotValid))
	// Output:
	// customer 7 until 2100-01-01
	// {"token_type":"access","exp":4102444800,"jti":"1","user_id":"7"}
	// token_not_valid: Token is invalid true
}

func ExampleEngine_Issue() {
	ctx := context.Background()
	keys, err := keyring.Generate("HS256", nil)
	if err != nil {
		log.Fatal(err)
	}
	tokens, err := engine.New(ctx, engine.Config{Settings: core.DefaultSettings(), Keys: keys, Module: module,
		CacheDir: cacheDir})
	if err != nil {
		log.Fatal(err)
	}
	defer tokens.Close(ctx)

	// The caller has checked the customer's password.
	customer := core.Customer{ID: core.Integer(7), UserID: core.Integer(7), Active: true}
	refresh, access, err := tokens.Issue(ctx, customer, []byte(`{"plan":"pro"}`))
	if err != nil {
		log.Fatal(err)
	}
	opened, err := tokens.Verify(ctx, access, core.AccessToken)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", opened.JSON(opened.Customer))

	// Later, state tells the engine what the caller knows of the customer by then.
	state := func(o core.Opened) (core.State, error) { return core.State{Customer: customer}, nil }
	access, err = tokens.Refresh(ctx, refresh, state)
	fmt.Println(access != "", err)

	customer.Active = false
	_, err = tokens.Refresh(ctx, refresh, state)
	fmt.Println(err)
	// Output:
	// "7"
	// true <nil>
	// no_active_account: No active account found for the given token.
}
