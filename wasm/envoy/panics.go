//go:build wasip1 && panics

package main

import (
	"bytes"
	"math/rand/v2"
	"runtime"
)

// begun is whether there was a request: before, nothing panics at random.
var begun bool

// mayPanic panics now and then.
func mayPanic() {
	if begun && rand.Uint32N(100) == 0 {
		panic("one at random")
	}
}

// disturbStart panics if a configuration asks for it.
func disturbStart(text []byte) {
	if bytes.Contains(text, []byte("panic at start")) {
		panic("one as asked for")
	}
}

// disturb panics if a request asks for it by the header x-panic: to be recovered, or, with the value crash, so that
// the instance ends.
func disturb(list []pair) {
	begun = true
	for _, h := range list {
		switch {
		case h.name != "x-panic":
		case h.value == "crash":
			go func() { panic("one that nobody recovers") }()
			runtime.Gosched()
		default:
			panic("one as asked for")
		}
	}
}
