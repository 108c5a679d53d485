//go:build wasip1

package main

import (
	"strings"
	"unsafe"
)

// The host's functions, by hand: the guest library that is there does nothing outside of TinyGo.

//go:wasmimport http_handler get_config
func getConfig(buf unsafe.Pointer, limit uint32) uint32

//go:wasmimport http_handler log
func hostLog(level int32, text unsafe.Pointer, size uint32)

//go:wasmimport http_handler get_uri
func getURI(buf unsafe.Pointer, limit uint32) uint32

//go:wasmimport http_handler get_header_names
func getHeaderNames(kind uint32, buf unsafe.Pointer, limit uint32) uint64

//go:wasmimport http_handler get_header_values
func getHeaderValues(kind uint32, name unsafe.Pointer, size uint32, buf unsafe.Pointer, limit uint32) uint64

//go:wasmimport http_handler set_header_value
func setHeaderValue(kind uint32, name unsafe.Pointer, size uint32, value unsafe.Pointer, valueSize uint32)

//go:wasmimport http_handler remove_header
func removeHeader(kind uint32, name unsafe.Pointer, size uint32)

//go:wasmimport http_handler set_status_code
func setStatusCode(code uint32)

//go:wasmimport http_handler write_body
func writeBody(kind uint32, text unsafe.Pointer, size uint32)

// Kinds of headers and bodies, and levels of the log.
const (
	ofRequest  = 0
	ofResponse = 1

	levelWarn  = 1
	levelError = 2
)

// buffer takes what the host writes: it is larger than most headers, and grows for others.
var buffer = make([]byte, 64<<10)

// mostBytes bounds it. Hosts bound headers below that.
const mostBytes = 4 << 20

// read has the host write into the buffer. write gives the size that there is, and has written nothing if that is
// more than the limit.
func read(write func(buf unsafe.Pointer, limit uint32) (size uint32)) []byte {
	size := write(unsafe.Pointer(unsafe.SliceData(buffer)), uint32(len(buffer)))
	if size > mostBytes {
		panic("the host has more bytes than any request")
	}
	if int(size) > len(buffer) {
		buffer = make([]byte, size)
		write(unsafe.Pointer(unsafe.SliceData(buffer)), size)
	}
	return buffer[:size]
}

// readList is read for texts that each end with a NUL; above the size in bytes stands their number.
func readList(write func(buf unsafe.Pointer, limit uint32) uint64) []string {
	text := read(func(buf unsafe.Pointer, limit uint32) uint32 { return uint32(write(buf, limit)) })
	if len(text) == 0 {
		return nil
	}
	return strings.Split(string(text[:len(text)-1]), "\x00")
}

func config() []byte { return read(getConfig) }

func target() string { return string(read(getURI)) }

func headerNames() []string {
	return readList(func(buf unsafe.Pointer, limit uint32) uint64 { return getHeaderNames(ofRequest, buf, limit) })
}

func header(name string) []string {
	return readList(func(buf unsafe.Pointer, limit uint32) uint64 {
		return getHeaderValues(ofRequest, at(name), uint32(len(name)), buf, limit)
	})
}

func setHeader(kind uint32, name, value string) {
	setHeaderValue(kind, at(name), uint32(len(name)), at(value), uint32(len(value)))
}

func strip(name string) { removeHeader(ofRequest, at(name), uint32(len(name))) }

func answerBody(text string) { writeBody(ofResponse, at(text), uint32(len(text))) }

func logText(level int32, text string) { hostLog(level, at(text), uint32(len(text))) }

func at(text string) unsafe.Pointer { return unsafe.Pointer(unsafe.StringData(text)) }
