// Package fact has what is written to a store as values. A fact says one thing that is so from now on: an e-mail
// address, a revocation, a cut-off. Facts join: a store that applies them twice, or in another order, ends in the same
// state. So the facts of one node are all that another needs in order to know what it knows.
//
// The package is pure: it has the kinds of facts and their encoding, the stamps by which they are ordered, and frames,
// in which the facts of one commit travel. Package store applies them, and its documentation has the table of kinds.
package fact
