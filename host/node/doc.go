// Package node is what a node does: the one place where engine, store, clock, entropy and password hashing meet.
//
// There is one type, Node, with one method for each thing that a client can ask: Login, Refresh, Verify, Check and
// Blacklist. Each is the same four steps:
//
//	open    the engine reads the token: form, key, signature, claims
//	load    the store gives, in one read transaction, the state that the token names
//	decide  the engine checks, and writes the tokens to issue
//	settle  the store makes the effects durable, or checks again what the decision read
//
// Sessions of browsers (StartSession, Session, EndSession) are the store's alone: a log-in checks the password as Login does, and the store
// begins the session if the customer is still the one whose password that was.
//
// The one rule: no answer that grants anything leaves before its decision is settled. Nothing is held between two steps, no
// engine instance and no transaction; where the state changed in between, the store says so and load, decide, settle run again.
//
// A refusal is a Result, not an error. An error says that the node could not decide: ErrBusy and store.ErrUnavailable pass
// by themselves, so that the same call may be made again later.
package node
