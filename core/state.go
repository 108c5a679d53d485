package core

import "time"

// State is what a store knows that bears on one request. The zero value: nothing is known.
type State struct {
	Customer Customer
	// Unheld is the id that the token names where no customer holds it, such as one who was removed: its families keep
	// their name.
	Unheld CustomerID
	// UnreadableCustomer: the token's customer claim is there and no id can be made of it (Opened.UnreadableCustomer).
	UnreadableCustomer bool
	PasswordGood       bool // log-in only: the password that was given is the customer's
	Family             FamilyState
	// CutOff ends every family that started at or before it: the latest of the node's, that of the customer's id and
	// that of its e-mail address. Unix milliseconds; 0 where there is none.
	CutOff int64
	// Number is the number of this node in its fleet, of 14 bits; 0: it never joined one.
	Number uint16
	// Home is the number of the node that alone advances the family (Settings.Advances); 0: no family was asked for, or
	// this node never joined a fleet. No engine reads it.
	Home uint16
	// Age is how long ago all of this was certain to be what the fleet knows; 0: now. A caller asks CheckAge about it.
	// No engine reads it.
	Age time.Duration
	// HighWater is the latest start of a family that may be given without reserving further ones. Unix milliseconds.
	HighWater int64
	// Longest are the longest lifetimes that were ever in use, so that a revocation outlives tokens that were issued
	// when lifetimes were longer. 0: the present ones.
	Longest Lifetimes
}
