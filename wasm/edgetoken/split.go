//go:build wasip1 && !full && !verify

package main

import (
	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
)

// useKeys keeps no keys: the host has them.
func useKeys(c *abi.Config) bool {
	c.Material = nil
	return true
}

//go:wasmexport edgetoken_inspect
func inspect(size uint32) (status uint32) {
	defer guard(&status)
	token, ok := message(size)
	switch {
	case !ok:
		return uint32(abi.StatusBadMessage)
	case reader == nil:
		return uint32(abi.StatusNotConfigured)
	}
	i := abi.Inspected{Epoch: config.Set.Epoch, Inspected: reader.Inspect(token)}
	return answer(i.Append)
}

//go:wasmexport edgetoken_accept
func accept() (status uint32) {
	defer guard(&status)
	if reader == nil {
		return uint32(abi.StatusNotConfigured)
	}
	o, ok := reader.Accept()
	if !ok {
		return uint32(abi.StatusOutOfOrder)
	}
	return answer(func(b []byte) []byte { return abi.AppendOpened(b, &o) })
}

//go:wasmexport edgetoken_prepare
func prepare(size uint32) (status uint32) {
	defer guard(&status)
	b, ok := message(size)
	switch {
	case !ok:
		return uint32(abi.StatusBadMessage)
	case config == nil:
		return uint32(abi.StatusNotConfigured)
	}
	req, ok := abi.ReadRequest(b)
	switch {
	case !ok:
		return uint32(abi.StatusBadMessage)
	case !req.Op.Writes():
		return uint32(abi.StatusNotHere)
	case core.CheckWriting(&config.Settings, config.Set, req) != nil:
		return uint32(abi.StatusFailed)
	}
	p := core.Prepare(&config.Settings, config.Set, req)
	return framed(func(b []byte) []byte { return abi.AppendPrepared(b, &p) })
}
