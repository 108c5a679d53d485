// Package password hashes and checks customers' passwords in the formats that Django stores, so that customers can
// move in from Django and a shop can move back.
//
// Hash makes the format of Django's Argon2PasswordHasher (django/contrib/auth/hashers.py), argon2id of RFC 9106:
//
//	argon2$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdHNvbQ$JGk5…
//	       variety  version, KiB of memory, passes, lanes | salt | hash, both base64 without padding
//
// Verify reads that and the format of Django's default, PBKDF2PasswordHasher, PBKDF2 with HMAC-SHA256 of RFC 8018:
//
//	pbkdf2_sha256$1000000$MYIVUmk6sswGufrX1yHo5v$3Bzsgm12bbcipQEjeRYxmws5cX3VVA4nJdTgpQpt2Tg=
//	              iterations | salt, as it is | hash, base64 with padding
//
// It finds the format by its first words in one table in verify.go; a further hasher of Django's is a row there.
// Passwords are hashed as the UTF-8 they are, without normalisation, as Django does.
//
// The package is pure computation and safe for concurrent use. The caller bounds how many hashes run at once, since
// each argon2 hash takes Params.Memory of memory while it runs. The caller also bounds how long a password to check
// may be. No error contains a password or a hash.
package password
