// Package signer asks a process on this machine for signatures, and helps to write such a process (docs/signer.md).
//
// A Client gives the keys that a signer has. Each is a keyring.Key whose private part stays there. Handler is the other
// side: it serves keys to clients. Listen opens a socket that clients accept, and ReadPrivate reads a key or a PIN.
//
// The protocol is HTTP/1.1 over a Unix socket. GET /keys gives the public keys as a JWK Set (RFC 7517 §5), each with
// kid and alg:
//
//	{"keys":[{"alg":"ES256","crv":"P-256","kid":"2026-11","kty":"EC","use":"sig","x":"f83O…","y":"x_FE…"}]}
//
// POST /sign takes a JWS Signing Input (RFC 7515 §5.1) and gives its signature in the form of RFC 7515, for ECDSA R and
// S (RFC 7518 §3.4). Both are in base64url without padding:
//
//	{"kid":"2026-11","alg":"ES256","input":"ZXlKaGJHY2lPaUpGVXpJMU5pSjkuZXlKcFlYUWlPakUzT1Rnd01EQXdNREI5"}
//	{"signature":"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"}
//
// Any other status than 200 is a failure, of which {"error":"the token is locked"} may say more.
//
// Whoever serves the socket says which keys are good, so a client accepts only one that nobody but its user and root
// can replace.
package signer
