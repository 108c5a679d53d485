// Package fleet keeps the nodes of a fleet in step. One node, the hub, orders what all must know. The others, the
// edges, follow it. The package has the protocol: what the nodes say to each other, over a lane (package lane) that is
// trusted for nothing. docs/fleet.md is for operators, and docs/rationale.md has the reasons.
//
//	up      An edge sends the frames of its outbox, in order, until the hub has acknowledged them. The hub judges each
//	        fact, and acknowledges after its commit.
//	down    The hub publishes the frames of its log as they are committed. An edge that misses some fetches them; one
//	        that is too far behind takes a copy of the hub's store.
//	hello   Twice a second an edge asks the hub where the log ends. From the sending of the last hello whose answer it
//	        has caught up with, it counts the age of what it knows. The answer also grants the lease.
//	home    Only one node advances the refresh tokens of a log-in: its home, whose number is in the id. Other nodes
//	        ask it. It does so only under a lease for its number and incarnation.
//
// Whatever goes wrong, four rules hold. A node never believes that it knows more than it does (age by echo). Nobody but
// the hub writes what is about customers (package store judges). No generation of a refresh token is given out twice
// (homes, leases and fences). And a hub that was restored vouches for nothing until all edges have told it what it
// forgot.
//
// The reading order: envelope.go, members.go, agreed.go and message.go (what goes over the lane), ask.go, repeat.go;
// edge.go, edgehello.go, edgefollow.go, edgefetch.go, queue.go, edgesend.go, edgerealign.go; hub.go, hubhello.go,
// hubserve.go, fair.go, hubpublish.go, recorder.go, replay.go; wait.go, status.go.
package fleet
