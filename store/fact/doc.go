// Package fact has the values that are written to a store. A fact says one thing that holds from now on: an e-mail
// address, a revocation, a cut-off. Facts join: a store that applies them twice, or in another order, ends in the same
// state. So whoever applies all facts of a node knows what that node knows.
//
// The package is pure. It has the kinds of facts (fact.go, kinds.go), the stamps by which they are ordered (stamp.go),
// their encoding (codec.go, and a file for each theme), the frames in which the facts of one commit travel (frame.go),
// and their JSON for operators (json.go). Package store applies facts, and its documentation has the table of kinds.
package fact
