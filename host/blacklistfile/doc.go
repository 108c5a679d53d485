// Package blacklistfile reads and writes the fixtures of simplejwt's token_blacklist, as `manage.py dumpdata` writes
// and `loaddata` reads them.
//
//	{"model": "token_blacklist.outstandingtoken", "pk": 5, "fields": {"user": 2, "jti": "54fb…", "token": "eyJ…",
//	 "created_at": "2026-11-29T18:15:13.687Z", "expires_at": "2026-11-30T18:15:13Z"}}
//	{"model": "token_blacklist.blacklistedtoken", "pk": 4, "fields": {"token": 5, "blacklisted_at": "2026-…Z"}}
//
// A user is a primary key, a natural key such as ["ana@example.com"], or null. Objects stand in an array or one after
// the other (JSONL), in any order and among those of other models, which the Reader passes over. It reads the file
// twice, since what is blacklisted stands mostly behind the tokens. Its memory is that of one object, and 8 bytes for
// each blacklisted token.
package blacklistfile
