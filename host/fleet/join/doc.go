// Package join takes a node into a fleet.
//
// The operator has the hub make an invitation (Token), and gives its text to the new node. The node proves to the hub
// that it has the secret of the invitation and a link key of its own (host/fleet/linkkey), and gets its number. Then it
// takes a copy of the hub's store in the place of its own.
//
//	node                                         hub, under fleet.listen
//	POST /fleet/join   Request             →     checks settings, proof and secret; gives the number
//	                                       ←     Answer
//	GET  /fleet/copy   (TLS as a member)   →
//	                                       ←     the store for an edge, a backup as package store/backup describes it
//
// Both are HTTP over TLS 1.3 whose keys are link keys: the node knows the hub by the key in the token, the hub knows a
// member by its key in the roster. Handler is the hub's side, Client the node's.
package join
