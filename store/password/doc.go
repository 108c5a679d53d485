// Package password hashes and checks customers' passwords in the formats that Django stores, so that customers can move in
// from Django and a shop can move back.
//
// Hash makes the format of Django's Argon2PasswordHasher (django/contrib/auth/hashers.py), argon2id of RFC 9106:
//
//	argon2$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdHNvbQ$JGk5…
//	       variety  version, KiB of memory, passes, lanes | salt | hash, both base64 without padding
//
// Verify finds the format by its first words in one table in verify.go; a further hasher of Django's is a row there.
//
// The package is pure computation and safe for concurrent use. How many hashes run at once, and how long a password may be,
// is the caller's to bound: each hash takes Params.Memory of memory while it runs. No error contains a password or a hash.
package password
