package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"sync"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/keyring"
)

const audience, issuer = "shop", "https://auth.example"

// verifySettings check what peers check too: exp, iat, iss and aud; core checks id and type besides, and the strict
// form of every claim.
func verifySettings(named bool) core.Settings {
	s := core.DefaultSettings()
	if named {
		iss := issuer
		s.Audience, s.Issuer = []string{audience}, &iss
	}
	return s
}

// sandbox is the module in wazero, which does its part of all that follows.
func sandbox(s core.Settings, keys core.Keys, instances int) *engine.Engine {
	e, err := engine.New(context.Background(), engine.Config{Settings: s, Keys: keys, MaxInstances: instances})
	check(err)
	return e
}

func secretKeys() *keyring.Ring {
	r, err := keyring.FromSettings("HS256", []byte(coretest.Secret), nil, false)
	check(err)
	return r
}

// verifier verifies the tokens in turn, claims returned.
func verifier(e core.Engine, s core.Settings, tokens []string) work {
	ctx, list := context.Background(), bytesOf(tokens)
	rooms := sync.Pool{New: func() any { return new(core.Opened) }}
	return func(i int) {
		o := rooms.Get().(*core.Opened)
		err := e.Open(ctx, list[i%len(list)], o)
		if err != nil || len(o.Claims) == 0 || core.Valid(&s, o, core.AccessToken, time.Now()) != cause.OK {
			panic(fmt.Sprint("verify: ", o.Cause, err))
		}
		rooms.Put(o)
	}
}

func bytesOf(texts []string) [][]byte {
	list := make([][]byte, len(texts))
	for i, t := range texts {
		list[i] = []byte(t)
	}
	return list
}

// verifyRows are HS256 through the sandbox: the guest reads and checks, the host computes the HMAC.
func verifyRows() (rows []row) {
	for i, size := range sizes() {
		named := i > 0
		s := verifySettings(named)
		e := sandbox(s, secretKeys(), 0)
		ours := verifier(e, s, size.tokens)
		for _, p := range peers() {
			theirs, budget := p.verify(size.tokens, named), p.short
			if i > 1 {
				budget = p.long
			}
			for _, goroutines := range []int{1, 2} {
				if goroutines > 1 && budget == 0 {
					continue
				}
				r := row{Name: fmt.Sprintf("verify HS256, %s, %d goroutines", size.name, goroutines), Peer: p.name,
					Unit: "us", Budget: budget, Allocations: allocations(ours)}
				r.Ours, r.Theirs, r.Ratio = contest(goroutines, ours, theirs)
				rows = append(rows, r.judged())
			}
		}
		check(e.Close(context.Background()))
	}
	return rows
}

// signatureRows are other algorithms through the sandbox: without their signatures beside golang-jwt's whole HS256, and
// whole beside golang-jwt with the same key.
func signatureRows() (rows []row) {
	secret := golang().verify(sizes()[0].tokens, false)
	for _, algorithm := range []string{"ES256", "EdDSA", "RS256"} {
		keys, err := keyring.Generate(algorithm, nil)
		check(err)
		s := verifySettings(false)
		native := core.NewNative(s, keys)
		var tokens []string
		for i := range inTurn {
			tokens = append(tokens, issued(native, int64(i), time.Now())[1])
		}
		public, err := x509.ParsePKIXPublicKey(keys.Members()[0].Key.Public())
		check(err)
		for _, stubbed := range []bool{true, false} {
			r := row{Name: fmt.Sprintf("verify %s, its signature not checked", algorithm),
				Peer: golangJWT + " HS256, whole", Unit: "us", Budget: 0.5}
			var k core.Keys = unchecked{keys}
			theirs := secret
			if !stubbed {
				k, theirs = keys, golangVerify(algorithm, public, mapped)(tokens, false)
				r.Name, r.Peer = fmt.Sprintf("verify %s, whole", algorithm), golangJWT+", the same key"
				r.Budget = wholeBudgets[algorithm]
			}
			e := sandbox(s, k, 0)
			ours := verifier(e, s, tokens)
			r.Allocations = allocations(ours)
			r.Ours, r.Theirs, r.Ratio = contest(1, ours, theirs)
			rows = append(rows, r.judged())
			check(e.Close(context.Background()))
		}
	}
	return rows
}

// wholeBudgets are for the algorithms whose signatures cost less here than elsewhere: those with host/es256.
var wholeBudgets = map[string]float64{"ES256": 0.6}

// unchecked are keys whose checks find every signature good.
type unchecked struct{ core.Keys }

func (unchecked) Check(context.Context, int, []byte, []byte) (bool, error) { return true, nil }
