// Package jwk reads keys as JSON Web Keys (RFC 7517, RFC 7518 §6, RFC 8037 §2), for verifiers: public keys, and secrets
// of HMAC. It reads with package strictjson, so that nobody reads another key out of the same bytes, and links neither
// encoding/json nor crypto/x509: a guest carries it.
//
// Read reads one key and ReadSet a set. The one rule: a key has one algorithm, and never the private part of a pair.
package jwk
