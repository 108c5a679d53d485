// Command envoy is the guest for Envoy: an HTTP filter in proxy-wasm 0.2.1 that verifies tokens offline, and tells the
// service behind it who asks. docs/embedding.md shows a whole configuration.
//
// Package gateway decides; the filter moves headers between Envoy and it. Besides, the filter
//
//   - sets the claims of a token that it took as the filter state wasm.edgetoken, a JSON text,
//   - has Envoy check signatures natively where it can (verify_signature),
//   - fetches the trust bundle from a cluster, in each worker by itself.
//
// Envoy runs an instance in each worker thread, and calls it for one thing at a time. Every callback recovers: a bug
// answers 503. The imports and exports are written by hand, since the callbacks of proxy-wasm-go-sdk are its own: they
// panic, before any code of ours runs, where a context is not known to them, and a panic that leaves a callback ends
// the instance.
package main

func main() {}
