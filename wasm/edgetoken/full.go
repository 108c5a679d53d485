//go:build wasip1 && full

package main

//go:wasmexport edgetoken_decide
func decide(size uint32) uint32 { return uint32(instance.Decide(size)) }
