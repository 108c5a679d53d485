// Package middleware checks tokens in Go programs that are not nodes: a wrapper for handlers of net/http, with
// core/verify compiled in and no WebAssembly. It is for programs that embed it.
//
//	auth, err := middleware.New(middleware.Config{
//		Policy: `{"root": {"kty": "EC", …}}`,                            // edgetoken bundle root
//		Bundle: "https://tokens.example/.well-known/edgetoken-bundle",
//	})
//	…
//	defer auth.Close()
//	http.Handle("/orders/", auth.Require(orders))
//	…
//	who, _ := middleware.From(r.Context()) // in a handler: who.Customer, who.Decode(&claims)
//
// A request without a good token gets the 401 that the node itself gives. Where that cannot be known, because the
// bundle is missing or past its end, the answer is 503; nobody gets in.
//
// Poller fetches bundles for programs that use core/verify in another way.
package middleware
