//go:build wasip1 && !full && !verify

package main

import (
	"github.com/edgetoken/edgetoken/core/abi"
)

// useKeys keeps no keys: the host has them.
func useKeys(c *abi.Config) bool {
	c.Material = nil
	return true
}

// inspect and accept are each call's way, and have no guard, since it would cost each of them. A panic in them ends the guest, with proc_exit as Go does on wasip1,
// and so does a runtime that gives up: the call fails at the host.
//
//go:wasmexport edgetoken_inspect
func inspect(size uint32) uint32 {
	token, bad := receivedConfigured(size)
	if bad != abi.StatusOK {
		return uint32(bad)
	}
	i := abi.Inspected{Epoch: config.Set.Epoch, Inspected: reader.Inspect(token)}
	i.Append(output[:0])
	return uint32(abi.StatusOK)
}

//go:wasmexport edgetoken_accept
func accept() uint32 {
	_, bad := receivedConfigured(0)
	if bad != abi.StatusOK {
		return uint32(bad)
	}
	o, ok := reader.Accept()
	if !ok {
		return uint32(abi.StatusOutOfOrder)
	}
	abi.AppendOpened(output[:0], o)
	return uint32(abi.StatusOK)
}

//go:wasmexport edgetoken_prepare
func prepare(size uint32) (status uint32) {
	defer guard(&status)
	message, bad := receivedConfigured(size)
	if bad != abi.StatusOK {
		return uint32(bad)
	}
	switch {
	case !abi.ReadRequest(message, &request):
		return uint32(abi.StatusBadMessage)
	case !request.Op.Writes():
		return uint32(abi.StatusNotHere)
	}
	p, err := writer.Prepare(&request)
	if err != nil {
		return uint32(abi.StatusFailed)
	}
	return framed(func(b []byte) []byte { return abi.AppendPrepared(b, p) })
}
