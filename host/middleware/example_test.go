package middleware_test

import (
	"fmt"
	"log"
	"net/http"

	"github.com/edgetoken/edgetoken/host/middleware"
)

// A program that lets in whom the node let in. The root is what `edgetoken bundle root` prints.
func Example() {
	auth, err := middleware.New(middleware.Config{
		Policy: `{"root": ` + root + `}`,
		Bundle: node + "/.well-known/edgetoken-bundle",
	})
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close()
	http.Handle("/", auth.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, _ := middleware.From(r.Context())
		fmt.Fprintln(w, "Hello,", who.Customer)
	})))

	ask(http.DefaultServeMux)
	// Output:
	// 401 {"detail":"Authentication credentials were not provided."}
	// 200 Hello, 7
}
