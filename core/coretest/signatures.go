package coretest

import (
	"crypto/elliptic"
	"encoding/asn1"
	"encoding/base64"
	"math/big"
	"slices"

	"github.com/edgetoken/edgetoken/core/cause"
)

// signatureAttacks are good signatures in a wrong form, and values that some implementations accept.
func signatureAttacks(v *victim) (cases []Token) {
	raw, _ := base64.RawURLEncoding.DecodeString(v.signature)
	bad := func(name string, signature []byte) {
		cases = append(cases, Token{"signature_" + name, v.input + "." + encode(string(signature)),
			cause.BadSignature})
	}
	bad("zeros", make([]byte, len(raw)))
	bad("ones", slices.Repeat([]byte{0xff}, len(raw)))
	bad("one", append(make([]byte, len(raw)-1), 1))
	bad("cut", raw[:len(raw)-1])
	bad("cut_in_front", raw[1:])
	bad("with_a_byte_more", append(slices.Clone(raw), 0))
	bad("with_a_byte_more_in_front", append([]byte{0}, raw...))
	bad("with_a_zero_in_the_middle", slices.Insert(slices.Clone(raw), len(raw)/2, 0))
	bad("of_one_byte", raw[:1])
	flipped := slices.Clone(raw)
	flipped[len(flipped)/2] ^= 1
	bad("with_one_bit_changed", flipped)
	switch v.algorithm {
	case "ES256":
		order := elliptic.P256().Params().N
		r, s := new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])
		pair := func(r, s *big.Int) []byte {
			return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
		}
		der, _ := asn1.Marshal([]*big.Int{r, s})
		bad("in_DER", der)
		bad("r_is_zero", pair(new(big.Int), s))
		bad("s_is_zero", pair(r, new(big.Int)))
		bad("r_is_the_order", pair(order, s))
		bad("s_is_the_order", pair(r, order))
		bad("both_are_the_order", pair(order, order))
		bad("r_and_s_exchanged", pair(s, r))
		if plus := new(big.Int).Add(s, order); plus.BitLen() <= 256 {
			bad("s_plus_the_order", pair(r, plus))
		}
	case "EdDSA", "Ed25519":
		// S must be below the order of the group (RFC 8032 §5.1.7): 2^252 + 27742317777372353535851937790883648493.
		order := new(big.Int).Lsh(big.NewInt(1), 252)
		rest, _ := new(big.Int).SetString("27742317777372353535851937790883648493", 10)
		order.Add(order, rest)
		s := slices.Clone(raw[32:])
		slices.Reverse(s)
		plus := new(big.Int).Add(new(big.Int).SetBytes(s), order).FillBytes(make([]byte, 32))
		slices.Reverse(plus)
		bad("S_plus_the_order", append(slices.Clone(raw[:32]), plus...))
		bad("of_the_neutral_element", append([]byte{1}, make([]byte, 63)...))
	case "RS256", "PS256":
		// The same key, the other padding.
		other := map[string]string{"RS256": "PS256", "PS256": "RS256"}[v.algorithm]
		twisted, err := bind(other, v.key.Raw).Sign([]byte(v.input), []byte(entropy))
		if err != nil {
			panic("coretest: " + err.Error())
		}
		bad("of_"+other, twisted)
		twisted, err = bind(v.algorithm[:2]+"512", v.key.Raw).Sign([]byte(v.input), []byte(entropy))
		if err != nil {
			panic("coretest: " + err.Error())
		}
		bad("of_another_hash", twisted)
	}
	return cases
}
