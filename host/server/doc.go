// Package server is net/http with bounds: on how many connections there are, what a client may send, how long it may
// take, and what it may hold. It knows nothing of what is served.
//
//	err := (&server.Server{Handler: handler}).Serve(ctx, listener)
//
// connections.go counts connections and the headers that arrive, and linger.go ends them. limits.go has the times.
// body.go is the body of a request, with its length and, by pace.go, its time; unread.go answers without it. memory.go
// is what all requests hold together, held.go what one of them does. client.go tells clients apart by their addresses.
package server
