// golang-jwt, which takes PEM.
package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/golang-jwt/jwt/v5"
)

type task struct {
	Do, Alg, Kid, Token, Secret, Public, Private string
	Claims                                       jwt.MapClaims
}

// answer is {"yes": value}, or {"no": the library's error}.
type answer struct {
	Yes string `json:"yes,omitempty"`
	No  string `json:"no,omitempty"`
}

func main() {
	var doc struct{ Tasks []task }
	if err := json.NewDecoder(os.Stdin).Decode(&doc); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	functions := map[string]func(task) (string, error){"verify": verify, "sign": sign}
	answers := make([]answer, len(doc.Tasks))
	for i, t := range doc.Tasks {
		yes, err := functions[t.Do](t)
		if err != nil {
			answers[i].No = err.Error()
			continue
		}
		answers[i].Yes = yes
	}
	json.NewEncoder(os.Stdout).Encode(answers)
}

func verify(t task) (string, error) {
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(t.Token, claims, func(*jwt.Token) (any, error) { return key(t, t.Public, public) },
		jwt.WithValidMethods([]string{t.Alg}), jwt.WithExpirationRequired())
	if err != nil {
		return "", err
	}
	return fmt.Sprint(claims["user_id"]), nil
}

func sign(t task) (string, error) {
	method := jwt.GetSigningMethod(t.Alg)
	if method == nil {
		return "", errors.New("GetSigningMethod: nil")
	}
	k, err := key(t, t.Private, private)
	if err != nil {
		return "", err
	}
	token := jwt.NewWithClaims(method, t.Claims)
	token.Header["kid"] = t.Kid
	return token.SignedString(k)
}

// parsers read PEM for the algorithms that begin with a text.
type parsers map[string]func([]byte) (any, error)

func key(t task, pem string, by parsers) (any, error) {
	if t.Secret != "" {
		return base64.RawURLEncoding.DecodeString(t.Secret)
	}
	return by[t.Alg[:2]]([]byte(pem))
}

func parser[K any](parse func([]byte) (K, error)) func([]byte) (any, error) {
	return func(pem []byte) (any, error) { return parse(pem) }
}

var (
	public = parsers{"RS": parser(jwt.ParseRSAPublicKeyFromPEM), "PS": parser(jwt.ParseRSAPublicKeyFromPEM),
		"ES": parser(jwt.ParseECPublicKeyFromPEM), "Ed": parser(jwt.ParseEdPublicKeyFromPEM)}
	private = parsers{"RS": parser(jwt.ParseRSAPrivateKeyFromPEM), "PS": parser(jwt.ParseRSAPrivateKeyFromPEM),
		"ES": parser(jwt.ParseECPrivateKeyFromPEM), "Ed": parser(jwt.ParseEdPrivateKeyFromPEM)}
)
