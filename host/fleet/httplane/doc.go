// Package httplane carries a fleet over HTTP/1.1, for those who want no NATS. [NewHub] is an http.Handler for the
// listener of the hub, [NewEdge] its client. It needs nothing but the listener where nodes join.
//
// An edge has one connection, with a client certificate of its link key (host/fleet/lane/linktls). It asks for [Prefix]
// and "link" with Upgrade: edgetoken-lane/1; from the answer 101 on the connection is a link, and both sides write
// records. 403 is for strangers. An edge's newer link ends its older one. The hub asks the roster at each record, so a
// withdrawn edge has nothing from its link either.
//
// A record begins with 15 bytes, numbers big-endian, and has a body of lane.MaxMessage at most:
//
//	1  kind; its highest bit: the body begins with the parts before
//	2  about
//	8  id of a question, chosen by its asker
//	4  length of the body
//
//	0  beat      nothing; from a side that has written nothing else for a second
//	1  batch     the hub: what it publishes
//	2  send      the edge: Send
//	3  fetch     the edge: Fetch
//	4  ask       the edge: Ask of the node about, which the hub passes on where that is not 1; the hub: its Ask
//	5  answer    to the question id; about is 0: the body, 1: there is none, 2: lane.ErrNobody, 3: lane.ErrLost
//	6  part      the hub: of a body that is long. Other records pass between parts, of one body at a time
//
// The edge ends a link on which it hears nothing for four seconds, the hub one after eight. Nothing waits but within
// bounds: records for one edge and requests of all have bounds in bytes, questions in number. A reader that does not
// keep up is disconnected.
package httplane
