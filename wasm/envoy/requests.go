//go:build wasip1 && !kit

package main

import (
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/wasm/gateway"
)

//go:wasmexport proxy_on_request_headers
func onRequestHeaders(context, _, _ uint32) (action uint32) {
	defer recovered("proxy_on_request_headers", func() {
		action = pause
		refuse()
	})
	room.reset()
	mayPanic()
	p := plugins[latest.root]
	if p == nil || latest.context != context {
		panic("a request for no plugin")
	}
	stop, err := p.requestHeaders()
	mayPanic()
	if err != nil {
		panic(err)
	}
	if stop {
		return pause
	}
	return goOn
}

// refuse answers a request where a bug was met. If not even that is possible, the instance ends, and Envoy answers.
func refuse() {
	a := gateway.Unavailable(cause.Failed)
	if err := answerWith(&a); err != nil {
		panic(err)
	}
}
