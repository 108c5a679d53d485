// Package envoy tests wasm/envoy in a real Envoy, which the script run installs.
package envoy
