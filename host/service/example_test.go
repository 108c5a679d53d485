package service_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/service"
	"github.com/edgetoken/edgetoken/store"
)

// A program with a whole node in it, which logs its first customer in.
func Example() {
	dir, err := os.MkdirTemp("", "node-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	cfg, err := config.Load(config.Sources{Flags: []config.Flag{
		{Key: "data", Value: dir}, {Key: "listen", Value: "127.0.0.1:0"}, {Key: "engine", Value: "native"},
	}})
	if err != nil {
		log.Fatal(err)
	}

	ctx, stop := context.WithCancel(context.Background())
	node, err := service.Open(ctx, service.Config{Start: cfg})
	if err != nil {
		log.Fatal(err)
	}
	defer node.Close()
	if err := node.AddCustomer(ctx, store.NewCustomer{Email: "ana@example.com", IsActive: true},
		"correct horse 1"); err != nil {
		log.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- node.Run(ctx) }()

	answer, err := http.Post(node.URL()+"/auth/token/", "application/json",
		strings.NewReader(`{"email": "ana@example.com", "password": "correct horse 1"}`))
	if err != nil {
		log.Fatal(err)
	}
	answer.Body.Close()
	fmt.Println(answer.Status)
	stop()
	fmt.Println("ended:", <-ended)
	// Output:
	// 200 OK
	// ended: <nil>
}
