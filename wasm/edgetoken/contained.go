//go:build wasip1 && (full || verify)

package main

import "github.com/edgetoken/edgetoken/wasm/guest/contained"

var instance contained.Guest

//go:wasmexport edgetoken_configure
func configure(size uint32) uint32 { return uint32(instance.Configure(size)) }

//go:wasmexport edgetoken_open
func open(size uint32) uint32 { return uint32(instance.Open(size)) }

//go:wasmexport edgetoken_permit
func permit(size uint32) uint32 { return uint32(instance.Permit(size)) }
