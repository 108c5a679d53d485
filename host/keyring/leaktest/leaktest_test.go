package leaktest_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keyring/leaktest"
)

// TestIn: keys of every algorithm are found in every form, between other bytes, and nothing is found where they are
// not.
func TestIn(t *testing.T) {
	for _, algorithm := range jws.Algorithms() {
		k, err := keyring.GenerateKey(algorithm, nil)
		if err != nil {
			t.Fatal(err)
		}
		other, err := keyring.GenerateKey(algorithm, nil)
		if err != nil {
			t.Fatal(err)
		}
		search, err := leaktest.New(k)
		if err != nil {
			t.Fatal(err)
		}
		private, _ := k.MarshalPrivate()
		stranger, _ := other.MarshalPrivate()
		for form, write := range map[string]func([]byte) string{
			"bytes":     func(b []byte) string { return string(b) },
			"hex":       hex.EncodeToString,
			"HEX":       func(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) },
			"base64":    base64.StdEncoding.EncodeToString,
			"base64url": base64.RawURLEncoding.EncodeToString,
			"list":      func(b []byte) string { return fmt.Sprint(b) },
			"PEM": func(b []byte) string {
				text, lines := base64.StdEncoding.EncodeToString(b), ""
				for ; len(text) > 64; text = text[64:] {
					lines += text[:64] + "\n"
				}
				return lines + text
			},
		} {
			for _, before := range []string{"", "x", "xy"} {
				if found := search.In([]byte("…" + write([]byte(before+string(private))) + "…")); len(found) == 0 {
					t.Errorf("%s: nothing is found in %s", k, form)
				}
				if found := search.In([]byte(write(append(k.Public(), stranger...)))); len(found) != 0 {
					t.Errorf("%s: %v is found in what it is not in", k, found)
				}
			}
		}
		if k.Symmetric() {
			text := new(big.Int).SetBytes(private).String()
			if found := search.In([]byte("secret=" + text)); len(found) == 0 {
				t.Errorf("%s: nothing is found in decimal", k)
			}
		}
	}
}
