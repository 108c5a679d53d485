package client_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/client"
)

// unsigned is a token with these claims.
func unsigned(claims string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".x"
}

// TestAttackExpiry: whatever a new token says of its times, a request asks for one more at most.
func TestAttackExpiry(t *testing.T) {
	for _, at := range []string{"-1", "0", "0.5", "1e308", "1e999", "-1e308", `"9"`, "null", "[]", "253402300800",
		"9223372036854775807"} {
		inBubble(t, nil, func(w *world) {
			c := w.client(client.Config{})
			w.must(c.Login(w.Context(), "ana@example.com", "right"))
			fresh := unsigned(`{"exp":` + at + `,"iat":` + at + `}`)
			w.answer("/auth/token/refresh/", func(out http.ResponseWriter, _ *http.Request) {
				fmt.Fprintf(out, `{"access":%q,"__proto__":{"refresh":"x"}}`, fresh)
			})
			time.Sleep(time.Hour)
			for i := range 3 {
				got, err := c.Token(w.Context())
				if asked := w.count("/auth/token/refresh/"); got != fresh || err != nil || asked > i+1 {
					t.Errorf("%s: Token = %q, %v; it has asked %d times", at, got, err, asked)
				}
			}
		})
	}
}

// TestAttackAnswers: an answer to a refresh that is none neither ends the session, nor takes long, nor fills the
// memory, nor gets into an error. The next good answer ends the trouble.
func TestAttackAnswers(t *testing.T) {
	say := func(status int, text string, header ...string) http.HandlerFunc {
		return func(out http.ResponseWriter, _ *http.Request) {
			for _, line := range header {
				name, value, _ := strings.Cut(line, ": ")
				out.Header().Set(name, value)
			}
			out.WriteHeader(status)
			_, _ = io.WriteString(out, text)
		}
	}
	block := bytes.Repeat([]byte("["), 1<<16)
	for name, answer := range map[string]http.HandlerFunc{
		"no JSON":              say(200, "<html>secret"),
		"nothing":              say(200, ""),
		"a number as a token":  say(200, `{"access":5,"refresh":"secret"}`),
		"an object as a token": say(200, `{"access":{"secret":1}}`),
		"an empty token":       say(200, `{"access":"","refresh":"secret"}`),
		"a list":               say(200, `["secret"]`),
		"null":                 say(200, "null"),
		"deep":                 say(200, strings.Repeat(`{"access":`, 1<<16)),
		"elsewhere":            say(307, `{"access":"secret"}`, "Location: https://evil.example/"),
		"at home elsewhere":    say(308, `{"access":"secret"}`, "Location: /auth/logout/all/"),
		"an endless wait":      say(503, "", "Retry-After: 1000000000"),
		"a negative wait":      say(503, "", "Retry-After: -1"),
		"a wait by date":       say(503, "", "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT"),
		"a wait beyond all":    say(429, "", "Retry-After: 99999999999999999999"),
		"a refusal of nobody":  say(401, `{"detail":""}`),
		"endless": func(out http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := out.Write(block); err != nil {
					return
				}
			}
		},
		"silent": func(_ http.ResponseWriter, in *http.Request) {
			_, _ = io.Copy(io.Discard, in.Body)
			<-in.Context().Done()
		},
	} {
		inBubble(t, nil, func(w *world) {
			p := w.person(client.Config{})
			p.login()
			time.Sleep(time.Hour)
			w.answer("/auth/token/refresh/", answer)
			began := time.Now()
			got, err := p.Token(w.Context())
			if err == nil || strings.Contains(err.Error(), "secret") || time.Since(began) > 9*time.Second {
				t.Errorf("%s: Token = %q, %v after %v", name, got, err, time.Since(began))
			}
			if asked := w.count("/auth/logout/all/"); asked != 0 {
				t.Errorf("%s: it was led to %d requests", name, asked)
			}
			w.answer("/auth/token/refresh/", nil)
			time.Sleep(time.Hour + 2*time.Second) // the longest wait that a server can ask for
			if status := p.me(); status != http.StatusOK {
				t.Errorf("%s: then the session is over: %d", name, status)
			}
			p.wantTold()
		})
	}
}
