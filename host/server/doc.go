// Package server is net/http with bounds: on how many connections there are, what a client may send, how long it may
// take, and what it may hold. It knows nothing of what is served.
//
//	err := (&server.Server{Handler: handler}).Serve(ctx, listener)
//
// connections.go counts connections and the headers that arrive, limits.go has the times, pace.go the rate of a body,
// memory.go the bytes of bodies and answers. unread.go answers a request whose body is not read, linger.go ends its
// connection. client.go tells clients apart by their addresses.
package server
