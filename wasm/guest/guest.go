// Package guest is the side of the ABI (package abi) that lives in the sandbox: it reads a message, calls core and
// writes the answer.
//
// Its one type is Guest, an instance of the module. The package has no variables and exports nothing to a host: that
// is for a main package, which has one Guest and a line for each export. wasm/edgetoken is the one for hosts that
// speak the ABI; an adapter for another host is a folder beside it, which writes into Input and reads Output as such
// a host does.
//
// Three builds use three sets of methods, and what a main package does not call is not linked:
//
//	edgetoken.wasm          Configure, Inspect, Accept, Read, Judge, Prepare, Write: the host checks and signs
//	edgetoken-full.wasm     Configure, Open, Decide, Permit, by way of package contained, which has the keys
//	edgetoken-verify.wasm   Configure, Open, DecideReading, Permit, by the same way
//
// A Guest serves one call at a time.
package guest

import (
	"math/rand/v2"
	"unsafe"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// Guest is one instance. Its zero value waits for Configure. It must not move: the host knows its areas by their
// addresses.
type Guest struct {
	// What Configure made; nil before.
	config *abi.Config
	reader *core.Reader
	writer *core.Writer // made when it is first needed

	nonce    uint64       // of the latest Inspect
	accepted *core.Opened // that Inspect's token, once it was accepted
	request  core.Request // that is decided now
	draft    core.Draft   // that is written now

	// The static areas follow all pointers, so that the collector does not look through them. A call allocates nothing
	// for them.
	draws  core.Draws
	layout abi.Layout
	input  [abi.InputBytes]byte
	output [abi.OutputBytes]byte
	claims strictjson.Buffer // abi.ClaimsBytes and what follows a text
}

// Input is where the host writes messages.
func (g *Guest) Input() []byte { return g.input[:] }

// Output is where the answers lie.
func (g *Guest) Output() []byte { return g.output[:] }

// Claims is where the claims of an opened token lie.
func (g *Guest) Claims() []byte { return g.claims[:abi.ClaimsBytes] }

// Layout writes down where the areas lie, and gives the address of that in linear memory.
func (g *Guest) Layout() uint32 {
	g.layout = abi.Layout{
		Input: address(&g.input), InputSize: abi.InputBytes,
		Output: address(&g.output), OutputSize: abi.OutputBytes,
		Claims: address(&g.claims), ClaimsSize: abi.ClaimsBytes,
	}
	return address(&g.layout)
}

func address[T any](area *T) uint32 { return uint32(uintptr(unsafe.Pointer(area))) }

// Configure reads an abi.Config. read takes the keys from its material; nil where the host has the keys. After an error
// the guest is configured as before.
func (g *Guest) Configure(size uint32, read func(*abi.Config) error) abi.Status {
	return g.call(size, func(message []byte) abi.Status {
		c, ok := abi.ReadConfig(message)
		if !ok {
			return abi.StatusBadMessage
		}
		if read != nil && read(c) != nil {
			return abi.StatusBadKey
		}
		clear(message)
		c.Material = nil
		g.config, g.reader, g.writer = c, core.NewReader(&c.Settings, c.Set), nil
		g.reader.Buffer(&g.claims)
		g.accepted = nil
		if g.nonce == 0 {
			g.nonce = rand.Uint64()
		}
		return abi.StatusOK
	})
}

// Permit answers an abi.Question. It needs no Configure.
func (g *Guest) Permit(size uint32) abi.Status {
	return g.call(size, func(message []byte) abi.Status {
		q, ok := abi.ReadQuestion(message)
		if !ok {
			return abi.StatusBadMessage
		}
		abi.AppendVerdict(g.output[:0], q.Rule.Decide(q.Method, q.Model, q.Caller))
		return abi.StatusOK
	})
}

// call runs f with the message of that many bytes. It makes a panic a status, so that the host learns of it by an
// answer and not by the end of the guest.
func (g *Guest) call(size uint32, f func(message []byte) abi.Status) (status abi.Status) {
	if size > abi.InputBytes {
		return abi.StatusBadMessage
	}
	defer func() {
		if recover() != nil {
			status = abi.StatusPanicked
		}
	}()
	return f(g.input[:size])
}

// framed puts an answer of any size into the output area, with its size before it.
func (g *Guest) framed(encode func([]byte) []byte) abi.Status {
	if b := abi.AppendFramed(g.output[:0], encode); len(b) > abi.OutputBytes {
		return abi.StatusTooLong
	}
	return abi.StatusOK
}
