//go:build wasip1 && !full && !verify

package main

import "github.com/edgetoken/edgetoken/wasm/guest"

var instance guest.Guest

//go:wasmexport edgetoken_configure
func configure(size uint32) uint32 { return uint32(instance.Configure(size, nil)) }

//go:wasmexport edgetoken_inspect
func inspect(size uint32) uint32 { return uint32(instance.Inspect(size)) }

//go:wasmexport edgetoken_accept
func accept(size uint32) uint32 { return uint32(instance.Accept(size)) }

//go:wasmexport edgetoken_read
func read(key, size uint32) uint32 { return uint32(instance.Read(key, size)) }

//go:wasmexport edgetoken_judge
func judge(size uint32) uint32 { return uint32(instance.Judge(size)) }

//go:wasmexport edgetoken_prepare
func prepare(size uint32) uint32 { return uint32(instance.Prepare(size)) }

//go:wasmexport edgetoken_write
func write(size uint32) uint32 { return uint32(instance.Write(size)) }
