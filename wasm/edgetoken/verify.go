//go:build wasip1 && verify && !full

package main

//go:wasmexport edgetoken_decide
func decide(size uint32) uint32 { return uint32(instance.DecideReading(size)) }
