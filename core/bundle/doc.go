// Package bundle is the format of trust bundles: what a node tells verifiers elsewhere, in one signed text. A bundle
// has the public keys with their ends, the settings by which tokens are read, and what was revoked. It is pure.
//
// A bundle crosses as a compact JWS (RFC 7515 §7.1) with a binary payload:
//
//	{"alg":"ES256","kid":"…","typ":"edgetoken-bundle+jwt"} . payload . signature of a root
//
// A root is a key of its own, which signs no tokens. Verifiers pin it. A root signs its successor: the statement is a
// JWS of the type edgetoken-root+jwt whose payload is the JWK of the next root, and a bundle that is signed by a later
// root has the statements since the first one in its header, as "chain".
//
// The payload, integers little-endian, texts and byte strings with their length before them (package codec):
//
//	whole  u8 1 | u64 epoch | i64 not-before, i64 not-after (Unix s) | bytes head | revoked
//	delta  u8 2 | u64 epoch | i64 not-before, i64 not-after | u64 epoch of the base | 16 bytes of the base's hash |
//	       16 bytes of the result's hash | u8 has head [| bytes head] | changes
//
// After revoked and after changes comes numbers, if there are any. A verifier from before they were there refuses such
// a bundle, and a delta to it, since it has more than that reads. So it accepts nothing that numbers end, and without
// numbers the bytes are those that it knows.
//
//	head     text compat | text wire | u8 token_blacklist | u8 has issuer | text issuer | u8 audience is a list |
//	         texts audience | i64 leeway (µs) | texts token classes | texts names of claims: user id, type, id,
//	         refresh exp, revoke | u8 what the user claim is (1 integer, 2 text) |
//	         u16 count | count × (text kid | text alg | u8 flags (1 default, 2 any kid, 4 refresh tokens alone) |
//	         i64 end (Unix s) | bytes material)
//	revoked  i64 cut-off of all (Unix ms) | i64 gap after, i64 gap until | families | cut-offs
//	families u32 count | bits (Elias-Fano): the lower bits of each name, then for each the upper bits as a difference
//	         in unary, each padded to a byte
//	cut-offs u32 count | count × (u64 subject | varint epoch − at (ms))
//	numbers  u16 count, not 0 | i64 since (Unix ms) | count × (u16 number of the node | varint epoch − at (ms))
//	changes  i64 cut-off of all | i64 gap after, i64 gap until | removed families | added families |
//	         removed cut-offs | added cut-offs
//	removed  varint count | count × varint: index in the base, as the difference to the one before
//	added    families: varint count | count × 7 bytes; cut-offs: varint count | as above
//
// A family's name is 51 bits of a SHA-256, so that 10,000 take 49.6 KB. That a family which was not revoked is refused
// has a chance of n/2⁵¹ for each of two look-ups: 9e-12 for a token at 10,000, and some 9e-6 that any of 1,000,000 live
// families is hit. Cut-offs are exact: the integer id itself, or 64 bits of the SHA-256 of a text.
package bundle
