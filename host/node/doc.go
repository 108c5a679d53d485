// Package node is what a node does: the one place where engine, store, clock, entropy and password hashing meet.
//
// There is one type, Node, with a method for each thing that a client can ask: Login, Refresh, SlidingLogin,
// SlidingRefresh, Verify, Authenticate and Blacklist. Each takes the same four steps:
//
//	open    the engine reads the token: form, key, signature, claims
//	load    the store gives, in one read transaction, the state that the token names
//	decide  the engine decides, and writes the tokens to issue
//	settle  the store makes the effects durable, or checks again what the decision read
//
// Revoke takes the last three for a revocation, which writes no token: an operator has a store, but perhaps no node.
//
// Browser sessions (StartSession, Session, EndSession) involve no engine: a log-in checks the password as Login does,
// and the store begins the session if the customer still has that password.
//
// The one rule: no answer that grants anything leaves before its decision is settled. Between two steps a request
// holds neither an engine instance nor a transaction. If the state changes in between, the store says so, and load,
// decide and settle run again. Keys may change too (UseEngine): a request keeps to the engine that it began with.
//
// In a fleet (Config.Fleet) a refresh that spends a token is decided by the home of its log-in, and log-outs everywhere
// and new passwords by the hub: AnswerHome and AnswerHub answer for those. A state that is too old decides nothing but
// revocations.
//
// A refusal is a Result, not an error. An error says that the node could not decide. ErrBusy and store.ErrUnavailable
// pass by themselves: the same call may succeed later.
package node
