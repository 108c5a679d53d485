// Command examplesigner signs for a node with private keys from files (docs/signer.md). It shows the protocol, and
// keeps keys out of the node's process; for keys in hardware see host/signer/pkcs11.
//
//	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem
//	examplesigner --listen /run/kms.sock key.pem
package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/signer"
)

func main() {
	listen := flag.String("listen", "kms.sock", "path of the socket")
	algorithm := flag.String("algorithm", "RS256", "algorithm of RSA keys: RS256 to PS512")
	flag.Parse()
	if err := run(*listen, *algorithm, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "examplesigner:", err)
		os.Exit(1)
	}
}

func run(listen, algorithm string, files []string) error {
	var keys []keyring.Key
	for _, file := range files {
		text, err := signer.ReadPrivate(file)
		if err != nil {
			return err
		}
		found, err := keyring.Read(text, algorithm)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		for _, k := range found.Keys {
			keys = append(keys, k.Key)
			fmt.Println("signs with", k.Key)
		}
	}
	handler, err := signer.Handler(keys)
	if err != nil {
		return err
	}
	listener, err := signer.Listen(listen)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(listener)
}
