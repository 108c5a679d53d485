// Package httplane carries a fleet over HTTP/1.1, for those who want no NATS. [NewHub] is an http.Handler for the
// listener of the hub, [NewEdge] its client. It needs nothing but the listener where nodes join.
//
// Below [Prefix] an edge calls, with a client certificate of its link key (host/fleet/lane/linktls):
//
//	GET  stream       what the hub publishes and asks, for ever; a node's newer stream ends its older one
//	POST send, fetch  Send and Fetch
//	POST ask/<n>      Ask of node n; the hub answers for 1 itself, and asks the others by their streams
//	POST answer/<id>  the answer to a question of the stream; ?nobody where the edge answers none
//	POST ping         nothing, so that the hub hears from the edge
//
// 200 has the answer, 204 says that there is none. 404 is lane.ErrNobody and 502 lane.ErrLost. 403 is for strangers.
// The hub asks the roster at each request, so a withdrawn edge has nothing from its open connections either.
//
// A stream is a sequence of records: a byte for the kind, the length of the rest in 4 bytes, big-endian, the rest:
//
//	0  beat, each second: nothing
//	1  batch: what the hub published
//	2  question: its id in 8 bytes, big-endian, and the request
//
// A side that hears nothing for some seconds gives the stream up. Waiting records of an edge are bounded in bytes; a
// reader that does not keep up is disconnected.
package httplane
