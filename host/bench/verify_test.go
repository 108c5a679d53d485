// Package bench measures the service beside its peers, which stay out of the service's own module.
//
//	cd host/bench && go test -bench . -benchtime 2s
package bench

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/engine/enginetest"
	"github.com/golang-jwt/jwt/v5"
)

// tokens are 512 different access tokens with the claims of simplejwt, 172 bytes and more each.
func tokens() []string {
	list := make([]string, 512)
	for i := range list {
		list[i] = coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256","typ":"JWT"}`,
			fmt.Sprintf(`{"token_type":"access","exp":4102444800,"iat":1577836800,"jti":"%032x","user_id":"%d"}`, i, i))
	}
	return list
}

// BenchmarkVerifyHS256 verifies 512 tokens in turn, claims returned: through the sandbox (the guest parses and judges, the host computes the HMAC),
// inside the self-contained guest, natively, and by golang-jwt.
func BenchmarkVerifyHS256(b *testing.B) {
	list := tokens()
	ctx := context.Background()
	settings := core.DefaultSettings()
	for _, e := range []struct {
		name string
		open opener
	}{
		{"wasm", guest(b, false)}, {"wasm-full", guest(b, true)}, {"native", core.NewNative(settings, coretest.OneKey())},
	} {
		b.Run(e.name, func(b *testing.B) {
			b.ReportAllocs()
			var token []byte
			var o core.Opened
			for i := 0; b.Loop(); i++ {
				token = append(token[:0], list[i%len(list)]...)
				if err := e.open.OpenInto(ctx, token, &o); err != nil || core.Valid(&settings, o, core.AccessToken, time.Now()) != core.OK {
					b.Fatal(o.Cause, err)
				}
			}
		})
	}
	b.Run("golang-jwt", func(b *testing.B) {
		b.ReportAllocs()
		key := func(*jwt.Token) (any, error) { return []byte(coretest.Secret), nil }
		parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired())
		for i := 0; b.Loop(); i++ {
			if _, err := parser.ParseWithClaims(list[i%len(list)], jwt.MapClaims{}, key); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// opener opens one token after the other into one place.
type opener interface {
	OpenInto(ctx context.Context, token []byte, o *core.Opened) error
}

func guest(b *testing.B, selfContained bool) opener {
	e, err := engine.New(context.Background(), engine.Config{
		Settings: core.DefaultSettings(), Keys: coretest.OneKey(), SelfContained: selfContained, Module: enginetest.Module(b, selfContained),
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { e.Close(context.Background()) })
	return e
}
