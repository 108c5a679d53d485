//go:build wasip1 && verify && !full

package main

import (
	"unsafe"

	"github.com/edgetoken/edgetoken/wasm/guest/verifier"
)

// The exports for verifiers in other people's hosts. Their names are those of the component model, so that a component
// is made of this module as it is.

var surface verifier.Guest

//go:wasmexport cabi_realloc
func realloc(old unsafe.Pointer, oldSize, align, size uint32) unsafe.Pointer {
	return surface.Realloc(old, oldSize, align, size)
}

//go:wasmexport edgetoken:verify/verifier@0.1.0#configure
func configureVerifier(policy *byte, size uint32) unsafe.Pointer {
	return surface.Configure(policy, size)
}

//go:wasmexport edgetoken:verify/verifier@0.1.0#verify
func verify(token *byte, size uint32, now int64) unsafe.Pointer {
	return surface.Verify(token, size, now)
}

//go:wasmexport edgetoken:verify/verifier@0.1.0#update
func update(bundle *byte, size uint32) unsafe.Pointer { return surface.Update(bundle, size) }

//go:wasmexport edgetoken:verify/verifier@0.1.0#status
func status() unsafe.Pointer { return surface.Status() }

//go:wasmexport edgetoken:verify/signatures@0.1.0#ask
func ask(token *byte, size uint32) unsafe.Pointer { return surface.Ask(token, size) }

//go:wasmexport edgetoken:verify/signatures@0.1.0#vouch
func vouch(name *byte, size uint32) { surface.Vouch(name, size) }
