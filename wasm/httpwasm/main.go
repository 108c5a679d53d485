//go:build wasip1

// Command httpwasm is edgetoken as a plug-in for hosts of the http-wasm handler ABI, Traefik among them
// (https://http-wasm.io/http-handler-abi/). It moves headers between the host and package gateway, which decides.
//
// The configuration is that of package gateway. These guests have no network, so the bundle comes from a file in a
// directory that the host mounts; docs/embedding.md shows how. The clock is WASI's: a host that gives none stands in
// the past, and then every token gets 503. No entropy is used.
//
// Nothing may panic out of an export: the host would show the stack to the client, and then go on with the instance.
package main

func main() {}

// init reads the configuration: a mistake is in the log at the host's start, and every request gets 503.
func init() {
	defer func() {
		if recover() != nil {
			logText(levelError, "edgetoken: the configuration could not be read")
		}
	}()
	start()
}

// handleRequest gives 1 for a request that goes on, and 0 for one that has its answer.
//
//go:wasmexport handle_request
func handleRequest() (next uint64) {
	defer func() {
		if recover() != nil {
			refuseBug()
			next = 0
		}
	}()
	return serve()
}

// handleResponse has nothing to do.
//
//go:wasmexport handle_response
func handleResponse(uint32, uint32) {}
