//go:build wasip1

package main

import (
	"errors"
	"strconv"
	"unsafe"
)

// These are the functions of proxy-wasm 0.2.1 (github.com/proxy-wasm/spec) that the filter uses. A text or a message
// crosses as address and size. Envoy asks for room for what it answers, and gives its address and size.

//go:wasmimport env proxy_log
func proxyLog(level uint32, text *byte, size uint32) uint32

//go:wasmimport env proxy_get_buffer_bytes
func proxyGetBufferBytes(buffer, start, most uint32, at *uint32, size *uint32) uint32

//go:wasmimport env proxy_get_header_map_pairs
func proxyGetHeaderMapPairs(headers uint32, at *uint32, size *uint32) uint32

//go:wasmimport env proxy_replace_header_map_value
func proxyReplaceHeaderMapValue(headers uint32, name *byte, nameSize uint32, value *byte, valueSize uint32) uint32

//go:wasmimport env proxy_remove_header_map_value
func proxyRemoveHeaderMapValue(headers uint32, name *byte, nameSize uint32) uint32

//go:wasmimport env proxy_send_local_response
func proxySendLocalResponse(status uint32, details *byte, detailsSize uint32, body *byte, bodySize uint32,
	headers *byte, headersSize uint32, grpcStatus int32) uint32

//go:wasmimport env proxy_set_property
func proxySetProperty(path *byte, pathSize uint32, value *byte, valueSize uint32) uint32

//go:wasmimport env proxy_call_foreign_function
func proxyCallForeignFunction(name *byte, nameSize uint32, argument *byte, argumentSize uint32,
	at *uint32, size *uint32) uint32

//go:wasmimport env proxy_set_tick_period_milliseconds
func proxySetTickPeriodMilliseconds(period uint32) uint32

//go:wasmimport env proxy_http_call
func proxyHTTPCall(cluster *byte, clusterSize uint32, headers *byte, headersSize uint32, body *byte, bodySize uint32,
	trailers *byte, trailersSize uint32, timeout uint32, call *uint32) uint32

//go:wasmimport env proxy_get_current_time_nanoseconds
func proxyGetCurrentTimeNanoseconds(ns *uint64) uint32

//go:wasmimport env proxy_set_effective_context
func proxySetEffectiveContext(context uint32) uint32

// The numbers of proxy-wasm that the filter uses.
const (
	requestHeaders      = 0 // maps of headers
	callResponseHeaders = 6

	callResponseBody    = 4 // buffers
	pluginConfiguration = 7

	levelInfo  = 2 // of the log
	levelWarn  = 3
	levelError = 4
)

// room is where Envoy's answers lie until the end of the callback.
var room memory

// status is what Envoy says of a call, 0 for well done.
func status(name string, code uint32) error {
	if code == 0 {
		return nil
	}
	return errors.New(name + ": Envoy answers with status " + strconv.Itoa(int(code)))
}

// answer is what Envoy put at an address: in the room that it took last.
func answer(name string, code, at, size uint32) ([]byte, error) {
	switch err := status(name, code); {
	case err != nil:
		return nil, err
	case size == 0:
		return nil, nil
	case at != address(room.last) || size > uint32(len(room.last)):
		return nil, errors.New(name + ": Envoy answers in no room of ours")
	}
	return room.last[:size], nil
}

// address is where a slice lies, as Envoy counts.
func address(b []byte) uint32 { return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }

func text(s string) (*byte, uint32)    { return unsafe.StringData(s), uint32(len(s)) }
func bytesOf(b []byte) (*byte, uint32) { return unsafe.SliceData(b), uint32(len(b)) }

func log(level uint32, line string) {
	at, size := text(line)
	proxyLog(level, at, size)
}

// buffer is at most the first most bytes of a buffer.
func buffer(which, most uint32) ([]byte, error) {
	var at, size uint32
	code := proxyGetBufferBytes(which, 0, most, &at, &size)
	return answer("proxy_get_buffer_bytes", code, at, size)
}

// headers appends a map of headers to list.
func headers(which uint32, list []pair) ([]pair, error) {
	var at, size uint32
	code := proxyGetHeaderMapPairs(which, &at, &size)
	b, err := answer("proxy_get_header_map_pairs", code, at, size)
	if err != nil {
		return nil, err
	}
	return readPairs(list, b)
}

// setHeader has a header of the request have just this value.
func setHeader(name, value string) error {
	at, size := text(name)
	valueAt, valueSize := text(value)
	return status("proxy_replace_header_map_value",
		proxyReplaceHeaderMapValue(requestHeaders, at, size, valueAt, valueSize))
}

func removeHeader(name string) error {
	at, size := text(name)
	return status("proxy_remove_header_map_value", proxyRemoveHeaderMapValue(requestHeaders, at, size))
}

// setState sets what other filters and the access log find as the filter state wasm.NAME.
func setState(name string, value []byte) error {
	at, size := text(name)
	valueAt, valueSize := bytesOf(value)
	return status("proxy_set_property", proxySetProperty(at, size, valueAt, valueSize))
}

// respond answers the request in place of the service.
func respond(code int, list []pair, body string) error {
	bodyAt, bodySize := text(body)
	listAt, listSize := bytesOf(appendPairs(nil, list))
	const noGRPC = -1
	return status("proxy_send_local_response",
		proxySendLocalResponse(uint32(code), nil, 0, bodyAt, bodySize, listAt, listSize, noGRPC))
}

// foreign calls a function that is Envoy's own.
func foreign(name string, argument []byte) ([]byte, error) {
	nameAt, nameSize := text(name)
	argumentAt, argumentSize := bytesOf(argument)
	var at, size uint32
	code := proxyCallForeignFunction(nameAt, nameSize, argumentAt, argumentSize, &at, &size)
	return answer(name, code, at, size)
}

// now is the time in Unix seconds. time.Now asks Envoy twice, for a monotonic time too.
func now() (int64, error) {
	var ns uint64
	code := proxyGetCurrentTimeNanoseconds(&ns)
	return int64(ns / 1e9), status("proxy_get_current_time_nanoseconds", code)
}

// setTick has Envoy tick every so many milliseconds.
func setTick(period uint32) error {
	return status("proxy_set_tick_period_milliseconds", proxySetTickPeriodMilliseconds(period))
}

// get sends a GET request to a cluster and gives the number under which the answer will come.
func get(cluster string, list []pair, timeout uint32) (call uint32, err error) {
	clusterAt, clusterSize := text(cluster)
	listAt, listSize := bytesOf(appendPairs(nil, list))
	none, noneSize := bytesOf(appendPairs(nil, nil))
	code := proxyHTTPCall(clusterAt, clusterSize, listAt, listSize, nil, 0, none, noneSize, timeout, &call)
	return call, status("a request to the cluster "+cluster, code)
}
