package main

import (
	"crypto"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/edgetoken/edgetoken/core/coretest"
)

const (
	rounds = 3
	most   = 600 * time.Millisecond // of one round
	// count is how many tokens are new: fewer than are remembered, so that a new policy makes them new again.
	count = 1000
)

// figure is a line of testdata/hosts/README.md.
type figure struct {
	Host      string  `json:"host"`
	What      string  `json:"what"`
	Version   string  `json:"version,omitempty"`
	Alg       string  `json:"alg,omitempty"`
	Case      string  `json:"case,omitempty"`
	CPU       float64 `json:"us_cpu,omitempty"`
	PerSecond int     `json:"per_second,omitempty"`
	ColdStart float64 `json:"cold_start_ms,omitempty"`
	Memory    int     `json:"memory_mb,omitempty"`
}

func figures(host string) error {
	show(figure{Host: host, What: "host", Version: version(host)})
	first := map[string]string{"native": "first", "wazero": "first", "wazero-helped": "helped"}[host]
	if err := start(host, first); err != nil {
		return err
	}
	fresh, err := opener(host)
	if err != nil {
		return err
	}
	for _, alg := range []string{"HS256", "ES256", "EdDSA", "RS256"} {
		if host == "wazero-helped" && alg == "HS256" {
			continue // the guest's
		}
		key := coretest.NewOneOf(alg, 0)
		tokens := make([]string, count)
		for i := range tokens {
			tokens[i] = token(key, i)
		}
		v, closed, err := fresh()
		if err != nil {
			return err
		}
		verify := func(token string) error {
			_, err := v.Verify(token, time.Now().Unix(), false)
			return err
		}
		anew := func() error { return v.Configure(policy(key)) }
		same := make([]string, count)
		for i := range same {
			same[i] = tokens[0]
		}
		parse := native(key)
		for _, m := range []struct {
			name   string
			tokens []string
			verify func(string) error
			anew   func() error
		}{
			{first, tokens, verify, anew}, {"repeated", same, verify, func() error { return nil }},
			{"golang-jwt", tokens, parse, func() error { return nil }},
		} {
			if err := measure(figure{Host: host, What: "verify", Alg: alg, Case: m.name}, m.tokens, m.verify,
				m.anew); err != nil {
				return err
			}
		}
		if err := closed(); err != nil {
			return err
		}
	}
	return nil
}

// measure shows the CPU time of one verification, over all tokens as often as there is time.
func measure(f figure, tokens []string, verify func(string) error, anew func() error) error {
	for round := range rounds + 1 { // the first one warms up
		begun, until, n := cpu(), time.Now().Add(most), 0
		for time.Now().Before(until) {
			if err := anew(); err != nil {
				return err
			}
			for _, token := range tokens {
				if err := verify(token); err != nil {
					return fmt.Errorf("%s, %s, %s: %w", f.Host, f.Alg, f.Case, err)
				}
			}
			n += len(tokens)
		}
		us := float64((cpu() - begun).Nanoseconds()) / 1000 / float64(n)
		f.CPU, f.PerSecond = float64(int(us*100))/100, int(1e6/us)
		if round > 0 {
			show(f)
		}
	}
	return nil
}

// start measures a start: until the first verdict, and the memory after 1,000.
func start(host, name string) error {
	key := coretest.NewOneOf("ES256", 0)
	text := token(key, 0)
	begun := time.Now()
	fresh, err := opener(host)
	if err != nil {
		return err
	}
	v, closed, err := fresh()
	if err != nil {
		return err
	}
	if err := v.Configure(policy(key)); err != nil {
		return err
	}
	cold := time.Duration(0)
	for i := range 1000 {
		if _, err := v.Verify(text, time.Now().Unix(), false); err != nil {
			return err
		}
		if i == 0 {
			cold = time.Since(begun)
		}
	}
	debug.FreeOSMemory()
	f := figure{Host: host, What: "start", Case: name, Memory: resident()}
	f.ColdStart = float64(cold.Microseconds()) / 1000
	show(f)
	return closed()
}

func policy(k coretest.OneOf) string { return `{"jwks":{"keys":[` + k.JWK() + `]}}` }

func token(k coretest.OneOf, i int) string {
	return k.Issue(`{"alg":"`+k.Info.Algorithm+`","typ":"JWT"}`,
		`{"token_type":"access","exp":4102444800,"iat":1577836800,"jti":"`+strconv.Itoa(i)+`","user_id":"7"}`)
}

// native verifies by golang-jwt.
func native(k coretest.OneOf) func(string) error {
	key := k.Raw
	if signer, ok := key.(crypto.Signer); ok {
		key = signer.Public()
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{k.Info.Algorithm}), jwt.WithExpirationRequired())
	return func(token string) error {
		_, err := parser.Parse(token, func(*jwt.Token) (any, error) { return key, nil })
		return err
	}
}

// cpu is the CPU time of the process.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		fail(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// resident is the memory of the process in MB (Linux).
func resident() int {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, _ := strconv.Atoi(strings.Fields(string(b))[1])
	return pages * os.Getpagesize() >> 20
}

// version is the host's name and version.
func version(host string) string {
	name := strings.Replace(runtime.Version(), "go", "Go ", 1)
	info, ok := debug.ReadBuildInfo()
	for i := 0; ok && host != "native" && i < len(info.Deps); i++ {
		if d := info.Deps[i]; d.Path == "github.com/tetratelabs/wazero" {
			return "wazero " + strings.TrimPrefix(d.Version, "v")
		}
	}
	return name
}
