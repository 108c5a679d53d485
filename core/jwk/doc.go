// Package jwk reads keys as JSON Web Keys (RFC 7517, RFC 7518 §6, RFC 8037 §2), for verifiers: public keys, and secrets
// of HMAC. It reads with package strictjson, so that nobody reads another key out of the same bytes, and links neither
// encoding/json nor crypto/x509: a guest carries it.
//
// Read reads one key, ReadSet a set, and Public writes the public part of one. The one rule: a key has one algorithm,
// and never the private part of a pair. A node reads the keys of its own with package host/keyring, which takes
// private ones and more forms.
package jwk
