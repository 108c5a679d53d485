// Package es256 checks signatures with ES256 (RFC 7518 §3.4) in less than half the time that crypto/ecdsa takes, by
// tables of the public keys that check most. Its type is Checker.
//
// It says the same as crypto/ecdsa of every signature; the tests compare the two. The arithmetic is that of
// filippo.io/nistec, the package behind crypto/ecdsa with its functions exported. The one rule: only what everybody may
// know goes through here, public keys and signatures. Nothing is signed.
package es256
