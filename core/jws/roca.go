package jws

import "math/big"

// rocaPrimes are the primes by which a modulus of the weak generator of CVE-2017-15361 (ROCA) is recognised. It made
// primes k M + (65537^a mod M), where M is the product of the first primes, so that each modulus is a power of 65537
// modulo every one of these.
var rocaPrimes = [...]int64{
	3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73,
	79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
}

// roca reports whether a modulus has the fingerprint of that generator, whose moduli can be factored. One in 2^27 other
// moduli has it too (Nemec et al., The Return of Coppersmith's Attack, CCS 2017, §3).
func roca(n *big.Int) bool {
	remainder := new(big.Int)
	for _, p := range rocaPrimes {
		if !powerOf65537(remainder.Mod(n, big.NewInt(p)).Int64(), p) {
			return false
		}
	}
	return true
}

// powerOf65537 reports whether x is a power of 65537 modulo p.
func powerOf65537(x, p int64) bool {
	power := int64(1)
	for range p {
		if power == x {
			return true
		}
		power = power * 65537 % p
	}
	return false
}
