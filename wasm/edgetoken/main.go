//go:build wasip1

// Command edgetoken is the guest for hosts that speak the ABI of core/abi: a line for each export.
//
// Build tags choose what is linked: none for hosts that check and sign (edgetoken.wasm), full for the self-contained
// module (edgetoken-full.wasm), verify for the self-contained module that only reads (edgetoken-verify.wasm).
package main

import "github.com/edgetoken/edgetoken/core/abi"

func main() {}

//go:wasmexport edgetoken_abi_version
func abiVersion() uint32 { return abi.Version }

//go:wasmexport edgetoken_layout
func layout() uint32 { return instance.Layout() }
