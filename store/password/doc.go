// Package password hashes and checks customers' passwords in the formats that Django stores, so that customers can
// move in from Django and a shop can move back.
//
// Hash makes the format of Django's Argon2PasswordHasher (django/contrib/auth/hashers.py), argon2id of RFC 9106.
// Verify reads it and those of Django's other hashers:
//
//	argon2$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdHNvbQ$JGk5…    and argon2i
//	       variety  version, KiB of memory, passes, lanes | salt | hash, both base64 without padding
//	pbkdf2_sha256$1000000$MYIVUmk6sswGufrX1yHo5v$3Bzsgm12bbcipQEjeRYxmws5…=  and pbkdf2_sha1; RFC 8018
//	              iterations | salt, as it is | hash, base64 with padding
//	bcrypt_sha256$$2b$12$3uzt41hjcqa9uj9fzMik3OC8FO/6wklFobURJeKmMjqguk0…    and bcrypt, without SHA-256 first
//	               version | binary logarithm of the rounds | salt and hash, bcrypt's own base64
//	scrypt$16384$owqK9nhXyixzwXGS5En5ee$8$5$+qadByKBJa1wKYTOsDWMvaK8HNHv…==  RFC 7914
//	       N | salt, as it is | r | p | hash, base64 with padding
//
// It finds the format by its first words in one table in verify.go; a further hasher of Django's is a row there.
// Passwords are hashed as the UTF-8 they are, without normalisation, as Django does.
//
// Whoever writes a stored hash chooses the work of every log-in. So each format has bounds, and a hash that asks for
// more is refused before anything is computed: a check takes some seconds at most. CostOf tells what one takes, and
// Decoy makes a hash that takes the same and fits no password, for customers that do not exist.
//
// Policy says which passwords a person may choose: long enough, and none of Django's list of common ones.
//
// The package is pure computation and safe for concurrent use. The caller bounds how many hashes run at once, since
// each takes its Cost.Memory while it runs. The caller also bounds how long a password to check may be. No error
// contains a password or a hash.
package password
