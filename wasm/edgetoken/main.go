//go:build wasip1

// Command edgetoken is the guest: the entry points of core behind the ABI of core/abi. Each decodes, calls core and encodes.
//
// Build tags choose what is linked: none for hosts that check and sign (edgetoken.wasm), full for the self-contained module
// (edgetoken-full.wasm), verify for the self-contained module that only reads (edgetoken-verify.wasm).
package main

import (
	"unsafe"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// The static areas. Nothing is allocated or kept alive for a call.
var (
	input  [abi.InputBytes]byte
	output [abi.OutputBytes]byte
	claims strictjson.Buffer // abi.ClaimsBytes and what follows a text
	layout [abi.LayoutBytes]byte
)

// config, reader and writer are what Configure made; nil before.
var (
	config *abi.Config
	reader *core.Reader
	writer *core.Writer
)

// request is what is asked now.
var request core.Request

func main() {}

//go:wasmexport edgetoken_abi_version
func abiVersion() uint32 { return abi.Version }

//go:wasmexport edgetoken_layout
func layoutAddress() uint32 {
	l := abi.Layout{
		Input: address(&input[0]), InputSize: abi.InputBytes,
		Output: address(&output[0]), OutputSize: abi.OutputBytes,
		Claims: address(&claims[0]), ClaimsSize: abi.ClaimsBytes,
	}
	l.Append(layout[:0])
	return address(&layout[0])
}

func address(b *byte) uint32 { return uint32(uintptr(unsafe.Pointer(b))) }

//go:wasmexport edgetoken_configure
func configure(size uint32) (status uint32) {
	defer guard(&status)
	message, bad := received(size)
	if bad != abi.StatusOK {
		return uint32(bad)
	}
	c, ok := abi.ReadConfig(message)
	if !ok {
		return uint32(abi.StatusBadMessage)
	}
	if !useKeys(c) {
		return uint32(abi.StatusBadKey)
	}
	clear(message)
	config, reader, writer = c, core.NewReader(&c.Settings, c.Set), core.NewWriter(&c.Settings, c.Set)
	reader.Buffer(&claims)
	return uint32(abi.StatusOK)
}

// received is the message that the host wrote, of that many bytes.
func received(size uint32) (message []byte, bad abi.Status) {
	if size > abi.InputBytes {
		return nil, abi.StatusBadMessage
	}
	return input[:size], abi.StatusOK
}

// receivedConfigured is received for what needs settings and keys.
func receivedConfigured(size uint32) (message []byte, bad abi.Status) {
	if config == nil {
		return nil, abi.StatusNotConfigured
	}
	return received(size)
}

// answer puts into the output area what encode appends.
func answer(encode func([]byte) []byte) uint32 {
	if b := encode(output[:0]); len(b) > abi.OutputBytes {
		return uint32(abi.StatusTooLong)
	}
	return uint32(abi.StatusOK)
}

// framed puts an answer of any size into the output area, with its size before it.
func framed(encode func([]byte) []byte) uint32 {
	return answer(func(b []byte) []byte { return abi.AppendFramed(b, encode) })
}

// guard makes a panic a status, so that the host learns of it by an answer and not by the end of the guest.
func guard(status *uint32) {
	if recover() != nil {
		*status = uint32(abi.StatusPanicked)
	}
}
