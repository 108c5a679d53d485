package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	cristalhq "github.com/cristalhq/jwt/v5"
	jose "github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	"github.com/golang-jwt/jwt/v5"
	"github.com/lestrrat-go/jwx/v2/jwa"
	jwxjwt "github.com/lestrrat-go/jwx/v2/jwt"
	pascaldekloe "github.com/pascaldekloe/jwt"

	"github.com/edgetoken/edgetoken/core/coretest"
)

const golangJWT = "golang-jwt v5"

// peer verifies HS256 natively: a library signature, exp, iat and where named iss and aud, claims returned.
type peer struct {
	name   string
	short  float64 // the budget of ours against it for tokens of up to 309 bytes; 0: none
	long   float64 // the same for longer ones
	verify func(tokens []string, named bool) work
}

// golang is golang-jwt with its claims as a map, as its documentation begins.
func golang() peer {
	return peer{golangJWT, 0.3, 0.28, golangVerify("HS256", []byte(coretest.Secret), mapped)}
}

func mapped() jwt.Claims { return jwt.MapClaims{} }

// golangVerify verifies with a key as golang-jwt takes one for an algorithm.
func golangVerify(algorithm string, with any, claims func() jwt.Claims) func([]string, bool) work {
	return func(tokens []string, named bool) work {
		options := []jwt.ParserOption{jwt.WithValidMethods([]string{algorithm}), jwt.WithExpirationRequired(),
			jwt.WithIssuedAt()}
		if named {
			options = append(options, jwt.WithAudience(audience), jwt.WithIssuer(issuer))
		}
		key := func(*jwt.Token) (any, error) { return with, nil }
		parser := jwt.NewParser(options...)
		return func(i int) {
			if _, err := parser.ParseWithClaims(tokens[i%len(tokens)], claims(), key); err != nil {
				panic(err)
			}
		}
	}
}

// peers are called as their documentation does it.
func peers() []peer {
	secret := []byte(coretest.Secret)
	return []peer{
		golang(),
		{golangJWT + ", registered claims alone", 0, 0,
			golangVerify("HS256", secret, func() jwt.Claims { return &jwt.RegisteredClaims{} })},
		{"cristalhq/jwt v5, claims decoded", 0.45, 0.7, func(tokens []string, named bool) work {
			verifier, err := cristalhq.NewVerifierHS(cristalhq.HS256, secret)
			check(err)
			list := bytesOf(tokens)
			return func(i int) {
				token, err := cristalhq.Parse(list[i%len(list)], verifier)
				var claims cristalhq.RegisteredClaims
				if err == nil {
					err = token.DecodeClaims(&claims)
				}
				now := time.Now()
				if err != nil || !claims.IsValidExpiresAt(now) || !claims.IsValidIssuedAt(now) || named &&
					!(claims.IsForAudience(audience) && claims.IsIssuer(issuer)) {
					panic("cristalhq refuses")
				}
			}
		}},
		{"pascaldekloe/jwt", 0, 0, func(tokens []string, named bool) work {
			h, err := pascaldekloe.NewHMAC(pascaldekloe.HS256, secret)
			check(err)
			list := bytesOf(tokens)
			return func(i int) {
				claims, err := h.Check(list[i%len(list)])
				if err != nil || claims.AcceptTemporal(time.Now(), 0) != nil || named &&
					!(claims.AcceptAudience(audience) && claims.Issuer == issuer) {
					panic("pascaldekloe refuses")
				}
			}
		}},
		{"jwx v2", 0, 0, func(tokens []string, named bool) work {
			options := []jwxjwt.ParseOption{jwxjwt.WithKey(jwa.HS256, secret), jwxjwt.WithValidate(true)}
			if named {
				options = append(options, jwxjwt.WithAudience(audience), jwxjwt.WithIssuer(issuer))
			}
			list := bytesOf(tokens)
			return func(i int) {
				if _, err := jwxjwt.Parse(list[i%len(list)], options...); err != nil {
					panic(err)
				}
			}
		}},
		{"go-jose v4", 0, 0, func(tokens []string, named bool) work {
			expected := josejwt.Expected{}
			if named {
				expected = josejwt.Expected{Issuer: issuer, AnyAudience: josejwt.Audience{audience}}
			}
			return func(i int) {
				expected.Time = time.Now()
				token, err := josejwt.ParseSigned(tokens[i%len(tokens)], []jose.SignatureAlgorithm{jose.HS256})
				var claims josejwt.Claims
				if err == nil {
					err = token.Claims(secret, &claims)
				}
				if err == nil {
					err = claims.ValidateWithLeeway(expected, 0)
				}
				if err != nil {
					panic(err)
				}
			}
		}},
		{"bare HMAC, standard library", 0, 0, func(tokens []string, _ bool) work {
			return func(i int) {
				token := tokens[i%len(tokens)]
				dot := strings.LastIndexByte(token, '.')
				mac := hmac.New(sha256.New, secret)
				mac.Write([]byte(token[:dot]))
				if base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) != token[dot+1:] {
					panic("bare HMAC refuses")
				}
			}
		}},
	}
}
