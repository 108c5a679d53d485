// Package keyring holds the keys of a node: it reads and writes them, and signs and checks with them.
//
// There are three types. A Key is a key bound to an algorithm. A Ring is an immutable set of keys; it implements
// core.Keys and core.KeyMaterial. A Source gives a running node its Ring, which is exchanged for another one while
// requests are answered.
//
// GenerateKey makes a key, Read finds keys in a text of any format, and FromSettings reads SIGNING_KEY and
// VERIFYING_KEY. Key.Export and JWKS write them. What a store keeps of a key are its Public and, sealed by a Sealer,
// what MarshalPrivate returns.
//
// # Formats
//
// jwx reads and writes JWK and JWK Sets and computes thumbprints, and the standard library writes PEM and DER and reads
// the numbers in them. What frames those numbers in PEM and DER is read here (pem.go, der.go, curve.go), since others
// read less or too much:
//   - PEM as PyJWT takes it: on one line, indented, with headers, without padding. A block that is cut off or damaged
//     is named.
//   - DER with a curve that is written out, of which each number is checked (CVE-2020-0601); with compressed points;
//     with the algorithm RSASSA-PSS, which is taken as RSA. Nothing may follow.
//
// A JWK must have numbers that fit one another, which jwx does not check.
//
// The one rule: a key is never shown. Keys and rings print as algorithms and ids, and no error quotes a key. No other
// package knows jwx; core/jws computes the signatures.
package keyring
