//go:build wasip1

package main

// Envoy's calls. Each recovers, so that a bug is an answer 503 or a line in the log and the instance goes on. What
// can't be recovered, such as running out of memory, ends the instance: Envoy answers 503, and makes another one under
// failure_policy: FAIL_RELOAD.

//go:wasmexport proxy_abi_version_0_2_1
func abiVersion() {}

// onMemoryAllocate always gives room: Envoy's own functions write to address 0 where there is none.
//
//go:wasmexport proxy_on_memory_allocate
func onMemoryAllocate(size uint32) (at uint32) {
	defer recovered("proxy_on_memory_allocate", func() {
		room = memory{}
		at = address(room.take(int(size)))
	})
	mayPanic()
	return address(room.take(int(size)))
}

// What a callback says of the request.
const (
	goOn  = 0
	pause = 1
)

// latest is the context that Envoy made last, and its root: for a request, it makes one at once before its headers.
var latest struct{ context, root uint32 }

//go:wasmexport proxy_on_context_create
func onContextCreate(context, root uint32) {
	defer recovered("proxy_on_context_create", nil)
	mayPanic()
	latest.context, latest.root = context, root
}

// dropEnded drops the plugins of root contexts that Envoy no longer knows, when it configures another one. It would
// also say so by proxy_on_delete, but then call that for each request too, at a twentieth of its cost.
func dropEnded(current uint32) {
	for root := range plugins {
		if proxySetEffectiveContext(root) != 0 {
			delete(plugins, root)
		}
	}
	proxySetEffectiveContext(current)
}

// onConfigure refuses a configuration that has a mistake: Envoy asks an instance in its main thread first, and keeps
// the old configuration. It must not refuse because of a bug: where only a worker's instance does, Envoy lets requests
// pass without the filter. The plugin is then missing, and requests are answered 503.
//
//go:wasmexport proxy_on_configure
func onConfigure(root, size uint32) (good uint32) {
	good = 1
	defer recovered("proxy_on_configure", nil)
	room.reset()
	dropEnded(root)
	delete(plugins, root)
	text, err := buffer(pluginConfiguration, size)
	if err != nil {
		panic(err)
	}
	disturbStart(text)
	p, err := configure(text)
	if err != nil {
		log(levelError, "edgetoken: configuration: "+err.Error())
		return 0
	}
	if p.poller != nil {
		if err := setTick(firstPoll); err != nil {
			panic(err)
		}
	}
	plugins[root] = p
	return 1
}

//go:wasmexport proxy_on_tick
func onTick(root uint32) {
	defer recovered("proxy_on_tick", nil)
	room.reset()
	mayPanic()
	if p := plugins[root]; p != nil && p.poller != nil {
		p.ask()
	}
}

//go:wasmexport proxy_on_http_call_response
func onHTTPCallResponse(root, call, _, size, _ uint32) {
	defer recovered("proxy_on_http_call_response", nil)
	room.reset()
	mayPanic()
	if p := plugins[root]; p != nil && p.poller != nil && p.poller.call == call {
		p.take(size)
	}
}

// recovered recovers a callback, and logs the bug without its stack. instead, which may be nil, makes the best of it.
func recovered(callback string, instead func()) {
	bug := recover()
	if bug == nil {
		return
	}
	what := "a panic"
	if err, ok := bug.(error); ok {
		what = err.Error()
	}
	log(levelError, "edgetoken: a bug in "+callback+": "+what)
	if instead != nil {
		instead()
	}
}
