//go:build wasip1 && (full || verify)

package main

import (
	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/core/jws"
)

// keys are those of the key set, in its order.
var keys []*jws.Key

// signature is where the signature of a token is decoded.
var signature []byte

// useKeys reads the material. Weak secrets are the host's to refuse: it has a setting for them.
func useKeys(c *abi.Config) bool {
	keys = keys[:0]
	for i, k := range c.Set.Keys {
		key, err := jws.ReadKey(k.Algorithm, c.Material[i])
		if err != nil {
			return false
		}
		keys = append(keys, key)
	}
	c.Material = nil
	return true
}

//go:wasmexport edgetoken_open
func open(size uint32) (status uint32) {
	defer guard(&status)
	token, ok := message(size)
	switch {
	case !ok:
		return uint32(abi.StatusBadMessage)
	case reader == nil:
		return uint32(abi.StatusNotConfigured)
	}
	o := opened(token)
	return answer(func(b []byte) []byte { return abi.AppendOpened(b, &o) })
}

func opened(token []byte) core.Opened {
	i := reader.Inspect(token)
	if i.Cause != core.OK {
		return core.Opened{Cause: i.Cause}
	}
	var ok bool
	if signature, ok = core.DecodeSignature(signature, token[i.Signature:]); !ok {
		return core.Opened{Cause: core.Malformed}
	}
	if !keys[i.Key].Check(token[:i.Input], signature) {
		return core.Opened{Cause: core.BadSignature}
	}
	o, _ := reader.Accept()
	return o
}

//go:wasmexport edgetoken_decide
func decide(size uint32) (status uint32) {
	defer guard(&status)
	b, ok := message(size)
	switch {
	case !ok:
		return uint32(abi.StatusBadMessage)
	case config == nil:
		return uint32(abi.StatusNotConfigured)
	}
	req, ok := abi.ReadRequest(b)
	if !ok {
		return uint32(abi.StatusBadMessage)
	}
	outcome, s := outcome(req)
	if s != abi.StatusOK {
		return uint32(s)
	}
	return framed(func(b []byte) []byte { return abi.AppendOutcome(b, &outcome) })
}
