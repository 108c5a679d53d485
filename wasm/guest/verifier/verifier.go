// Package verifier is the surface of the guest for verifiers in other people's hosts: functions that take texts and
// give texts, by the canonical ABI of the component model. wasm/component/edgetoken-verify.wit describes it for
// components. A host without components calls the same exports in ten lines:
//
//  1. p = cabi_realloc(0, 0, 1, n): room for a text of n bytes; write it there
//  2. r = edgetoken:verify/verifier@0.1.0#verify(p, n, now)
//  3. at r: u8 1 if refused, 3 bytes that mean nothing, u32 address and u32 length of the text
//
// What an answer points to is valid until the next call. Memory may have grown: read it anew after each call. A Guest
// serves one call at a time. Every function makes a panic the refusal "failed": a bug never ends an instance, and
// never accepts a token.
//
// Its one type is Guest, and a main package has a line for each export.
package verifier

import (
	"runtime"
	"unsafe"

	"github.com/edgetoken/edgetoken/core/bundle"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/verify"
)

// Guest is one instance. Its zero value waits for Configure.
type Guest struct {
	trust    *verify.Trust
	verifier verify.Verifier

	answer [10]uint32 // the latest answer
	text   string     // what it points to, for the collector
	claims []byte     // the same
	name   [32]byte   // the same
	large  []byte     // the argument of the next call, if the arena has no room
	used   uintptr    // bytes of the arena
	arena  [arenaBytes]byte
}

// arenaBytes is room for a token or a policy of the longest, and alignment.
const arenaBytes = 128 << 10

// Realloc is cabi_realloc: room for the arguments of the next call, which ends with that. It does not allocate for what
// the arena has room for, since a component calls it before the runtime has started. For more than a bundle may have it
// traps, as the canonical ABI wants: a host that got no address could write to a wrong one.
func (g *Guest) Realloc(old unsafe.Pointer, oldSize, align, size uint32) unsafe.Pointer {
	start := uintptr(unsafe.Pointer(&g.arena))
	at := (start+g.used+uintptr(align)-1)&^(uintptr(align)-1) - start
	var room []byte
	switch {
	case align == 0 || size > bundle.MaxBytes:
		panic("an argument is longer than any bundle")
	case at+uintptr(size) <= arenaBytes:
		room, g.used = g.arena[at:at+uintptr(size)], at+uintptr(size)
	default:
		g.large = make([]byte, size)
		room = g.large
	}
	if oldSize > 0 {
		copy(room, unsafe.Slice((*byte)(old), min(oldSize, size)))
	}
	return unsafe.Pointer(unsafe.SliceData(room))
}

// Configure is configure: func(policy: string) -> result<_, string>. After an error the guest is configured as before.
func (g *Guest) Configure(p *byte, n uint32) unsafe.Pointer {
	return g.call(func() (string, bool) {
		defer collect()
		trust, err := verify.Read(argument(p, n))
		if err != nil {
			return err.Error(), false
		}
		g.use(trust)
		return "", true
	})
}

// Update is update: func(bundle: string) -> result<_, string>.
func (g *Guest) Update(p *byte, n uint32) unsafe.Pointer {
	return g.call(func() (string, bool) {
		defer collect()
		text := argument(p, n)
		trust, refused := g.trust.Update(unsafe.String(unsafe.SliceData(text), len(text)))
		if refused != cause.OK {
			return refused.String(), false
		}
		g.use(trust)
		return "", true
	})
}

func (g *Guest) use(t *verify.Trust) {
	g.trust = t
	g.verifier.Use(t)
}

// collect frees what a policy or a bundle has left. A collection that begins within a short call may never end by
// itself: after some hundred updates memory would grow with each one.
func collect() { runtime.GC() }

// Verify is verify: func(token: string, now: s64) -> result<string, string>.
func (g *Guest) Verify(p *byte, n uint32, now int64) unsafe.Pointer {
	o, refused := g.verifier.Verify(argument(p, n), now)
	if refused != cause.OK {
		return g.give(refused.String(), false)
	}
	g.end()
	g.claims = o.Claims
	g.answer = [10]uint32{0, address(unsafe.SliceData(g.claims)), uint32(len(g.claims))}
	return unsafe.Pointer(&g.answer)
}

// Status is status: func() -> string.
func (g *Guest) Status() unsafe.Pointer {
	g.call(func() (string, bool) { return string(g.trust.Status()), true })
	return unsafe.Pointer(&g.answer[1]) // a text alone, and no result
}

// Ask is ask: func(token: string) -> result<option<question>, string>.
func (g *Guest) Ask(p *byte, n uint32) unsafe.Pointer {
	q, refused := g.verifier.Ask(argument(p, n))
	if refused != cause.OK {
		return g.give(refused.String(), false)
	}
	g.end()
	g.answer = [10]uint32{}
	if q.Needed {
		g.text, g.name = q.Key.Public(), q.Name
		algorithm := q.Key.Algorithm
		g.answer = [10]uint32{
			0, 1,
			address(unsafe.StringData(g.text)), uint32(len(g.text)),
			address(unsafe.StringData(algorithm)), uint32(len(algorithm)),
			uint32(q.Input),
			address(&g.name[0]), uint32(len(g.name)),
		}
	}
	return unsafe.Pointer(&g.answer)
}

// Vouch is vouch: func(name: list<u8>). A name of another length vouches for nothing.
func (g *Guest) Vouch(p *byte, n uint32) {
	g.call(func() (string, bool) {
		if n == uint32(len(g.name)) {
			g.verifier.Vouch([32]byte(argument(p, n)))
		}
		return "", true
	})
}

// argument is what a host wrote for the call; nothing at address 0.
func argument(p *byte, n uint32) []byte {
	if p == nil {
		return nil
	}
	return unsafe.Slice(p, n)
}

// call answers with the text that f gives, and whether that is no refusal.
func (g *Guest) call(f func() (text string, ok bool)) (answer unsafe.Pointer) {
	defer func() {
		if recover() != nil {
			answer = g.give(cause.Failed.String(), false)
		}
	}()
	return g.give(f())
}

func (g *Guest) give(text string, ok bool) unsafe.Pointer {
	g.end()
	g.text = text
	g.answer = [10]uint32{0, address(unsafe.StringData(text)), uint32(len(text))}
	if !ok {
		g.answer[0] = 1
	}
	return unsafe.Pointer(&g.answer)
}

// end ends the arguments of a call.
func (g *Guest) end() { g.used, g.large, g.claims, g.text = 0, nil, nil, "" }

func address(p *byte) uint32 { return uint32(uintptr(unsafe.Pointer(p))) }
