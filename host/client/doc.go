// Package client is the half of a session that a program keeps: it logs in, sends the access token along, gets a new
// one before it expires, and logs out. It speaks to edgetoken and to Django with djangorestframework-simplejwt. It is
// for programs that embed it, and needs nothing of a node.
//
//	c, err := client.New(client.Config{Server: "https://shop.example", Storage: client.File(path)})
//	…
//	err = c.Login(ctx, "ana@example.com", password)
//	…
//	answer, err := c.HTTP().Get("https://shop.example/customers/me/")
//
// Its types: Client, which is an http.RoundTripper and has tokens for whoever sends requests in another way (Token);
// Storage, which keeps the tokens of one session, in memory (Memory), in a file (File) or wherever you want; and
// Logout, which says that a session is over, and why.
//
// However many goroutines use a Client, it sends one refresh at a time. Processes that share a storage need no lock:
// whoever finds a newer pair there takes that. An answer to a refresh is kept only if the storage still has the pair
// that was sent (the commit guard), so no refresh brings back a session that somebody has logged out of. That two
// processes send the same refresh token at once costs nothing at a node with a window for that (refresh.grace); at a
// simplejwt with ROTATE_REFRESH_TOKENS and BLACKLIST_AFTER_ROTATION, which has none, one of them finds the pair of the
// other in the storage.
//
// # Reading order
//
//	client.go     configuration
//	token.go      which token a request gets
//	refresh.go    one refresh at a time, the commit guard
//	unkept.go     a storage that fails
//	session.go    log-in, log-out
//	transport.go  requests, and the one retry after a 401
//	call.go       what is said to the server; retry.go: when to say it again
//	tokens.go     what a token says of itself; clock.go: what time it is at the server
//	storage.go    where tokens are; file.go: in a file
//	logout.go     how a session ended
package client
