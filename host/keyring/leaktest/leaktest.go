// Package leaktest finds private keys and secrets where they do not belong, in whatever form.
//
// Of each private number it looks for three pieces of 16 bytes, so that a part of a key is found too: as bytes in both
// orders, in hex, in base64 and base64url at any position, and as lists of numbers. It looks for the number in decimal.
package leaktest

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/edgetoken/edgetoken/host/keyring"
)

// piece is how many bytes of a number are looked for at a time.
const piece = 16

// Search looks for the private parts of keys.
type Search struct {
	traces map[uint64][]trace // by their first eight bytes
}

// trace is a text that gives a key away.
type trace struct{ text, what string }

// New makes a search for keys with private parts, or says which has none.
func New(keys ...keyring.Key) (*Search, error) {
	s := &Search{traces: map[uint64][]trace{}}
	for _, k := range keys {
		private, err := k.MarshalPrivate()
		if err != nil {
			return nil, fmt.Errorf("%v: %w", k, err)
		}
		numbers := map[string][]byte{"secret": private}
		if !k.Symmetric() {
			if numbers, err = numbersOf(private); err != nil {
				return nil, fmt.Errorf("%v: %w", k, err)
			}
		}
		for name, number := range numbers {
			s.Add(k.String()+", "+name, number)
		}
	}
	return s, nil
}

// numbersOf are the private numbers of a PKCS#8 key.
func numbersOf(pkcs8 []byte) (map[string][]byte, error) {
	raw, err := x509.ParsePKCS8PrivateKey(pkcs8)
	switch k := raw.(type) {
	case *rsa.PrivateKey:
		return map[string][]byte{"d": k.D.Bytes(), "p": k.Primes[0].Bytes(), "q": k.Primes[1].Bytes(),
			"dp": k.Precomputed.Dp.Bytes(), "dq": k.Precomputed.Dq.Bytes(), "qinv": k.Precomputed.Qinv.Bytes()}, nil
	case *ecdsa.PrivateKey:
		d, err := k.Bytes()
		return map[string][]byte{"d": d}, err
	case ed25519.PrivateKey:
		return map[string][]byte{"seed": k.Seed()}, nil
	}
	return nil, fmt.Errorf("a %T: %w", raw, err)
}

// Add has the search look for a number of at least 16 bytes, too, such as a secret that is no key.
func (s *Search) Add(what string, number []byte) {
	for _, at := range []int{0, (len(number) - piece) / 2, len(number) - piece} {
		part := number[at : at+piece]
		reversed := slices.Clone(part)
		slices.Reverse(reversed)
		list := fmt.Sprint(part)
		list = list[1 : len(list)-1]
		for form, text := range map[string]string{
			"bytes": string(part), "bytes from the last": string(reversed), "hex": hex.EncodeToString(part),
			"upper hex": strings.ToUpper(hex.EncodeToString(part)), "list": list,
			"list with commas": strings.ReplaceAll(list, " ", ","),
		} {
			s.look(text, what+" as "+form)
		}
		for form, encoding := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding,
			"base64url": base64.RawURLEncoding} {
			for before := range 3 {
				text := encoding.EncodeToString(append(make([]byte, before), part...))
				// The first and the last characters have bits of what stands beside the part.
				s.look(text[(before*8+5)/6:(before+piece)*8/6], what+" as "+form)
			}
		}
	}
	s.look(new(big.Int).SetBytes(number).String()[:24], what+" in decimal")
}

func (s *Search) look(text, what string) {
	first := binary.LittleEndian.Uint64([]byte(text))
	s.traces[first] = append(s.traces[first], trace{text, what})
}

// In says what of the keys it finds, such as "ES256 kid, d as hex", each once.
func (s *Search) In(place []byte) (found []string) {
	for ; len(place) >= 8; place = place[1:] {
		for _, t := range s.traces[binary.LittleEndian.Uint64(place)] {
			if len(place) >= len(t.text) && string(place[:len(t.text)]) == t.text && !slices.Contains(found, t.what) {
				found = append(found, t.what)
			}
		}
	}
	return found
}
