// Package core decides: it reads, checks and writes tokens. It is a pure function of what it is given: it has no
// clock, entropy, disk or network of its own, imports the standard library and the small packages in its own folder,
// and compiles to a WebAssembly guest as it is.
//
// Two operations make all of it, those of Engine:
//
//	Open    token            → Opened     form, header, key, signature, strict claims; knows neither time nor state
//	Decide  Request          → Outcome    checks by settings, state, time and entropy; writes the tokens to issue
//
// An Outcome holds refusals or tokens, and Effects: what must be durable before the answer may leave. Between the two
// the caller loads the State that the token names, and afterwards settles the effects. The one rule: a refusal is a
// result; an error says that the engine itself failed.
//
// Files in reading order: settings.go, customer.go, family.go and state.go are the words, keyset.go and keylife.go
// those of keys. engine.go is the contract and native.go its implementation without a sandbox. reader.go is Open, with
// base64.go, headercache.go and kid.go under it, and number.go for what numbers in claims mean. decide.go is Decide:
// checks.go is the table of checks, order.go says which come in which order, and check.go, checkfamily.go and
// checkcustomer.go make them. judge.go makes those that need no customer, for verifiers. revoke.go is what ends a log-
// in. draft.go says what tokens are granted, and writing.go and issue.go write them, with fixed.go for what is the same
// in all of them and copied.go for what a token passes on when it is refreshed. advance.go spends a refresh token,
// session.go says when tokens end. effect.go is what a store is told. clock.go says by which times tokens are issued,
// entropy.go by which random bytes, age.go how old a state may be, until.go how long a revocation is kept. code.go and
// compat.go say what a client is told, in each version. authorization.go, claims.go and rotation.go are what callers
// use around the two operations.
//
// Package cause names why tokens are refused, change says which log-ins end when an account changes, and permission
// says who may use an endpoint. Package strictjson reads headers and claims, and words is how it and base64.go read
// eight bytes at once. Package python reads and writes numbers, blanks and texts as Python does. Package abi says how
// all of it crosses the wall to a guest, jws computes signatures, and coretest is the one behaviour suite for every
// Engine.
package core
