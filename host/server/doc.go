// Package server is net/http with bounds: on connections, on what a client may send, on how long that may take, and on
// the memory that all requests together hold. It knows nothing of what it serves.
//
//	err := (&server.Server{Handler: handler}).Serve(ctx, listener)
//
// A handler that wants all of it takes the body from Receive, and reads and writes through what Memory.Hold gives.
//
// The reading order: server.go (listens, serves, stops), limits.go (the bounds of one listener), connections.go and
// line.go (count connections and the headers that arrive), deadline.go (when their reads and writes end), linger.go
// (closes them), body.go and pace.go (a body and its time), unread.go (a response without the body), send.go (a body
// for a client that may be slow), memory.go and held.go (what all requests hold, and what one does), client.go (tells
// clients apart).
package server
